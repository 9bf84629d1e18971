# Reload with open sockets: nobody is dropped, old and new workers hear each
# other, old ones leave when their sockets do.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Crowd;
use Conference::People;
use Time::HiRes qw(time);

my $c = Conference->new(workers => 3, confd_config => "scrypt_log_n 4\n",
                        locations => $Conference::People::Locations);
my $p = Conference::People->new($c);


# Old and new.

my @old = map { "old$_" } 1 .. 6;
my @new = map { "new$_" } 1 .. 6;
my $room = $p->room(@old, @new);
my %ws;

@ws{@old} = $p->spread(@old);
my %before = map { $_ => 1 } $c->workers;

ok($c->reload, 'reload');
ok(wait_for(sub { $c->old_workers == 3 }, 10), 'old workers stay');
@ws{@new} = $p->spread(@new);
ok(!(grep { $before{$_} } $c->workers), 'new workers serve');
is($p->status->{zone}{sessions}, 12, 'all sockets are in one zone');

for my $name ($old[0], $new[0]) {
    $p->post($ws{$name}, $room, "from $name");
    my @deaf = grep { !$p->hear($ws{$_}, "from $name") } @old, @new;
    is("@deaf", '', "all hear $name");
}

$ws{$old[1]}->send_json({ room_id => $room, type => 'video',
                          content => 'a frame' });
ok($p->hear($ws{$new[1]}, 'a frame'), 'a relay goes from old to new');
$ws{$new[1]}->send_json({ room_id => $room, type => 'video',
                          content => 'another' });
ok($p->hear($ws{$old[1]}, 'another'), 'and from new to old');

is_deeply([sort { $a cmp $b } $p->online($room, $new[2])],
          [sort @old, @new], 'presence stays');

$ws{$new[5]}->close;
ok($p->presence($ws{$old[0]}, $new[5], 0), 'an old one sees a new one leave');
$ws{$old[5]}->close;
ok($p->presence($ws{$new[0]}, $old[5], 0), 'a new one sees an old one leave');

# A change that confd tells all workers of.
$p->remove($room, $old[0], $old[4]);
ok($ws{$old[4]}->recv_until(sub {
    ref $_ && ref $_->{data} && ($_->{data}{type} || '') eq 'room_left';
}, 20), 'who is removed leaves an old worker') or diag explain
    $ws{$old[4]}->skipped;

# They leave when their sockets do, one by one.
$_->close for @ws{@old};
ok(wait_for(sub { $c->old_workers == 0 }, 20), 'old workers leave');
is(scalar @{$p->status->{workers}}, 3, 'and their slots are free');
$p->post($ws{$new[0]}, $room, 'still here');
ok($p->hear($ws{$new[1]}, 'still here'), 'new ones go on');
$_->close for @ws{@new};
ok($p->settle(0), 'the zone is empty');


# Another number of workers; a configuration that is wrong changes nothing.

my $stay = $p->socket('stay');
my $mine = $p->room('stay');
my $good = $c->{locations};

$c->{allow_alert} = qr/unknown directive "nonsense"/;
ok(!$c->reload(locations => 'nonsense;'), 'a wrong configuration');
ok($c->reload(locations => $good, workers => 1), 'fewer workers');
wait_for(sub { $p->online($mine, 'stay') }, 10);
$p->post($stay, $mine, 'hello');
ok($p->hear($stay, 'hello'), 'the socket lives');
ok($c->reload(workers => 2), 'more workers');
$p->post($stay, $mine, 'again');
ok($p->hear($stay, 'again'), 'the socket lives on');
$stay->close;
ok(wait_for(sub { $c->old_workers == 0 }, 20), 'old workers leave');


# Reload under traffic.

{
    my @names = map { "crowd$_" } 1 .. 40;
    my $place = $p->room(@names);
    my ($n, $next) = (0, time + 0.5);

    my $crowd = Conference::Crowd->new($p, $place, \@names, reconnect => 0,
                                       pause => 0.3);

    $crowd->{on_turn} = sub {
        return if time < $next || $n == 8;
        $c->{nginx}->signal('HUP');
        $next = time + 1;
        $n++;
    };

    $crowd->{posting} = 1;
    ok($crowd->run(60, sub { $n == 8 && time >= $next }), 'eight reloads');

    my $total = $crowd->finish;
    is($crowd->problem, undef, 'nothing lost, doubled or dropped')
        or diag(join "\n", @{$crowd->{problems}});
    cmp_ok($total, '>', 100, 'messages were sent');
    is(scalar(grep { $_->{connects} != 1 } @{$crowd->{members}}), 0,
       'each on its first socket');
    is($p->status->{zone}{dropped}, 0, 'no inbox was full');

    $crowd->close;
    ok($p->settle(0), 'the zone is empty');
    ok(wait_for(sub { $c->old_workers == 0 && $c->workers == 2 }, 20),
       'old workers leave');
}

$c->done;


# A worker that may not stay says so.

{
    my $c = Conference->new(workers => 2, confd_config => "scrypt_log_n 4\n",
                            main => "worker_shutdown_timeout 1s;\n",
                            locations => $Conference::People::Locations);
    my $p = Conference::People->new($c);
    my $room = $p->room(qw(alice bob carol));
    my @ws = $p->spread(qw(alice bob));

    ok($c->reload, 'reload with a timeout');
    my $carol = $p->socket('carol');
    is($_->closed(20), 1001, 'going away') for @ws;
    my %gone;
    $carol->recv_until(sub {
        $gone{$_->{data}{user_id}} = 1
            if ref $_ && ref $_->{data} && ($_->{data}{type} || '')
            eq 'presence' && !$_->{data}{online};
        keys %gone == 2;
    }, 20);
    is_deeply([sort keys %gone], [sort map { $p->user($_) } qw(alice bob)],
              'they are seen to go');
    ok(wait_for(sub { $c->old_workers == 0 }, 20), 'old workers leave');
    is_deeply([$p->online($room, 'carol')], ['carol'],
              'and nobody stays online');

    $c->done;
}

done_testing;
