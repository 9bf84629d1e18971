#!/usr/bin/perl

# The commands of confd beside serving: stat, backup, restore, ban; with a
# daemon that runs, and on a store that nobody serves.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Conference::Confd;
use Conference::Process qw(slurp spew wait_for);
use Conference::Rpc;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use JSON;
use Test::More;

my $binary = abs_path($ENV{CONFD_BINARY}
                      || "$FindBin::Bin/../build/debug/confd");
plan skip_all => 'there is no confd (set CONFD_BINARY)'
    unless $binary && -x $binary;

my $top = tempdir('confdXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $cheap = "scrypt_log_n 4\nlog_level info\n";
my $nobody = 65534;
my $folders = 0;
my @daemons;

# Another user has to get here, too.
chmod 0755, $top;


sub daemon {
    my (%o) = @_;
    my $dir = "$top/" . ++$folders;

    mkdir $dir, 0755;
    my $confd = Conference::Confd->new(dir => $dir, binary => $binary,
                                       config => $cheap . ($o{config} || ''),
                                       env => $o{env});
    push @daemons, $confd;
    return $confd->start;
}


sub client {
    my ($confd) = @_;
    my $rpc = Conference::Rpc->new($confd->socket) or die 'cannot connect';

    die 'no welcome' unless $rpc->hello->{code} == 0;
    return $rpc;
}


# Exit code, what it wrote to stdout, to stderr.

sub run_confd {
    my (@args) = @_;
    my $uid = ref $args[0] ? ${shift @args} : undef;
    my ($out, $err) = ("$top/out", "$top/err");
    my $pid = fork;

    if (!$pid) {
        open STDOUT, '>', $out or die $!;
        open STDERR, '>', $err or die $!;

        if (defined $uid) {
            $) = "$uid $uid";
            $( = $uid;
            ($<, $>) = ($uid, $uid);
        }

        exec $binary, @args;
        exit 127;
    }

    waitpid $pid, 0;
    return ($? >> 8, slurp($out), slurp($err));
}


sub register {
    my ($rpc, $name) = @_;
    my $reply = $rpc->call(USER_REGISTER => [$name, 'secret', '', '', '']);

    return $reply->{body}[0];
}


sub create {
    my ($rpc, $user, $name) = @_;

    return $rpc->call(ROOM_CREATE => [$user, $name, ''])->{body}[0];
}


sub message {
    my ($user, $room, $text, $id) = @_;

    return [$user + 0, $room + 0, 'text', "$text", Conference::Rpc::bool(0),
            defined $id ? $id : ''];
}


# The room's epoch, and its messages as [seq, content].

sub history {
    my ($rpc, $user, $room) = @_;
    my (@all, $epoch);

    for ( ;; ) {
        my $reply = $rpc->call(MESSAGE_LIST =>
                               [$user, $room, 0, Conference::Rpc::bool(1), 0,
                                @all ? $all[-1][0] : 0, 1000, 0]);

        die 'no history' unless $reply && $reply->{body};
        $epoch = $reply->{body}[0];
        push @all, map { [$_->[3], $_->[7]] } @{$reply->{body}[2] || []};
        last unless $reply->{body}[3];
    }

    return ($epoch, @all);
}


sub settled {
    my ($confd) = @_;

    is $confd->stop, undef, 'it stops in order';
    is_deeply [$confd->reports], [], 'no sanitizer has complained';
}


subtest 'usage' => sub {
    my @wrong = (
        [['nonsense'], qr/^confd: unknown command "nonsense"$/],
        [['backup'], qr/^usage: confd \[options\] backup DIR$/],
        [['backup', 'a', 'b'], qr/^usage: .* backup DIR$/],
        [['restore'], qr/^usage: .* restore BACKUP$/],
        [['stat', 'x'], qr/^usage: .* stat$/],
        [['ban'], qr/^usage: .* ban NAME \[HOURS\]$/],
        [['ban', 'x', '1', '2'], qr/^usage: .* ban NAME/],
        [['unban', 'x', '2'], qr/^usage: .* unban NAME$/],
        [['dump', 'x'], qr/^usage: .* dump$/],
        [['load', 'x'], qr/^usage: .* load$/],
        [['check', 'x'], qr/^confd: unexpected "x"$/],
        [['ban', 'x', '0'], qr/^confd: "0" is no number of hours$/],
        [['ban', 'x', '-1'], qr/invalid option|no number of hours/],
        [['ban', 'x', '1.5'], qr/"1.5" is no number of hours/],
        [['ban', 'x', '99999999999999999999'], qr/is no number of hours/],
    );

    for my $case (@wrong) {
        my ($rc, $out, $err) = run_confd('-d', "$top/none", @{$case->[0]});
        is $rc, 2, "exit code of @{$case->[0]}";
        like $err, $case->[1], 'its sentence';
        is $out, '', 'and nothing else';
    }

    ok !-e "$top/none", 'nothing was made';

    my ($rc, $out) = run_confd('-d', 'x', '-s', 'y', 'check');
    is "$rc $out", "0 configuration is valid\n", 'check';
    ($rc) = run_confd('-d', 'x', 'check');
    is $rc, 1, 'check of what is no configuration';

    for my $command (['stat'], ['backup', "$top/b"], ['dump'],
                     ['ban', 'x'])
    {
        my ($rc, $out, $err) = run_confd('-d', "$top/none", @$command);
        is $rc, 1, "@$command without a store";
        like $err, qr{^confd: there is no store in "\Q$top\E/none": [^\n]+\n$},
            'its sentence';
        ok !-e "$top/none" && !-e "$top/b", 'nothing was made';

        next if $command->[0] eq 'dump';
        ($rc, $out, $err) = run_confd('-s', "$top/none", @$command);
        is $rc, 1, "@$command without a daemon";
        like $err, qr{^confd: [^\n]*"\Q$top\E/none": [^\n]+\n$},
            'its sentence';
    }

    my $file = "$top/bad.conf";
    spew($file, "readers 0\n");
    ($rc, $out, my $err) = run_confd('-f', $file, '-d', "$top/none", 'stat');
    is $rc, 1, 'a configuration that is wrong';
    like $err, qr/"readers" is out of range/, 'its sentence';
};


subtest 'stat' => sub {
    my $confd = daemon();
    my $rpc = client($confd);
    my @s = ('-s', $confd->socket);
    my @users = map { register($rpc, "stat$_") } 1 .. 3;
    my @rooms = map { create($rpc, $users[0], "room$_") } 1 .. 3;

    $rpc->call(MESSAGE_POST => message($users[0], $rooms[$_ % 3], $_))
        for 1 .. 10;
    is $rpc->call(USER_DELETE => [0, $users[1]])->{code}, 0, 'a user goes';
    is $rpc->call(USER_DELETE => [0, $users[1]])->{code}, 0, 'again';
    is $rpc->call(ROOM_DELETE => [$users[0], $rooms[1]])->{code}, 0,
        'a room goes';

    my ($rc, $out, $err) = run_confd(@s, 'stat', '--json');
    is $rc, 0, 'exit code';
    my $stat = decode_json($out);
    is_deeply [@$stat{qw(users rooms messages)}], [2, 2, 10],
        'what there is, not what has been';
    ok $stat->{running}, 'of a daemon that runs';
    ok $stat->{uptime_ms} >= 0 && $stat->{links} >= 2 && $stat->{commits} > 0
        && $stat->{map_used} > 0 && $stat->{map_size} > $stat->{map_used},
        'its other figures';

    ($rc, $out) = run_confd(@s, 'stat');
    like $out, qr/^daemon\s+up\ 0\ d\ 0\ h\ 0\ min,\ \d+\ links\nusers\s+2\n
                  rooms\s+2\nmessages\s+10\nstore\ .*\nops\ .*\n
                  commits\ /x, 'the same for people';

    ($rc, $out, $err) = run_confd('-d', $confd->data, 'stat');
    is $rc, 1, 'a store in use, by its directory';
    like $err, qr/is in use by process \d+$/, 'its sentence';

    ($rc, $out) = run_confd('-d', $confd->data, @s, 'stat', '--json');
    ok decode_json($out)->{running}, 'both given: the daemon';

    settled($confd);

    ($rc, $out) = run_confd('-d', $confd->data, @s, 'stat', '--json');
    is $rc, 0, 'the same without a daemon';
    my $here = decode_json($out);
    ok !$here->{running} && !exists $here->{uptime_ms}, 'not running';
    is_deeply [@$here{qw(users rooms messages)}], [2, 2, 10],
        'the same counts';

    ($rc, $out) = run_confd('-d', $confd->data, 'stat');
    like $out, qr/^daemon     not running\nusers      2\n/, 'for people';

    ok $confd->start, 'the daemon starts again';
    is client($confd)->call(STAT => [0])->{body}[10], 2, 'and counts on';
    settled($confd);
};


subtest 'admin' => sub {
    my $confd = daemon();
    my $rpc = client($confd);
    my @s = ('-s', $confd->socket);
    my $user = register($rpc, 'Root');
    my $role = sub { $rpc->call(USER_GET => [0, $user + 0])->{body}[19] };

    my ($rc, $out, $err) = run_confd(@s, 'admin', 'root');
    is "$rc $out", "0 user $user is an admin\n", 'an admin';
    is $role->(), 1, 'so it is';

    my @touches = map { Conference::Rpc::unpack_payload($_->{payload}) }
                  $rpc->events(1);
    ok((grep { $_->[0] == $user } @touches), 'workers hear of it');

    ($rc, $out) = run_confd(@s, 'admin', '--revoke', 'root');
    is "$rc $out", "0 user $user is no admin\n", 'no more';
    is $role->(), 0, 'so it is';

    ($rc, $out, $err) = run_confd(@s, 'admin', 'nobody');
    is $rc, 1, 'nobody';
    like $err, qr/no such user/, 'and why';

    ($rc, $out, $err) = run_confd(@s, 'admin');
    is $rc, 2, 'a name is needed';
    like $err, qr/^usage: confd \[options\] admin \[--revoke\] NAME$/m, 'usage';

    $rc = $confd->stop;
    ($rc, $out) = run_confd('-d', $confd->data, 'admin', 'root');
    is "$rc $out", "0 user $user is an admin\n", 'without a daemon';
};


subtest 'ban' => sub {
    my $confd = daemon();
    my $rpc = client($confd);
    my @s = ('-s', $confd->socket);
    my $user = register($rpc, 'Mallory');
    my $login = sub {
        my $reply = client($confd)->call(USER_LOGIN => ['mallory', 'secret']);
        return $reply->{error};
    };

    is $login->(), undef, 'logs in';
    my ($rc, $out) = run_confd(@s, 'ban', 'mallory');
    is "$rc $out", "0 user $user is banned for ever\n", 'banned';
    is $login->(), 'USER_BANNED', 'no more';

    my @touches = map { Conference::Rpc::unpack_payload($_->{payload}) }
                  $rpc->events(1);
    ok((grep { $_->[0] == $user } @touches), 'workers hear of it');

    ($rc, $out) = run_confd(@s, 'unban', 'MALLORY');
    is "$rc $out", "0 user $user is not banned\n", 'not banned';
    is $login->(), undef, 'logs in again';

    my $now = time;
    ($rc, $out) = run_confd(@s, 'ban', 'mallory', '24');
    is "$rc $out", "0 user $user is banned\n", 'for a day';
    my $until = $rpc->call(USER_GET => [0, $user + 0])->{body}[10] / 1000;
    ok $until >= $now + 86400 && $until <= time + 86401, 'from now on';

    ($rc, $out, my $err) = run_confd(@s, 'ban', 'nobody-there');
    is $rc, 1, 'somebody unknown';
    is $err, "confd: no such user\n", 'its sentence';
    ($rc, $out, $err) = run_confd(@s, 'ban', 'x' x 2000);
    is $rc, 1, 'a name that nobody can have';

    settled($confd);

    my @d = ('-d', $confd->data);
    ($rc, $out) = run_confd(@d, @s, 'unban', 'mallory');
    is "$rc $out", "0 user $user is not banned\n", 'without a daemon';
    ($rc, $out, $err) = run_confd(@d, 'ban', 'nobody-there');
    is "$rc $err", "1 confd: no such user\n", 'unknown there, too';

    $confd->start;
    is $login->(), undef, 'the daemon sees it';
    settled($confd);
};


subtest 'backup while messages come' => sub {
    my $confd = daemon();
    my $rpc = client($confd);
    my $user = register($rpc, 'writer');
    my $room = create($rpc, $user, 'room');
    my $copy = "$top/copy";

    $rpc->call(MESSAGE_POST => message($user, $room, $_)) for 1 .. 50;

    # Calls in flight all the while.

    my ($last, @ids) = (50);
    my $pid = fork;

    if (!$pid) {
        open STDERR, '>', "$top/copy.err" or die $!;
        chdir $top or die $!;
        exec $binary, '-s', $confd->socket, 'backup', 'copy';
        exit 127;
    }

    while (waitpid($pid, 1) == 0) {
        push @ids, $rpc->post(MESSAGE_POST => message($user, $room, ++$last))
            for 1 .. 20;
        $rpc->wait(shift @ids) while @ids;
    }

    is $?, 0, 'backup, by a relative path' or diag slurp("$top/copy.err");
    is((stat $copy)[2] & 0777, 0700, 'for its owner only');
    is_deeply [map { s{.*/}{}r } glob "$copy/*"], ['data.mdb'],
        'one file, complete';
    like $confd->log_text, qr/backup to "\Q$copy\E" starts.*is done, in/s,
        'the log tells';

    my ($rc, $out, $err) = run_confd('-s', $confd->socket, 'backup', $copy);
    is $rc, 1, 'to a place that is taken';
    is $err, "confd: \"$copy\" is not empty\n", 'its sentence';
    ($rc, $out, $err) = run_confd('-s', $confd->socket, 'backup',
                                  '/dev/null/x');
    is $rc, 1, 'to a place that cannot be';
    like $err, qr{^confd: cannot use "/dev/null/x": Not a directory$},
        'its sentence';
    is $rpc->call(STAT => [0])->{code}, 0, 'the daemon goes on';
    is $rpc->call(BACKUP => ['relative'])->{error}, 'INVALID',
        'the daemon knows no relative path';
    is $rpc->call(BACKUP => ["/tmp/x\0y"])->{error}, 'INVALID',
        'nor one with a NUL';

    my ($epoch, @all) = history($rpc, $user, $room);
    settled($confd);

    # On the copy.

    my $data = "$top/restored";
    ($rc, $out, $err) = run_confd('-d', $data, 'restore', $copy);
    is "$rc$out$err", '0', 'restore';

    mkdir "$top/r";
    my $other = Conference::Confd->new(dir => "$top/r", binary => $binary,
                                       config => $cheap);
    $other->{data} = $data;
    push @daemons, $other->start;

    $rpc = client($other);
    my ($epoch2, @copied) = history($rpc, $user, $room);

    cmp_ok scalar @copied, '>=', 50, 'all from before the backup';
    is_deeply \@copied, [@all[0 .. $#copied]], 'a prefix without a gap';
    isnt $epoch2, $epoch, 'in another epoch';
    ok $epoch2 > 0 && $epoch2 < 2 ** 53, 'that a double can hold';

    my $after = $rpc->call(MESSAGE_LIST =>
                           [$user, $room, 0, Conference::Rpc::bool(1), $epoch,
                            1, 10, 0]);
    is $after->{error}, 'CONFLICT', 'so clients that go on notice';
    is $rpc->call(USER_LOGIN => ['writer', 'secret'])->{code}, 0,
        'users are there';
    my $next = $rpc->call(MESSAGE_POST => message($user, $room, 'next'));
    is $next->{body}[3], @copied + 1, 'the room goes on';
    settled($other);
};


# fsync, which only a backup calls, waits while a file is there.

sub slow_sync {
    my $c = "$top/slow.c";

    spew($c, <<'END');
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int fsync(int fd)
{
    while (access(getenv("HOLD"), F_OK) == 0) {
        usleep(5000);
    }

    return (int) syscall(SYS_fsync, fd);
}
END

    return system("cc -shared -fPIC -o '$top/slow.so' '$c' 2>/dev/null") == 0;
}


subtest 'a backup that takes long' => sub {
    plan skip_all => 'there is no compiler' unless slow_sync();

    my $hold = "$top/hold";
    my @asan = grep { defined && $_ ne '' } $ENV{ASAN_OPTIONS};
    my $confd = daemon(config => "map_min 1m\nmap_max 256m\n",
                       env => { HOLD => $hold, LD_PRELOAD => "$top/slow.so",
                                ASAN_OPTIONS => join ':', @asan,
                                'verify_asan_link_order=0' });
    my $rpc = client($confd);
    my $user = register($rpc, 'patient');
    my $room = create($rpc, $user, 'room');
    my $post = sub {
        my $reply = $rpc->call(MESSAGE_POST =>
                               message($user, $room, 'x' x 100_000));
        return $reply->{code};
    };

    spew($hold, '');
    my $backup = client($confd);
    my $first = $backup->post(BACKUP => ["$top/long"]);
    $backup->flush;
    ok wait_for(sub { -e "$top/long/data.mdb.part" }, 20), 'it has begun';

    my ($rc, $out, $err) = run_confd('-s', $confd->socket, 'backup',
                                     "$top/second");
    is $rc, 1, 'another one meanwhile';
    is $err, "confd: the daemon is making a backup already\n",
        'its sentence';
    ok !-e "$top/second", 'nothing was made';

    is scalar(grep { $post->() != 0 } 1 .. 100), 0,
        'ten times the first map fits meanwhile';

    $backup->close;
    is $rpc->call(STAT => [0])->{code}, 0, 'who asked has gone';
    unlink $hold;
    ok wait_for(sub { -e "$top/long/data.mdb" }, 20), 'it is done all the same';
    ok wait_for(sub {
        $confd->log_text =~ /backup to "\Q$top\E\/long" is done/;
    }, 20), 'and logged';

    spew($hold, '');
    $backup = client($confd);
    $backup->post(BACKUP => ["$top/cut"]);
    $backup->flush;
    ok wait_for(sub { -e "$top/cut/data.mdb.part" }, 20), 'the next begins';
    is $confd->stop, undef, 'the daemon stops in order';
    like $confd->log_text, qr/backup to "\Q$top\E\/cut" is given up/,
        'and gives it up';
    unlink $hold;
    ok !-e "$top/cut/data.mdb", 'what is left';
    ($rc) = run_confd('-d', "$top/no", 'restore', "$top/cut");
    is $rc, 1, 'is no backup';

    $confd->start;
    $rpc = client($confd);
    is $post->(), 0, 'the store is whole';
    settled($confd);
};


subtest 'restore refuses' => sub {
    my $confd = daemon();
    my $rpc = client($confd);
    register($rpc, 'someone');

    my $copy = "$top/copy2";
    my ($rc, $out, $err) = run_confd('-s', $confd->socket, 'backup', $copy);
    is $rc, 0, 'a backup';

    ($rc, $out, $err) = run_confd('-d', $confd->data, 'restore', $copy);
    is $rc, 1, 'over a store in use';
    like $err, qr/^confd: "\Q$confd->{data}\E" is not empty$/, 'its sentence';
    settled($confd);
    ($rc) = run_confd('-d', $confd->data, 'restore', $copy);
    is $rc, 1, 'over another store';
    ($rc, $out) = run_confd('-d', $confd->data, 'stat', '--json');
    is decode_json($out)->{users}, 1, 'which is as it was';

    ($rc, $out, $err) = run_confd('-d', "$top/new", 'restore', "$top/none");
    is $rc, 1, 'what is not there';
    like $err, qr{^confd: "\Q$top\E/none" is no complete backup: No such},
        'its sentence';
    ok !-e "$top/new", 'nothing is left';

    mkdir "$top/part";
    spew("$top/part/data.mdb.part", slurp("$copy/data.mdb"));
    ($rc, $out, $err) = run_confd('-d', "$top/new", 'restore', "$top/part");
    is $rc, 1, 'a backup that was cut off';
    like $err, qr/is no complete backup/, 'its sentence';
    ok !-e "$top/new", 'nothing is left';

    mkdir "$top/garbage";
    spew("$top/garbage/data.mdb", 'x' x 100_000);
    ($rc, $out, $err) = run_confd('-d', "$top/new", 'restore',
                                  "$top/garbage");
    is $rc, 1, 'something else of its name';
    like $err, qr/^confd: cannot open the store [^\n]+\n$/, 'its sentence';
    ok !-e "$top/new", 'nothing is left';

    ($rc, $out, $err) = run_confd('restore', $copy, '-s', "$top/s");
    is $rc, 1, 'no directory';
    like $err, qr/give the store's directory with -d/, 'its sentence';

    # What a killed one has left is no obstacle.

    mkdir $_ for "$top/new", "$top/new/.new";
    spew("$top/new/.new/data.mdb", 'half');
    ($rc, $out, $err) = run_confd('-d', "$top/new", 'restore', $copy);
    is $rc, 0, 'after one that was killed' or diag $err;
    ok !-e "$top/new/.new", 'its remains are gone';
    ($rc, $out) = run_confd('-d', "$top/new", 'stat', '--json');
    is decode_json($out)->{users}, 1, 'and the store is there';

    # Without a daemon.

    ($rc) = run_confd('-d', "$top/new", 'backup', "$top/copy3");
    is $rc, 0, 'backup of a store that nobody serves';
    ($rc) = run_confd('-d', "$top/new3", 'restore', "$top/copy3");
    is $rc, 0, 'and back';
    ($rc, $out) = run_confd('-d', "$top/new3", 'stat', '--json');
    is decode_json($out)->{users}, 1, 'as it was';
};


subtest 'another user' => sub {
    plan skip_all => 'only root can become another user' if $> != 0;

    my $confd = daemon(config => "socket_mode 0666\n");
    my @s = ('-s', $confd->socket);
    my $own = "$top/own";

    register(client($confd), 'someone');
    mkdir $own;
    chown $nobody, $nobody, $own;

    my ($rc, $out, $err) = run_confd(\$nobody, @s, 'backup', "$own/no");
    is $rc, 1, 'a backup is not for everybody';
    like $err, qr/^confd: only root and the daemon's own user/,
        'its sentence';
    ok !-e "$own/no", 'nothing was made';
    ($rc) = run_confd(\$nobody, @s, 'stat');
    is $rc, 0, 'stat is';

    ($rc) = run_confd(@s, 'backup', "$top/roots");
    is $rc, 0, 'by root';
    settled($confd);

    # What root restores belongs to whom the place belongs to.

    ($rc, $out, $err) = run_confd('-d', "$own/store", 'restore',
                                  "$top/roots");
    is $rc, 0, 'restore' or diag $err;

    my @strange = grep { (stat)[4] != $nobody } "$own/store",
                  glob("$own/store/*");
    is_deeply \@strange, [], 'all of it is the owner\'s';

    ($rc) = run_confd('-d', "$own/store", 'stat');
    is $rc, 0, 'root looks at it';
    ($rc, $out, $err) = run_confd(\$nobody, '-d', "$own/store", 'stat',
                                  '--json');
    is $rc, 0, 'then its owner' or diag $err;
    is decode_json($out)->{users}, 1, 'who finds what was there';

    mkdir "$own/empty";
    chown $nobody, $nobody, "$own/empty";
    ($rc) = run_confd('-d', "$own/empty", 'restore', "$top/roots");
    is $rc, 0, 'restore to a directory that is there';
    @strange = grep { (stat)[4] != $nobody } glob "$own/empty/*";
    is_deeply \@strange, [], 'all of it is the owner\'s';
};


subtest 'client ids outlive the daemon' => sub {
    my $confd = daemon();
    my $rpc = client($confd);
    my $user = register($rpc, 'again');
    my $room = create($rpc, $user, 'room');
    my @ids;

    push @ids, $rpc->call(MESSAGE_POST =>
                          message($user, $room, "m$_", "id$_"))->{body}[0]
        for 1 .. 30;

    for my $how (qw(stop kill)) {
        $confd->$how;
        $confd->start;
        $rpc = client($confd);

        my @again = map {
            $rpc->call(MESSAGE_POST => message($user, $room, 'x', "id$_"))
                ->{body}[0];
        } 1 .. 30;
        is_deeply \@again, \@ids, "known after a $how";
    }

    my (undef, @all) = history($rpc, $user, $room);
    is scalar @all, 30, 'nothing is there twice';
    settled($confd);
};


$_->stop for @daemons;
done_testing();
