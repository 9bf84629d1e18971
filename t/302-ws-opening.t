# What happens to a user while the socket is being opened: confd's answer is
# held back, and things change meanwhile.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt wait_for);
use Conference::Chat;
use Conference::Process qw(slurp spew);
use Conference::Rpc;
use Data::MessagePack;
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();

my $c = Conference::Chat->new(
    start => 0,
    http => "conf_zone main:16m;\nconf_backend unix:%DIR%/proxy.sock;\n"
            . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
            . "conf_rate_limit off;\n",
);
my $dir = $c->dir;

$c->start_confd;
my $pid = proxy();
$c->start_nginx;


# Passes frames on, but for those of the op in the file "hold": when there is
# one, it makes "held".

sub proxy {
    my $server = IO::Socket::UNIX->new(Local => "$dir/proxy.sock",
                                       Listen => 9) or die $!;
    my $child = fork;

    die "fork: $!" unless defined $child;
    return $child if $child;

    $SIG{$_} = 'DEFAULT' for qw(TERM INT HUP);
    my $select = IO::Select->new($server);
    my (%peer, %in, %wait);

    while (getppid != 1) {
        for my $sock ($select->can_read(0.02)) {
            if ($sock == $server) {
                my $one = $server->accept or next;
                my $two = IO::Socket::UNIX->new(Peer => $c->confd->socket)
                    or next;
                @peer{$one, $two} = ($two, $one);
                $in{$one} = '';
                $select->add($one, $two);
                next;
            }

            my $n = sysread $sock, my $bytes, 65536;

            if (!$n) {
                $select->remove($sock, $peer{$sock});
                close $_ for $peer{$sock}, $sock;
                next;
            }

            if (!defined $in{$sock}) {
                syswrite $peer{$sock}, $bytes;
                next;
            }

            $in{$sock} .= $bytes;

            while (length $in{$sock} >= 4
                   && length $in{$sock} >= 4 + unpack 'N', $in{$sock})
            {
                my $frame = substr $in{$sock}, 0, 4 + unpack('N', $in{$sock}),
                                   '';
                my $code = Data::MessagePack->unpack(substr $frame, 4)->[2];

                if (slurp("$dir/hold") eq $code) {
                    push @{$wait{$sock}}, [$peer{$sock}, $frame];
                    open my $fh, '>', "$dir/held";
                } else {
                    syswrite $peer{$sock}, $frame;
                }
            }
        }

        next if slurp("$dir/hold") ne '';
        syswrite $_->[0], $_->[1] for map { @$_ } values %wait;
        %wait = ();
    }

    POSIX::_exit(0);
}


sub hold {
    my ($op) = @_;

    unlink "$dir/held";
    spew("$dir/hold.new", Conference::Rpc::op($op));
    rename "$dir/hold.new", "$dir/hold" or die $!;
}


sub is_held {
    my ($name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(wait_for(sub { -e "$dir/held" }, 20), $name);
}


# Sends a handshake that waits, lets the code run, then lets it go on.

sub opening {
    my ($user, $path, $code) = @_;
    my $ws = $c->connect;

    hold('ROOM_LIST');
    print $ws "GET $path HTTP/1.1\r\nHost: localhost\r\n"
              . "Upgrade: websocket\r\nConnection: Upgrade\r\n"
              . "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
              . "Sec-WebSocket-Version: 13\r\n"
              . "Authorization: Bearer $user->{token}\r\n\r\n";

    is_held('the handshake waits');
    $code->($ws);
    unlink "$dir/hold";

    return $ws;
}


sub text_of {
    my ($sock, $pattern) = @_;
    my $in = '';

    $sock->blocking(0);
    wait_for(sub {
        my $n = sysread $sock, $in, 65536, length $in;
        return $in =~ $pattern || defined $n && $n == 0;
    }, 20);

    return $in;
}


my ($alice, $bob, $carol, $dave) = map { $c->user($_) }
                                   qw(alice bob carol dave);
my $room = $c->room($alice, $bob);
my $watch = $c->socket($alice);


# Added to a room, or taken out of one.

my $second;
my $sock = opening($bob, '/api/message/ws', sub {
    $second = $c->room($alice, $bob);
    ok($watch->recv_until(sub { ($_[0]{data}{type} || '') eq 'presence'
                                && $_[0]{data}{room_id} == $second }, 20),
       'who is added meanwhile enters');
});

my $in = text_of($sock, qr/room_joined/);
like($in, qr/\A HTTP.1.1 \s 101 .*? \r\n\r\n \x81 . \{"code":0,"msg":"连接成功"
             .* room_joined/sx, 'the greeting comes first');

$c->api($alice, POST => '/api/message/send',
        { room_id => $_, type => 'text', content => "to $_" })
    for $room, $second;
like($in . text_of($sock, qr/to $second/), qr/to $room.*to $second/s,
     'and then messages of both rooms');
close $sock;

$sock = opening($bob, '/ws/join', sub {
    is($c->api($alice, POST => '/api/room/leave',
               { room_id => $second, user_id => $bob->{id} })->{code}, 0,
       'removed meanwhile');
});
wait_for(sub { $c->status->{zone}{sessions} == 2 }, 20);
$c->api($alice, POST => '/api/message/send',
        { room_id => $_, type => 'text', content => "again $_" })
    for $second, $room;
unlike(text_of($sock, qr/again $room/), qr/again $second/,
       'gets nothing of that room');
close $sock;


# No longer good for it.

$sock = opening($carol, '/api/message/ws', sub {
    is($c->ban($carol, 1), undef, 'banned meanwhile');
    wait_for(sub { $c->http(GET => '/api/room/list',
                            token => $carol->{token})->{status} == 401 }, 20);
});
my $text = text_of($sock, qr/no longer valid|401|503/);
ok($text =~ /HTTP.1.1 (?:401|503) / || $text =~ /HTTP.1.1 101 .*no longer valid/s,
   'is refused or closed') or diag($text);
unlike($text, qr/新消息/, 'and hears nothing');
close $sock;

is($c->ws('/ws/join', token => $carol->{token})->status, 401,
   'a banned user gets no socket');

$sock = opening($dave, '/ws/join', sub {
    is($c->api($dave, POST => '/api/user/update_password',
               { old_password => $dave->{password},
                 new_password => 'another one' })->{code}, 0,
       'another password meanwhile');
});
like(text_of($sock, qr/no longer valid|401/),
     qr/HTTP.1.1 (?:401 |101 .*no longer valid)/s, 'ends the socket');
close $sock;

my $ws = $c->ws('/ws/join', token => $dave->{token});
is($ws->status, 401, 'an old token opens no socket');
is_deeply($ws->json, { error => 'Invalid or expired JWT token' },
          'as it opens nothing else');


# The client is gone before it is open.

$c->settled(sessions => 1);

$sock = opening($bob, '/ws/join', sub {
    my ($client) = @_;

    $c->add($alice, $second, $bob);
    $watch->recv_until(sub { ($_[0]{data}{type} || '') eq 'presence'
                             && $_[0]{data}{room_id} == $second
                             && $_[0]{data}{online} }, 20);
    shutdown $client, 2;
    close $client;
    is($c->settled(sessions => 1), 1, 'a client that leaves has no session');
});
close $sock;

ok($watch->recv_until(sub { ($_[0]{data}{type} || '') eq 'presence'
                            && $_[0]{data}{room_id} == $second
                            && !$_[0]{data}{online} }, 20),
   'and is online nowhere');


# A member may write before the socket is told that it is in the room.

my $third = $c->room($alice);

$ws = $c->socket($bob);
ok($watch->recv_until(sub { ($_[0]{data}{type} || '') eq 'room_joined'
                            && $_[0]{data}{room_id} == $third }, 20),
   'a room of one');
hold('ROOM_GET');
$c->add($alice, $third, $bob);
is_held('the socket is not in the room yet');
$ws->send_json({ room_id => $third, type => 'text', content => 'early' });
ok($watch->recv_until(sub { ($_[0]{data}{content} || '') eq 'early' }, 20),
   'others hear of it');
ok($ws->recv_until(sub { ($_[0]{data}{content} || '') eq 'early' }, 20),
   'and who wrote it has an answer');
unlink "$dir/hold";
ok($ws->recv_until(sub { ($_[0]{data}{type} || '') eq 'room_joined' }, 20),
   'then it is in the room');

$_->disconnect for $watch, $ws;
is($c->settled(sessions => 0), 0, 'no session is left');

kill 'TERM', $pid;
waitpid $pid, 0;
unlink "$dir/proxy.sock";

$c->done;
done_testing;
