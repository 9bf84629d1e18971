# Binary upgrade with sockets open: two masters, each with a zone of its own,
# meet through confd.  The same happens when a reload changes the zone's size.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Crowd;
use Conference::People;
use Conference::Process qw(slurp spew);
use Config;
use POSIX ();
use Time::HiRes qw(time sleep);


# Both sides hear each other.

sub both {
    my ($p, $room, $old, $new, $name) = @_;

    for my $pair ([$old, $new, 'old to new'], [$new, $old, 'new to old']) {
        my ($from, $to, $way) = @$pair;
        my $text = "$name $way";

        $p->post($from, $room, $text);
        ok($p->hear($to, $text), "$name: a message, $way");
        ok($p->hear($from, $text), "$name: its sender hears it, $way");
        $from->send_json({ room_id => $room, type => 'video',
                           content => "video $text" });
        ok($p->hear($to, "video $text"), "$name: a relay, $way");
    }
}


sub several {
    my ($p) = @_;
    return wait_for(sub { $p->rpc->turn(0.1); $p->rpc->{several} }, 20);
}


# Messages of both sides are in one order.

sub in_order {
    my ($name, $p, $room) = @_;
    my @all = @{$p->history($room, 'alice')};

    cmp_ok(scalar @all, '>=', 2, "$name: messages are stored");
    is(join(' ', map { $_->{seq} } @all), join(' ', 1 .. @all),
       "$name: without a gap");
}


# nginx upgrades only when whoever started it is gone: it becomes a child of
# ours all the same, and so does the master that follows it.

sub start_orphan {
    my ($c) = @_;
    my $dir = $c->dir;
    my @command = ($c->{nginx_binary}, '-p', "$dir/", '-e', "$dir/error.log",
                   '-c', "$dir/nginx.conf");

    syscall($Config{archname} =~ /^aarch64/ ? 167 : 157, 36, 1, 0, 0, 0) == 0
        or die "prctl: $!";
    spew("$dir/nginx.conf", $c->conf);

    my $parent = fork;
    die "fork: $!" unless defined $parent;

    if ($parent == 0) {
        if (fork == 0) {
            open STDIN, '<', '/dev/null';
            open STDERR, '>>', "$dir/stderr.log";
            open STDOUT, '>&', \*STDERR;
            $ENV{"${_}_OPTIONS"} = join ':', grep { defined }
                                   $ENV{"${_}_OPTIONS"},
                                   "log_path=$dir/nginx-" . lc
                for qw(ASAN UBSAN LSAN);
            exec { $command[0] } @command or POSIX::_exit(127);
        }

        wait_for(sub { slurp("$dir/nginx.pid") =~ /^\d/ }, 20);
        POSIX::_exit(0);
    }

    waitpid $parent, 0;
    my ($pid) = slurp("$dir/nginx.pid") =~ /^(\d+)/ or die "no nginx\n";
    adopt($c, $pid);
    wait_for(sub { $c->workers == $c->{workers_n} }, 20);
}


sub adopt {
    my ($c, $pid) = @_;
    $c->{nginx} = bless { pid => $pid, owner => $$, command => ['nginx'] },
                  'Conference::Process';
}


# A zone of another size.

{
    my $http = "conf_backend unix:%CONFD%;\n"
               . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
               . "conf_rate_limit off;\n";
    my $c = Conference->new(workers => 2, confd_config => "scrypt_log_n 4\n",
                            http => "conf_zone main:4m;\n$http",
                            locations => $Conference::People::Locations);
    my $p = Conference::People->new($c);
    my $room = $p->room(qw(alice bob carol));
    my ($alice, $carol) = map { $p->socket($_) } qw(alice carol);

    ok(!$p->rpc->{several}, 'one node');
    ok($c->reload(http => "conf_zone main:8m;\n$http"),
       'a zone of another size');
    ok(several($p), 'confd knows two');
    is($p->status->{zone}{sessions}, 0, 'the new zone is empty');

    my $bob = $p->socket('bob');
    ok($p->presence($alice, 'bob', 1), 'who comes to the new one is seen');
    both($p, $room, $alice, $bob, 'another size');
    in_order('another size', $p, $room);

    # A user on both: leaves one, and is still there.
    my $more = $p->socket('alice');
    $bob->recv_until(sub { 0 }, 0);
    $alice->close;
    $carol->close;
    ok($p->presence($bob, 'carol', 0), 'who leaves the old one is seen');
    is(scalar(grep { ref $_ && ref $_->{data}
                     && ($_->{data}{type} || '') eq 'presence'
                     && $_->{data}{user_id} == $p->user('alice')
                     && !$_->{data}{online} } @{$bob->skipped}), 0,
       'but not who is here, too');

    ok(wait_for(sub { $c->old_workers == 0 }, 20), 'old workers leave');
    ok(wait_for(sub { $p->rpc->turn(0.1); !$p->rpc->{several} }, 20),
       'one node again');
    $p->post($bob, $room, 'alone');
    ok($p->hear($_, 'alone'), 'it goes on') for $bob, $more;
    $_->close for $bob, $more;
    $c->done;
}


# Another binary.

{
    my $c = Conference->new(workers => 2, confd_config => "scrypt_log_n 4\n",
                            start => 0,
                            locations => $Conference::People::Locations);
    my $p = Conference::People->new($c);
    my @names = map { "crowd$_" } 1 .. 8;

    $c->start_confd;
    start_orphan($c);

    my $room = $p->room(qw(alice bob));
    my $place = $p->room(@names);
    my $alice = $p->socket('alice');
    my $dir = $c->dir;

    my $crowd = Conference::Crowd->new($p, $place, [@names[0 .. 3]]);
    $crowd->{posting} = 1;
    $crowd->run(0.5);

    my $old = $c->pid;
    $c->{nginx}->signal('USR2');
    ok(wait_for(sub { slurp("$dir/nginx.pid") =~ /^(\d+)/ && $1 != $old
                      && -e "$dir/nginx.pid.oldbin" }, 20),
       'a new master') or diag($c->error_log);
    my ($new) = slurp("$dir/nginx.pid") =~ /^(\d+)/;
    ok(several($p), 'confd knows two nodes');
    $crowd->run(0.5);

    # The old workers take no more connections, and keep theirs.
    kill 'QUIT', $old;
    ok(wait_for(sub { $c->old_workers == 2 }, 20), 'old workers are leaving');

    my $bob = $p->socket('bob');
    both($p, $room, $alice, $bob, 'another binary');
    in_order('another binary', $p, $room);

    my $second = Conference::Crowd->new($p, $place, [@names[4 .. 7]],
                                        number => 100000);
    $second->{posting} = 1;
    $crowd->{on_turn} = sub { $second->turn(0) };
    $crowd->run(2);
    $second->{posting} = 0;
    $crowd->{posting} = 0;
    ok($crowd->run(30, sub {
        !grep { $_->{pending} } @{$crowd->{members}}, @{$second->{members}};
    }), 'all is confirmed');

    my $n = $crowd->finish;
    $second->finish;
    is($_->problem, undef, 'nothing lost, doubled or out of order')
        or diag(join "\n", @{$_->{problems}}) for $crowd, $second;
    cmp_ok($n, '>', 50, 'there was traffic on both');

    # The old one ends with its sockets.
    $alice->close;
    $crowd->close;
    ok(wait_for(sub { !$c->{nginx}->alive }, 20), 'the old master ends');
    ok(wait_for(sub { $p->rpc->turn(0.1); !$p->rpc->{several} }, 20),
       'one node');

    $alice = $p->socket('alice');
    $p->post($bob, $room, 'the end');
    ok($p->hear($_, 'the end'), 'all goes on') for $alice, $bob;
    $_->close for $alice, $bob;
    $second->close;

    adopt($c, $new);
    $c->done;
}

done_testing;
