# confd absent, killed, stopped, slow, lying: durable requests have a defined
# answer within the timeout, live rooms go on, and all recovers by itself.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for json_decode);
use Conference::FakeConfd qw(frame_of welcome reply relay);
use Conference::People;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes qw(time sleep);

my $builder = Test::More->builder;
binmode $builder->$_, ':utf8' for qw(output failure_output todo_output);

my $timeout = 2;        # conf_backend_timeout, seconds

my $c = Conference->new(
    workers => 2, start => 0, confd_config => "scrypt_log_n 4\n",
    http_extra => "conf_backend_timeout ${timeout}s;\n",
    locations => $Conference::People::Locations,
);
my $p = Conference::People->new($c);


# A durable request's answer while there is no backend.

sub down {
    my ($reply, $sentence, $name) = @_;

    is($reply->{status}, 503, "$name: 503");
    like($reply->{headers}{'retry-after'} || '', qr/^[1-9]\d*$/,
         "$name: Retry-After");
    is_deeply($reply->{json}, { code => 1, msg => $sentence, data => undef },
              "$name: in the dialect's form");
}


sub register {
    my ($name) = @_;
    return $c->http(POST => '/register', timeout => 30,
                    json => { username => $name, password => 'password1' });
}


sub registers {
    my ($name, $what) = @_;

    ok(wait_for(sub {
        my $json = register($name)->{json};
        return $json && ($json->{code} == 0
                         || $json->{msg} eq '用户名已存在');
    }, 30), $what);
}


# Sends a request and leaves the answer for later.

sub begin {
    my ($method, $path, $token, $body) = @_;
    my $sock = $c->connect;

    $body = defined $body ? $body : '';
    print $sock "$method $path HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                . "Authorization: Bearer $token\r\n"
                . "Content-Length: " . length($body) . "\r\n\r\n$body";
    $sock->flush;
    return $sock;
}


sub answer {
    my ($sock) = @_;
    local $/;
    return scalar <$sock>;
}


# All workers have a link to confd, beside ours.

sub linked {
    $p->rpc;
    return wait_for(sub {
        my $confd = $p->status->{backend}{confd};
        return $confd && $confd->{links} == 3;
    }, 30);
}


# Absent at the start.

$c->start_nginx;

my $nobody = Conference::jwt({ user_id => 1, exp => int(time) + 3600 });

down(register('early'), '注册失败，服务器错误', 'register without confd');
down($c->http(GET => '/api/room/list', token => $nobody),
     '获取聊天室列表失败，服务器错误', 'list without confd');
is($c->http(GET => '/api/room/list')->{status}, 401,
   'who has no token is told so');
is($c->ws('/ws/join', token => $nobody)->status, 503,
   'no socket without confd');
is($p->status->{backend}{up}, JSON::PP::false, 'the status tells');

$c->start_confd;
registers('early', 'registers when confd is there');
ok(linked(), 'both links are up');


# Killed: live rooms go on.

my $room = $p->room(qw(alice bob carol));
my ($alice, $bob, $carol) = $p->spread(qw(alice bob carol));
my $token = $p->token('alice');

$p->post($alice, $room, 'before');
ok($p->hear($_, 'before'), 'a message') for $alice, $bob, $carol;

$c->kill_confd;
wait_for(sub { !$p->status->{backend}{up} }, 20);

for my $pair ([$alice, $bob], [$bob, $alice]) {
    my ($from, $to) = @$pair;
    $from->send_json({ room_id => $room, type => 'video', content => 'frame'
                       . fileno $from->sock });
    my $got = $p->hear($to, 'frame' . fileno $from->sock);
    ok($got, 'video goes on without confd');
    is($got->{ID}, 0, 'and is not stored');
}

$carol->close;
ok($p->presence($alice, 'carol', 0), 'who leaves is seen to leave');
ok($p->presence($bob, 'carol', 0), 'by both');

$alice->send_json({ room_id => 0, type => 'ping', data => 'x' });
is($alice->recv_until(sub { $_->{code} == 2 }, 10)->{msg}, 'ok', 'ping');

$p->post($alice, $room, 'nowhere', 'id-nowhere');
my $got = $alice->recv_until(sub { $_->{code} == 1 }, 20);
is_deeply($got, { code => 1, msg => '创建新信息失败', data => undef,
                  client_id => 'id-nowhere' },
          'a post fails with its client_id');

$alice->send_json({ room_id => $room, type => 'sync', seq => 0 });
is($alice->recv_until(sub { $_->{code} == 1 }, 20)->{msg},
   'Failed to retrieve messages', 'a sync fails');

down($c->http(POST => '/api/message/send', token => $token,
              json => Conference::People::message($room, 'no')),
     'Failed to send message', 'send while down');
down($c->http(GET => "/api/message/list?room_id=$room", token => $token),
     'Failed to retrieve messages', 'history while down');
down($c->http(POST => '/api/room/create', token => $token,
              json => { name => 'a' }), '创建失败', 'create while down');
down($c->http(POST => '/login', json => { username => 'alice',
                                          password => 'password1' }),
     '登录失败，服务器错误', 'login while down');

$c->start_confd;
ok(linked(), 'the links come back by themselves');

ok(wait_for(sub {
    $p->post($alice, $room, 'after', 'id-after');
    my $got = $alice->recv_until(sub {
        return $_->{code} == 1
               || $_->{data} && ($_->{data}{content} || '') eq 'after';
    }, 20);
    $got && $got->{code} == 0;
}, 30), 'posting works again');
ok($p->hear($bob, 'after'), 'the others hear it');


# What was missed while there was no link: a member removed, a ban.

$c->stop_confd;
$c->start_confd;
$p->remove($room, 'alice', 'bob');
ok($bob->recv_until(sub { $_->{msg} eq '已离开聊天室' }, 30),
   'who was removed leaves the room');
$p->add($room, 'alice', 'bob');
ok($bob->recv_until(sub { $_->{msg} eq '已加入聊天室' }, 30),
   'and enters it again');

my $eve = $p->socket('eve');
$c->stop_confd;
$c->start_confd;
$p->ask(USER_BAN => [$p->user('eve'), Conference::Rpc::bool(1), 0, '']);
is($eve->closed(30), 1008, 'who was banned is closed');
is($c->ws('/ws/join', token => $p->token('eve'))->status, 401,
   'and cannot come back');


# Killed with calls pending: what may be asked twice survives the restart,
# what may not fails at once.

$p->room('dora');
my $dora = $p->token('dora');
$c->stop_confd;

my $seen = $c->dir . '/seen';
my $deaf = Conference::FakeConfd->new($c->confd->socket, sub {
    welcome($_[0]);

    while (my $call = frame_of($_[0])) {
        open my $fh, '>>', $seen or die;
        syswrite $fh, "$call->[2]\n";
    }
});

sub seen {
    my ($op, $n) = @_;
    my $number = Conference::Rpc::op($op);

    return wait_for(sub {
        open my $fh, '<', $seen or return 0;
        return grep({ $_ == $number } <$fh>) >= $n;
    }, 20);
}

wait_for(sub { grep { $p->status->{backend}{up} } 1 .. 4 }, 20);

my $list = begin(GET => '/api/room/list', $dora);
my $login = begin(POST => '/login', '', '{"username":"dora",'
                                        . '"password":"password1"}');
my $create = begin(POST => '/register', '', '{"username":"frank",'
                                            . '"password":"password1"}');
ok(seen(USER_GET => 1) && seen(USER_LOGIN => 1) && seen(USER_REGISTER => 1),
   'calls are pending');

my $at = time;
$deaf->stop;
like(answer($create), qr/^HTTP\/1.1 503 .*\r\nRetry-After: \d+\r\n/s,
     'what may not be asked twice fails');
ok(time - $at < $timeout + 10, 'soon');
$c->start_confd;
like(answer($list), qr/^HTTP\/1.1 200 .*"code":0/s,
     'a read is answered after the restart');
like(answer($login), qr/^HTTP\/1.1 200 .*"code":0/s, 'a login, too');
ok(time - $at < $timeout + 10, 'within the timeout');


# Stopped: everything ends within the timeout; what was stored late is heard.

linked();
kill 'STOP', $c->confd->pid;
$at = time;
my $late = begin(POST => '/api/room/create', $token, '{"name":"late"}');
my $history = begin(GET => "/api/message/list?room_id=$room", $token);
$p->post($alice, $room, 'stored late', 'id-late');

like(answer($late), qr/^HTTP\/1.1 503 .*\r\nRetry-After/s, 'a slow write');
like(answer($history), qr/^HTTP\/1.1 503 .*\r\nRetry-After/s, 'a slow read');
my $seconds = time - $at;
ok($seconds >= $timeout - 0.5 && $seconds < $timeout + 10,
   'ends with the timeout') or diag($seconds);

$got = $alice->recv_until(sub { ($_->{client_id} || '') eq 'id-late' }, 20);
is($got->{code}, 1, 'a slow post fails');
kill 'CONT', $c->confd->pid;

ok($p->hear($bob, 'stored late', 20), 'but it was stored, and is heard');
ok($p->hear($alice, 'stored late', 20), 'by its sender, too');
is(scalar(grep { $_->{content} eq 'stored late' }
          @{$p->history($room, 'alice')}), 1, 'it is there once');
registers('later', 'and all goes on');


# Its sender has left before it was stored: the others hear it all the same.

linked();
my $hasty = $p->socket('alice');
kill 'STOP', $c->confd->pid;
$p->post($hasty, $room, 'in a hurry');
$hasty->close;
kill 'CONT', $c->confd->pid;
ok($p->hear($bob, 'in a hurry', 20), 'whoever sends and leaves is heard');

$hasty = begin(POST => '/api/message/send', $token,
               qq({"room_id":$room,"type":"text","content":"by http"}));
close $hasty;
if (grep { $_->{content} eq 'by http' } @{$p->history($room, 'alice')}) {
    ok($p->hear($bob, 'by http', 20), 'by HTTP, too');
} else {
    pass('it was not sent');
}


# Not confd at all.

$c->stop_confd;

my %strange = (
    'bytes that are no frame' => sub {
        syswrite $_[0], "HTTP/1.1 400 Bad Request\r\n\r\n" x 20;
        sleep 1;
    },
    'a length that is too large' => sub {
        syswrite $_[0], "\xff\xff\xff\xff";
        sleep 1;
    },
    'no frame in the frame' => sub {
        syswrite $_[0], pack 'N/a*', "\xc1\xc1\xc1";
        sleep 1;
    },
    'another version' => sub {
        my $hello = frame_of($_[0]);
        my $rc = 1;
        $rc++ until Conference::Rpc::error($rc) eq 'PROTOCOL';
        syswrite $_[0], reply($hello->[1], $rc, undef);
    },
    'closing at once' => sub { close $_[0] },
    'closing in the middle of a frame' => sub {
        my $hello = frame_of($_[0]);
        syswrite $_[0], substr reply($hello->[1], 0, [1, 2]), 0, 5;
    },
    'a welcome and then garbage' => sub {
        welcome($_[0]);
        frame_of($_[0]);
        syswrite $_[0], "\0\0\0\x04garb";
        sleep 1;
    },
    'a call' => sub {
        welcome($_[0]);
        frame_of($_[0]);
        syswrite $_[0], Conference::Rpc::frame(0, 1, 0, undef);
        sleep 1;
    },
);

for my $name (sort keys %strange) {
    my $fake = Conference::FakeConfd->new($c->confd->socket, $strange{$name});
    my $at = time;

    # The first try may have found no socket.
    for (1 .. 3) {
        down($c->http(POST => '/api/room/create', token => $token,
                      timeout => 20, json => { name => 'a' }),
             '创建失败', $name);
        sleep 0.2;
    }

    ok(time - $at < 3 * ($timeout + 4), "$name: soon");
    $fake->stop;
}

# Nobody behind the socket.
{
    my $server = IO::Socket::UNIX->new(Local => $c->confd->socket,
                                       Listen => 1);
    close $server;
    down(register('refused'), '注册失败，服务器错误', 'refused');
}

# Replies that do not fit what was asked: an error, and the link stays.
{
    my $wrong = Conference::FakeConfd->new($c->confd->socket, sub {
        my ($sock) = @_;
        welcome($sock);
        my $i = 0;

        while (my $call = frame_of($sock)) {
            syswrite $sock, reply($call->[1] + 1000, 0, [])
                            . ($i++ % 2 ? reply($call->[1], 999, undef)
                                        : reply($call->[1], 0, 'x'));
        }
    });

    for (1 .. 4) {
        wait_for(sub { $p->status->{backend}{up} }, 20);
        down($c->http(POST => '/api/room/create', token => $token,
                      timeout => 20, json => { name => 'a' }),
             '创建失败', 'a reply of another shape');
    }

    $wrong->stop;
}

# It never answers.
{
    my $mute = Conference::FakeConfd->new($c->confd->socket, sub {
        sleep 1 while frame_of($_[0]);
    });
    my $at = time;

    sleep 0.1;
    down($c->http(POST => '/api/room/create', token => $token, timeout => 20,
                  json => { name => 'a' }), '创建失败', 'no welcome');
    ok(time - $at < $timeout + 10, 'no welcome: within the timeout');
    $mute->stop;
}


# One byte at a time, both ways.

{
    unlink $c->confd->socket;
    my $path = $c->confd->socket;
    $c->confd->{socket} = "$path.real";
    $c->start_confd;

    my $thin = Conference::FakeConfd->new($path, sub {
        my $real = IO::Socket::UNIX->new(Peer => "$path.real") or return;
        relay($_[0], $real, 1);
    });

    ok(linked(), 'linked byte by byte');
    registers('bytewise', 'works byte by byte');
    my $text = 'x' x 2000;
    $p->post($alice, $room, $text);
    ok($p->hear($bob, $text, 60), 'a message of many bytes');
    $thin->stop;
    $c->stop_confd;
    $c->confd->{socket} = $path;
}

$c->start_confd;
ok(linked(), 'confd is back');
$p->post($alice, $room, 'last');
ok($p->hear($_, 'last'), 'and all is as before') for $alice, $bob;

my $seqs = join ' ', map { $_->{seq} } @{$p->history($room, 'alice')};
my $n = () = $seqs =~ /\d+/g;
is($seqs, join(' ', 1 .. $n), 'no gap in the history');

$_->close for $alice, $bob;
ok($p->settle(0), 'nothing is left in the zone');

$c->done;
done_testing;
