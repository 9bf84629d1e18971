# Clients that take their time: half a request, half a handshake, a message
# byte by byte.  They end, and nobody else notices.

use strict;
use warnings;

use IO::Socket::INET;
use Socket qw(inet_aton pack_sockaddr_in);
use Test::More;
use Conference qw(wait_for);

my $many = 10_000;

my $c = Conference->new(
    workers => 2,
    main => 'worker_rlimit_nofile 20000;',
    events => 'worker_connections 16384;',
    server => 'client_header_timeout 5s; client_body_timeout 5s;',
    locations => q{
        location /          { conf_api roomchat; }
        location /short/    { conf_api roomchat; conf_ws_ping 200ms;
                              conf_ws_timeout 1500ms; }
        location = /status  { conf_status; }
    },
);

my $in = { username => 'alice', password => 'password1' };
$c->http(POST => '/register', json => $in);
my $token = $c->http(POST => '/login', json => $in)->{json}{data}{token};
my $room = $c->http(POST => '/api/room/create', token => $token,
                    json => { name => 'r' })->{json}{data}{ID};

# A message that never ends, a byte at a time: pongs do not help.

my $slow = $c->ws('/short/ws/join', token => $token);
ok($slow->ok, 'a slow sender');
$slow->send_raw("\x81\xfe\x40\x00\0\0\0\0{");

ok(wait_for(sub {
    $slow->send_raw('x');
    return defined $slow->closed(0.1);
}, 20), 'is closed');
is($slow->closed(5), 1008, 'by policy');

# One that is slow and does end.

my $steady = $c->ws('/ws/join', token => $token);
my $text = qq({"room_id":$room,"type":"text","content":"in pieces"});
my $frame = "\x81" . chr(0x80 | length $text) . "\0\0\0\0" . $text;

$steady->send_raw($_) for split //, $frame;
ok($steady->recv_until(sub { ($_[0]{data}{content} // '') eq 'in pieces' },
                       5), 'byte by byte is no sin');

# Half-open handshakes, as many as a process can hold.

my $address = pack_sockaddr_in($c->port, inet_aton('127.0.0.1'));
my $head = "GET /ws/join HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n";
my @half;

for (1 .. $many) {
    socket(my $s, PF_INET, SOCK_STREAM, 0) or last;
    connect($s, $address) or last;
    syswrite $s, $head;
    push @half, $s;
}

is(scalar @half, $many, "$many half-open handshakes");

$steady->send_json({ room_id => $room, type => 'text', content => 'amid' });
ok($steady->recv_until(sub { ($_[0]{data}{content} // '') eq 'amid' }, 10),
   'an open socket goes on');
is($c->http(GET => "/api/room/list", token => $token)->{json}{code}, 0,
   'and requests are answered');
is($c->http(GET => '/status')->{json}{zone}{sessions}, 1,
   'none of them is a session');

# They all end by themselves.

my $open = 0;

ok(wait_for(sub {
    $open = 0;

    for my $s (@half) {
        my $r = '';
        vec($r, fileno $s, 1) = 1;
        $open++ unless select($r, undef, undef, 0);
        last if $open;
    }

    return $open == 0;
}, 60), 'nginx ends what does not go on');

close $_ for @half;

# A body that does not come.

my $s = $c->connect;
print $s "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
my $got;
ok(wait_for(sub { defined sysread $s, $got, 1000 }, 20),
   'half a body is ended, too');

$c->done;
done_testing;
