#!/usr/bin/perl

# The daemon as a process: its options, its wire, its lanes, the bus, stopping
# and crashing.  What the ops mean is tested elsewhere.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Conference::Confd;
use Conference::Process qw(slurp spew wait_for);
use Conference::Rpc;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use Test::More;
use Time::HiRes qw(sleep time);

my $binary = abs_path($ENV{CONFD_BINARY}
                      || "$FindBin::Bin/../build/debug/confd");
plan skip_all => 'there is no confd (set CONFD_BINARY)'
    unless $binary && -x $binary;

my $top = tempdir('confdXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $cheap = "scrypt_log_n 4\nlog_level info\n";
my $folders = 0;
my @daemons;


# A running confd in a folder of its own, with more lines of configuration.

sub daemon {
    my ($config, %o) = @_;
    my $dir = "$top/" . ++$folders;

    mkdir $dir;
    my $confd = Conference::Confd->new(dir => $dir, binary => $binary,
                                       config => $cheap . ($config || ''), %o);
    push @daemons, $confd;
    return $confd->start;
}


# A greeted link.

sub client {
    my ($confd, $node) = @_;
    my $rpc = Conference::Rpc->new($confd->socket) or die 'cannot connect';
    my $reply = $rpc->hello(node => $node || 1);

    die 'no welcome' unless $reply && $reply->{code} == 0;
    return $rpc;
}


sub settled {
    my ($confd) = @_;
    my $problem = $confd->stop;

    is $problem, undef, 'it stops in order';
    is_deeply [$confd->reports], [], 'no sanitizer has complained';
}


sub run_confd {
    my (@args) = @_;
    my $out = `'$binary' @args 2>&1`;
    return ($? >> 8, $out);
}


my $names = 0;

# The settings that the shipped file shows, all at once.

sub shown {
    my $text = '';

    open my $file, '<', 'conf/confd.conf' or die "confd.conf: $!";

    while (<$file>) {
        next if m{^\#(?:socket_group|mail_)};
        $text .= $1 if m{^\#([a-z].*\n)};
    }

    return $text;
}


sub register {
    my ($rpc) = @_;

    my $reply = $rpc->call(USER_REGISTER =>
                           ['user' . ++$names, 'secret', '', '', '']);

    return $reply->{body}[0];
}


sub create {
    my ($rpc, $user) = @_;

    my $reply = $rpc->call(ROOM_CREATE => [$user, 'room', '']);

    return $reply->{body}[0];
}


sub message {
    my ($user, $room, $text) = @_;

    # Numbers that have been in a text would be packed as text.

    return [$user + 0, $room + 0, 'text', "$text", Conference::Rpc::bool(0),
            ''];
}


# All messages of a room as [seq, content].

sub history {
    my ($rpc, $user, $room) = @_;
    my @all;

    for ( ;; ) {
        my $after = @all ? $all[-1][0] : 0;
        my $reply = $rpc->call(MESSAGE_LIST =>
                               [$user, $room, 0, Conference::Rpc::bool(1), 0,
                                $after, 1000, 0]);

        return @all unless $reply && $reply->{body};
        push @all, map { [$_->[3], $_->[7]] } @{$reply->{body}[2] || []};
        return @all unless $reply->{body}[3];
    }
}


sub wrong_seqs {
    my (@all) = @_;

    return scalar grep { $all[$_][0] != $_ + 1 } 0 .. $#all;
}


subtest 'command line' => sub {
    my ($rc, $out) = run_confd('--version');
    is $rc, 0, 'version: exit code';
    like $out, qr/^confd \d+\.\d+\.\d+ \(wire 2\)\n$/, 'version';

    ($rc, $out) = run_confd('--help');
    is $rc, 0, 'help: exit code';
    like $out, qr/^usage: confd/, 'help';

    ($rc, $out) = run_confd('--nonsense');
    is $rc, 2, 'unknown option';

    ($rc, $out) = run_confd('-d', "$top/x", '-s', "$top/s", 'extra');
    is $rc, 2, 'a command that there is not';
    like $out, qr/unknown command "extra"/, 'its sentence';
    ok !-e "$top/x", 'nothing was made';
};


subtest '--check' => sub {
    my $file = "$top/check.conf";
    my $must = "data $top/none\nsocket $top/sock\n";
    my $at = quotemeta $file;

    my @good = (
        '', "# comment\n\n  \t\n", "map_min 64m # behind a value\n",
        "mail_reset_url https://a/#b?%TOKEN%\n",
        "map_max 2G\n", "dedup 300s\n", "dedup 5m\n", "dedup 0s\n",
        "socket_mode 0600\n", "sync meta\n", "log_level debug\n",
        "queue_max 1", "link_output_max 64k\r\n", "socket_group root\n",
        "dedup 0\n", shown(),
    );

    my @bad = (
        ["nonsense 1\n", qr/^$at:3: unknown key "nonsense"$/m],
        ["readers\n", qr/^$at:3: "readers" has no value$/m],
        ["readers 1 2\n", qr/^$at:3: "readers" has more than one value$/m],
        ["readers 2\nreaders 2\n", qr/^$at:4: "readers" is set twice$/m],
        ["readers two\n", qr/^$at:3: bad value "two" of "readers"$/m],
        ["readers 0\n", qr/^$at:3: value "0" of "readers" is out of range$/m],
        ["readers -1\n", qr/bad value "-1"/],
        ["readers 2k\n", qr/bad value "2k"/],
        ["map_min 12q\n", qr/bad value "12q"/],
        ["map_min 1k\n", qr/out of range/],
        ["map_min 99999999999999999999\n", qr/out of range/],
        ["map_min 18446744073709551615k\n", qr/out of range/],
        ["map_min 2g\nmap_max 1g\n", qr/"map_min" is greater than "map_max"/],
        ["dedup 300\n", qr/bad value "300"/],
        ["dedup 2d\n", qr/bad value "2d"/],
        ["socket_mode 0888\n", qr/bad value "0888"/],
        ["socket_mode 01777\n", qr/out of range/],
        ["socket_group no-such-group\n", qr/no group "no-such-group"/],
        ["sync sometimes\n", qr/bad value "sometimes" of "sync"/],
        ["log_level loud\n", qr/bad value "loud" of "log_level"/],
        ["readers 0\nsync x\n", qr/:3: .*\n.*:4: /],
        ["log " . 'x' x 5000 . "\n", qr/line is too long/],
        ["log " . 'x' x 2000 . "\n", qr/out of range/],
    );

    for my $text (@good) {
        spew($file, $must . $text);
        my ($rc, $out) = run_confd('-f', $file, '--check');
        is "$rc $out", "0 configuration is valid\n",
           'good: ' . substr $text, 0, 40;
    }

    for my $case (@bad) {
        spew($file, $must . $case->[0]);
        my ($rc, $out) = run_confd('-f', $file, '--check');
        my $name = substr $case->[0], 0, 40;
        is $rc, 1, "bad: $name";
        like $out, $case->[1], 'its sentence';
    }

    spew($file, '');
    my ($rc, $out) = run_confd('-f', $file, '--check');
    is $rc, 1, 'nothing set';
    like $out, qr/no data directory.*\nno socket/, 'both sentences';

    ($rc, $out) = run_confd('-d', 'x', '-s', '/' . 'y' x 110, '--check');
    like $out, qr/socket path .* is too long/, 'long socket path';

    ($rc, $out) = run_confd('-f', "$top/absent.conf", '--check');
    is $rc, 1, 'no file';
    like $out, qr/cannot open "\Q$top\E\/absent.conf"/, 'its sentence';

    spew($file, "data relative\nsocket a\n");
    ($rc) = run_confd('-f', $file, '-d', "$top/none", '--check');
    is $rc, 0, 'flags beside a file';
    ok !-e "$top/none", '--check makes nothing';

    ($rc, $out) = run_confd('-f', "$FindBin::Bin/../conf/confd.conf",
                            '--check');
    is $rc, 0, 'the example that is shipped';
};


subtest 'socket and directory' => sub {
    my $old = umask 0177;
    my $confd = daemon('socket_mode 0666');
    umask $old;

    my $dir = $confd->{dir};
    my $path = $confd->socket;

    is sprintf('%o', (stat $path)[2] & 0777), '666', 'mode, whatever umask';
    is_deeply [glob "$path.*"], [], 'no other name is left';

    my ($rc, $out) = run_confd('-d', $confd->data, '-s', "$dir/other");
    is $rc, 1, 'second instance on the directory';
    like $out, qr/^confd: [^\n]+\n$/, 'one sentence';
    ok !-e "$dir/other", 'it made no socket';
    ok client($confd), 'the first one goes on';

    ($rc, $out) = run_confd('-d', "$dir/data2", '-s', $path);
    is $rc, 1, 'second instance on the socket';
    like $out, qr/another process listens on "\Q$path\E"/, 'its sentence';
    ok client($confd), 'the first one still answers';

    $confd->kill;
    ok -S $path, 'a kill leaves the socket behind';
    ok $confd->start, 'which is replaced';
    ok client($confd), 'and serves';

    settled($confd);
    ok !-e $path, 'a stop removes it';

    spew("$dir/file", 'precious');
    ($rc, $out) = run_confd('-d', $confd->data, '-s', "$dir/file");
    is $rc, 1, 'something else in its place';
    like $out, qr/exists and is not a socket/, 'its sentence';
    is slurp("$dir/file"), 'precious', 'is left alone';
};


subtest 'hello' => sub {
    my $confd = daemon();
    my $connect = sub { Conference::Rpc->new($confd->socket) };

    my $rpc = $connect->();
    my $reply = $rpc->hello(node => 7);
    is $reply->{code}, 0, 'welcome';
    is $reply->{body}[0], 2, 'version';
    ok $reply->{body}[1], 'boot number';

    my $other = $connect->()->hello->{body}[1];
    is $other, $reply->{body}[1], 'the same for all links';

    $reply = $rpc->hello;
    is $reply->{error}, 'PROTOCOL', 'a second hello';
    is $rpc->call(STAT => [0])->{code}, 0, 'does no harm';

    $rpc = $connect->();
    is $rpc->call(STAT => [0])->{error}, 'PROTOCOL', 'another op first';
    ok $rpc->closed, 'closed';

    $rpc = $connect->();
    is $rpc->hello(version => 1)->{error}, 'PROTOCOL', 'another version';
    ok $rpc->closed, 'closed';

    $rpc = $connect->();
    is $rpc->call(HELLO => [1])->{error}, 'PROTOCOL', 'a short hello';
    ok $rpc->closed, 'closed';

    $rpc = $connect->();
    my @ids = map { $rpc->post(STAT => [0]) } 1 .. 5;
    $rpc->flush;
    ok $rpc->closed, 'calls behind a wrong first one';
    ok $rpc->wait($ids[0], 0), 'the first is answered';
    ok !$rpc->wait($ids[1], 0), 'the others are not';

    $rpc = $connect->();
    my $hello = $rpc->post(HELLO => [2, 1, $$]);
    my $stat = $rpc->post(STAT => [0]);
    is $rpc->wait($stat)->{code}, 0, 'a call behind hello, unasked';
    is $rpc->wait($hello)->{code}, 0, 'and hello';

    settled($confd);
};


subtest 'garbage' => sub {
    my $confd = daemon();
    my $mp = Data::MessagePack->new;
    my $whole = sub { pack('N', length $_[0]) . $_[0] };

    my @bad = (
        ['not msgpack', $whole->("\xc1\xc1\xc1\xc1")],
        ['empty frame', pack('N', 0)],
        ['oversized length', pack('N', 8 * 1024 * 1024 + 1)],
        ['huge length', "\xff\xff\xff\xff"],
        ['not an array', $whole->($mp->pack({ a => 1 }))],
        ['short array', $whole->($mp->pack([0, 1, 2]))],
        ['text for a number', $whole->($mp->pack([0, 'x', 1, 0, undef]))],
        ['unknown kind', $whole->($mp->pack([9, 1, 1, 0, undef]))],
        ['bytes behind', $whole->($mp->pack([0, 1, 1, 0, undef]) . 'x')],
        ['a reply', Conference::Rpc::frame(1, 5, 0, [0])],
        ['an event', Conference::Rpc::frame(2, 0, 0, ['c', 'x'])],
        ['HTTP', "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    );

    for my $case (@bad) {
        my $rpc = client($confd);
        $rpc->raw($case->[1]);
        ok $rpc->closed, $case->[0];

        $rpc = Conference::Rpc->new($confd->socket);
        $rpc->raw($case->[1]);
        ok $rpc->closed, "$case->[0], first of all";
    }

    like $confd->log_text, qr/\[warn\] \d+#: link \d+: dropped: not a frame/,
        'it is logged';
    like $confd->log_text, qr/link \d+: dropped: not a call/, 'also this';

    my $rpc = client($confd);
    is $rpc->call(9999, [0])->{error}, 'PROTOCOL', 'unknown op';
    is $rpc->call(ROOM_CREATE => undef)->{error}, 'PROTOCOL', 'nil body';
    is $rpc->call(ROOM_CREATE => [1])->{error}, 'PROTOCOL', 'short body';
    is $rpc->call(ROOM_CREATE => ['x', 'y', 'z'])->{error}, 'PROTOCOL',
        'wrong type';
    is $rpc->call(ROOM_CREATE => [1, 'n' x 5000, ''])->{error}, 'PROTOCOL',
        'long name';
    is $rpc->call(SUBSCRIBE => [['t' x 65]])->{error}, 'PROTOCOL',
        'long topic';
    is $rpc->call(SUBSCRIBE => [['']])->{error}, 'INVALID', 'empty topic';
    is $rpc->call(STAT => [0])->{code}, 0, 'the link lives on';

    my $frame = Conference::Rpc::frame(0, 77, Conference::Rpc::op('STAT'), [0]);

    for my $byte (split //, $frame) {
        $rpc->raw($byte);
    }

    is $rpc->wait(77)->{code}, 0, 'a frame byte by byte';

    my $partial = client($confd);
    $partial->raw(substr $frame, 0, 6);
    $partial->close;
    is $rpc->call(STAT => [0])->{code}, 0, 'half a frame and gone';

    settled($confd);
};


subtest 'links' => sub {
    my $confd = daemon('links_max 3');
    my @rpc;

    # The link that has waited for the socket to appear may still be counted.

    ok wait_for(sub {
        @rpc = ();
        sleep 0.02;
        @rpc = map { Conference::Rpc->new($confd->socket) } 1 .. 3;
        my @good = grep { my $r = $_->hello; $r && $r->{code} == 0 } @rpc;
        return @good == 3;
    }), 'three links';

    my $more = Conference::Rpc->new($confd->socket);
    ok $more->closed, 'the fourth is refused';
    ok wait_for(sub {
        $confd->log_text =~ /connection refused: too many links/;
    }), 'logged';

    is $rpc[0]->call(STAT => [0])->{body}[1], 3, 'as STAT says';
    $rpc[2]->close;

    ok wait_for(sub {
        my $rpc = Conference::Rpc->new($confd->socket);
        my $reply = $rpc->hello;
        return $reply && $reply->{code} == 0;
    }), 'one goes, one comes';

    settled($confd);
};


subtest 'slow reader' => sub {
    my $confd = daemon('link_output_max 128k');
    my $rpc = client($confd);
    my $user = register($rpc);
    my $room = create($rpc, $user);

    $rpc->call(MESSAGE_POST => message($user, $room, 'x' x 200_000));

    my @list = (MESSAGE_LIST => [$user, $room, 0, Conference::Rpc::bool(0), 0,
                                 0, 10, 0]);

    is length($rpc->call(@list)->{body}[2][0][7]), 200_000,
        'a reply that is larger than the limit';

    my $slow = client($confd);
    $slow->post(@list) for 1 .. 20;

    # Sends, but does not read.

    $slow->send_some while length $slow->{out};

    ok wait_for(sub {
        $confd->log_text =~ /dropped: peer does not read/;
    }), 'dropped';
    ok $slow->closed, 'and closed';

    is $rpc->call(STAT => [0])->{code}, 0, 'others do not notice';
    settled($confd);
};


# Each call is alone in confd, and the socket takes only a part of its reply.

subtest 'calls one by one, replies all at once' => sub {
    my $confd = daemon();
    my $rpc = client($confd);
    my $user = register($rpc);
    my $room = create($rpc, $user);
    my $text = join '', map { sprintf '%07d.', $_ } 1 .. 500;

    $rpc->call(MESSAGE_POST => message($user, $room, $text)) for 1 .. 20;

    my $slow = client($confd);
    my (@pages, @posts);

    for (1 .. 60) {
        push @pages, $slow->post(MESSAGE_LIST => [$user, $room, 0,
                                 Conference::Rpc::bool(0), 0, 0, 20, 0]);
        $slow->send_some while length $slow->{out};
        select undef, undef, undef, 0.003;

        push @posts, $slow->post(MESSAGE_POST => message($user, $room,
                                                         $text));
        $slow->send_some while length $slow->{out};
        select undef, undef, undef, 0.001;
    }

    my @bad = grep {
        my $messages = $slow->wait($_)->{body}[2];
        @$messages != 20 || grep { $_->[7] ne $text } @$messages;
    } @pages;

    is scalar @bad, 0, 'pages are whole';
    is join(' ', map { $slow->wait($_)->{body}[3] } @posts),
        join(' ', 21 .. 80), 'posts in their order';
    settled($confd);
};


subtest 'busy' => sub {
    my $confd = daemon("queue_max 8\n");
    my $rpc = client($confd);
    my $user = register($rpc);
    my $room = create($rpc, $user);

    my @ids = map { $rpc->post(MESSAGE_POST => message($user, $room, "m$_")) }
              1 .. 500;
    my @replies = map { $rpc->wait($_) } @ids;
    my @good = grep { $_->{code} == 0 } @replies;
    my @busy = grep { ($_->{error} || '') eq 'BACKEND_BUSY' } @replies;

    ok @good > 0, scalar(@good) . ' are stored';
    ok @busy > 0, scalar(@busy) . ' are refused';
    is @good + @busy, 500, 'all are answered';

    my @all = history($rpc, $user, $room);
    is @all, @good, 'exactly the acknowledged are stored';
    is wrong_seqs(@all), 0, 'without a gap';

    my $stat = $rpc->call(STAT => [0])->{body};
    is $stat->[4], scalar @busy, 'STAT counts the refused';
    is_deeply [@$stat[10, 11, 12]], [1, 1, scalar @good],
        'users, rooms, messages';
    ok $stat->[8] > 0 && $stat->[9] >= $stat->[8], 'the map';

    settled($confd);

    $confd = daemon("hash_queue_max 2\nhash_threads 1\nscrypt_r 32\n");
    $rpc = client($confd);
    @ids = map { $rpc->post(USER_REGISTER => ["u$_", 'secret', '', '', '']) }
           1 .. 50;
    @replies = map { $rpc->wait($_) } @ids;
    ok((grep { ($_->{error} || '') eq 'BACKEND_BUSY' } @replies),
       'the HASH lane is bounded, too');
    is $rpc->call(STAT => [0])->{body}[10],
        scalar(grep { $_->{code} == 0 } @replies), 'the others are stored';

    settled($confd);
};


subtest 'crash' => sub {
    my $confd = daemon();
    my $rpc = client($confd);
    my $user = register($rpc);
    my @rooms = map { create($rpc, $user) } 1 .. 20;
    my (%call, %acked);

    # A first thousand is acknowledged; a second is cut off in its midst.

    for my $round (0, 1) {
        for my $n (1 .. 1000) {
            my $room = $rooms[$n % @rooms];
            my $text = "$round-$n";

            $call{$rpc->post(MESSAGE_POST => message($user, $room, $text))} =
                [$room, $text];
        }

        my @ids = sort { $a <=> $b } keys %call;
        @ids = @ids[0 .. 1099] if $round == 1;
        $rpc->wait($_) && ($acked{$_} = 1) for grep { !$acked{$_} } @ids;
    }

    $confd->kill;
    $rpc->closed;
    $rpc->wait($_, 0) && ($acked{$_} = 1) for grep { !$acked{$_} } keys %call;

    ok keys %acked >= 1100, scalar(keys %acked) . ' acknowledged';

    $confd->start;
    $rpc = client($confd);

    my (%stored, $wrong);

    for my $room (@rooms) {
        my @all = history($rpc, $user, $room);

        $stored{"$room $_->[1]"}++ for @all;
        $wrong += wrong_seqs(@all);
    }

    my @lost = grep { !$stored{"$call{$_}[0] $call{$_}[1]"} } keys %acked;

    is @lost, 0, 'every acknowledged message is there';
    is $wrong, 0, 'no room has a gap';
    is scalar(grep { $_ != 1 } values %stored), 0, 'none is there twice';

    is $rpc->call(MESSAGE_POST => message($user, $rooms[0], 'on'))->{code}, 0,
        'and on it goes';

    settled($confd);
};


subtest 'stop' => sub {
    my $confd = daemon('', config => "scrypt_log_n 13\nhash_threads 1\n");
    my $rpc = client($confd);
    my $idle = client($confd);
    my $user = register($rpc);
    my $room = create($rpc, $user);

    my @ids = map { $rpc->post(USER_REGISTER => ["late$_", 'x', '', '', '']) }
              1 .. 4;
    push @ids, map { $rpc->post(MESSAGE_POST => message($user, $room, $_)) }
               1 .. 200;
    my $stat = $rpc->post(STAT => [0]);

    is $rpc->wait($stat)->{code}, 0, 'all calls have been read';
    $confd->{process}->signal('TERM');

    my @replies = map { $rpc->wait($_) } @ids;
    is scalar(grep { $_ && $_->{code} == 0 } @replies), 204,
        'all are answered after TERM';
    ok $rpc->closed, 'then it closes';
    ok $idle->closed, 'idle links, too';
    is $confd->{process}->status(5), 0, 'exit code';
    like $confd->log_text, qr/signal 15, stopping.*\n(?:.*\n)*.*stopped\n$/,
        'as the log says';
    delete $confd->{process};

    $confd->start;
    $rpc = client($confd);
    is scalar(history($rpc, $user, $room)), 200, 'all are stored';
    $confd->{process}->signal('INT');
    is $confd->{process}->status(5), 0, 'INT stops as well';
    delete $confd->{process};

    $confd->{config} = "scrypt_log_n 17\n";
    $confd->start;
    $rpc = client($confd);
    $rpc->post(USER_REGISTER => ["slow$_", 'x', '', '', '']) for 1 .. 100;
    $rpc->call(STAT => [0]);
    $confd->{process}->signal('TERM');
    ok wait_for(sub {
        $confd->log_text =~ /signal 15, stopping: .*\b(?:9|10)\d ops/ }),
        'stopping takes long' or diag($confd->log_text);
    my $start = time;
    $confd->{process}->signal('TERM');
    is $confd->{process}->status(5), 1 << 8, 'a second TERM exits with 1';
    ok time - $start < 3, 'at once';
    delete $confd->{process};

    is_deeply [$confd->reports], [], 'no sanitizer has complained';
};


subtest 'log' => sub {
    my $dir = "$top/logs";
    mkdir $dir;

    my $confd = daemon('', args => ['-l', "$dir/log"]);
    my $line = qr{\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+\#: };

    like slurp("$dir/log"), qr/^(?:$line.*\n)+$/, 'every line has its head';

    rename "$dir/log", "$dir/log.1";
    my $rpc = client($confd);
    like slurp("$dir/log.1"), qr/node 0{15}1, process $$/,
        'it follows the file';

    $confd->{process}->signal('HUP');
    ok wait_for(sub { slurp("$dir/log") =~ /^${line}log reopened\n/ }),
        'HUP makes a new one';

    is $rpc->call(STAT => [0])->{code}, 0, 'links stay';
    settled($confd);
    like slurp("$dir/log"), qr/stopped\n$/, 'it goes on there';
    unlike slurp("$dir/log.1"), qr/stopped/, 'and not here';
};


subtest 'touch events' => sub {
    my $confd = daemon();
    my $rpc = client($confd, 1);
    my $same = client($confd, 1);
    my $other = client($confd, 2);
    my $mute = Conference::Rpc->new($confd->socket);
    my $user = register($rpc);

    $_->events(0, 0.05) for $rpc, $same, $other;

    my $reply = $rpc->call(USER_UPDATE => [$user, $user, 4, '', '', 'nick', '',
                                           '', 0, 0, 0, '', '', '', '']);
    is $reply->{code}, 0, 'a change';

    for my $link ($rpc, $same, $other) {
        my @events = grep { $_->{topic} eq 'c' } $link->events(1);
        my @touches = map {
            Conference::Rpc::unpack_payload($_->{payload})
        } @events;

        ok @events >= 1, 'a link hears of it';
        ok((grep { $_->[0] == $user && $_->[1] == 0 } @touches), 'which user');
        is $events[-1]{rev}, $reply->{rev}, 'at which revision';
        ok $events[-1]{order} < $reply->{order}, 'before the reply'
            if $link == $rpc;
    }

    my $get = $rpc->call(USER_GET => [$user, $user]);
    ok $get->{rev} >= $reply->{rev}, 'a read sees that revision';

    ok !$mute->closed(0.05) && $mute->{in} eq '', 'nothing before hello';

    $reply = $rpc->call(USER_UPDATE => [$user, 0, 4, '', '', 'n', '', '', 0, 0,
                                        0, '', '', '', '']);
    ok $reply->{code}, 'a change that fails';
    is $reply->{rev}, 0, 'has no revision';
    is scalar($other->events(1, 0.05)), 0, 'nobody hears of it';

    settled($confd);
};


subtest 'bus' => sub {
    my $confd = daemon();
    my ($a, $a2) = map { client($confd, 1) } 1 .. 2;
    my ($b, $b2) = map { client($confd, 2) } 1 .. 2;
    my $c = client($confd, 3);

    is $_->call(SUBSCRIBE => [['r.1', 'u.5', 'r.1']])->{code}, 0, 'subscribed'
        for $a, $a2, $b, $b2;

    is $a->call(PUBLISH => ['r.1', "bytes \0\xff $_"])->{code}, 0, 'published'
        for 1 .. 5;

    my @b = $b->events(5, 1);
    my @b2 = $b2->events(1, 0.05);

    is @b + @b2, 5, 'the other node hears each once';
    ok @b == 0 || @b2 == 0, 'on one link';

    my @heard = (@b, @b2);
    is $heard[$_]{payload}, "bytes \0\xff " . ($_ + 1), 'in order' for 0 .. 4;
    is $heard[0]{topic}, 'r.1', 'topic';
    is $heard[0]{rev}, 0, 'no revision';

    is scalar($_->events(1, 0.05)), 0, 'not the publisher\'s node, nor others'
        for $a, $a2, $c;

    # The link that heard goes; the node's other one takes over.

    (@b ? $b : $b2)->close;
    my $left = @b ? $b2 : $b;

    ok wait_for(sub {
        $a->call(PUBLISH => ['u.5', 'x']);
        return scalar $left->events(1, 0.1);
    }), 'another link of the node takes over';
    $left->events(1, 0.05);

    is $left->call(UNSUBSCRIBE => [['r.1', 'never', 'c']])->{code}, 0,
        'unsubscribed';
    $a->call(PUBLISH => ['r.1', 'x']);
    is scalar($left->events(1, 0.05)), 0, 'hears no more';
    $a->call(PUBLISH => ['u.5', 'x']);
    is scalar($left->events(1)), 1, 'but of the other topic';

    is $a->call(PUBLISH => ['c', 'all'])->{code}, 0, 'control';
    is scalar($_->events(1)), 1, 'reaches every link' for $a, $a2, $left, $c;

    is $a->call(PUBLISH => ['', 'x'])->{error}, 'INVALID', 'no topic';
    is $a->call(PUBLISH => ['r.1', 'x' x (512 * 1024)])->{code}, 0,
        'a large payload';

    my @many = map { "r.$_" } 1 .. 5000;
    is $c->call(SUBSCRIBE => [\@many])->{code}, 0, 'many topics';
    $a->call(PUBLISH => ["r.$_", 'x']) for 1, 2500, 5000;
    is scalar($c->events(3)), 3, 'are heard';
    is $c->call(UNSUBSCRIBE => [\@many])->{code}, 0, 'and left';

    settled($confd);
};


subtest 'passwords beside posts' => sub {
    my $confd = daemon('', config => "scrypt_log_n 16\n");
    my ($rpc, $posts) = map { client($confd) } 1 .. 2;
    my $user = register($rpc);
    my $room = create($rpc, $user);

    my @ids = map { $rpc->post(USER_REGISTER => ["p$_", 'secret', '', '', '']) }
              1 .. 6;
    my $login = $rpc->post(USER_LOGIN => ["user$names", 'secret']);
    my $wrong = $rpc->post(USER_LOGIN => ["user$names", 'guess']);
    $rpc->flush;

    my ($slowest, $bad, $users) = (0, 0);

    for my $n (1 .. 30) {
        my $start = time;
        my $reply = $posts->call(MESSAGE_POST => message($user, $room, $n));

        $bad++ unless $reply && $reply->{code} == 0;
        $slowest = time - $start if time - $start > $slowest;
        $users = $posts->call(STAT => [0])->{body}[10] if $n == 1;
    }

    ok $users < 7, 'posts do not wait for hashes' or diag $users;
    is $bad, 0, 'all posts are good';
    diag sprintf 'the slowest post took %.1f ms', $slowest * 1000
        if $ENV{TEST_VERBOSE};

    is scalar(grep { $rpc->wait($_)->{code} == 0 } @ids), 6, 'registered';
    is $rpc->wait($login)->{body}[0], $user, 'logged in';
    is $rpc->wait($wrong)->{error}, 'BAD_LOGIN', 'not with a guess';
    unlike slurp($confd->{log}), qr/secret|guess/, 'no password in the log';

    settled($confd);
};


subtest 'a map that grows, and one that may not' => sub {
    for my $max (256, 4) {
        my $confd = daemon("map_min 1m\nmap_max ${max}m\n");
        my $rpc = client($confd);
        my $user = register($rpc);
        my $room = create($rpc, $user);

        my @replies = map { $rpc->wait($_) } map {
            $rpc->post(MESSAGE_POST => message($user, $room, 'x' x 10_000));
        } 1 .. 1000;

        my @good = grep { $_->{code} == 0 } @replies;
        my @full = grep { ($_->{error} || '') eq 'STORE_FULL' } @replies;

        if ($max == 256) {
            is scalar @good, 1000, 'it grows';

        } else {
            is @good + @full, 1000, 'what does not fit is answered so';
            ok @good > 50, scalar(@good) . ' are stored';
            ok @full > 50, scalar(@full) . ' are not';
        }

        my @all = history($rpc, $user, $room);

        is scalar @all, scalar @good, 'the acknowledged are there';
        is wrong_seqs(@all), 0, 'without a gap';
        settled($confd);
    }
};


subtest 'sync levels' => sub {
    for my $sync (qw(meta never)) {
        my $confd = daemon("sync $sync\n");
        my $rpc = client($confd);
        my $user = register($rpc);
        my $room = create($rpc, $user);
        my $post = $rpc->call(MESSAGE_POST => message($user, $room, 'm'));

        is $post->{code}, 0, $sync;
        settled($confd);
    }
};


$_->stop for @daemons;
done_testing();
