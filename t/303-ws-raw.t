# Frames byte for byte, as they are on the wire.  A mask of zeros leaves the
# payload readable.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite;
use Conference::Rpc;

no_long_string();

our $Token = do {
    my $rpc = Conference::Rpc->new(confd()->socket);

    $rpc->hello(node => 1);
    $rpc->call(USER_REGISTER => ['raw', 'password', '', '', '']);
    jwt({ user_id => 1, exp => time + 3600 });
};

sub handshake {
    my ($path) = @_;

    return "GET $path HTTP/1.1\r\nHost: localhost\r\n"
           . "Upgrade: websocket\r\nConnection: Upgrade\r\n"
           . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           . "Sec-WebSocket-Version: 13\r\n"
           . "Authorization: Bearer $::Token\r\n\r\n";
}

our $Ping = '{"room_id":0,"type":"ping"}';
our $Pong = "\x81\x21" . '{"code":2,"msg":"ok","data":null}';
our $Close = "\x88\x82\0\0\0\0\x03\xe8";
our $Closed = "\x88\x02\x03\xe8";

run_tests();

__DATA__

=== TEST 1: a message and its answer
--- raw_request eval
main::handshake('/ws/join') . "\x81\x9b\0\0\0\0$::Ping" . $::Close
--- error_code: 101
--- response_headers
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
!Content-Length
!Content-Type
--- response_body eval
$::Pong . $::Closed
--- no_error_log
[error]



=== TEST 2: the greeting
--- raw_request eval
main::handshake('/api/message/ws') . $::Close
--- error_code: 101
--- response_body eval
"\x81\x2b" . '{"code":0,"msg":"' . "\xe8\xbf\x9e\xe6\x8e\xa5\xe6\x88\x90"
. "\xe5\x8a\x9f" . '","data":null}' . $::Closed



=== TEST 3: fragments with a ping between them
--- raw_request eval
main::handshake('/ws/join') . "\x01\x85\0\0\0\0" . substr($::Ping, 0, 5)
. "\x89\x82\0\0\0\0hi" . "\x80\x96\0\0\0\0" . substr($::Ping, 5) . $::Close
--- error_code: 101
--- response_body eval
"\x8a\x02hi" . $::Pong . $::Closed



=== TEST 4: a 16-bit length
--- raw_request eval
main::handshake('/ws/join') . "\x81\xfe\0\x80\0\0\0\0" . $::Ping
. ' ' x (128 - length $::Ping) . $::Close
--- error_code: 101
--- response_body eval
$::Pong . $::Closed



=== TEST 5: in packets that split everything
--- raw_request eval
[main::handshake('/ws/join'), "\x81", "\x9b\0", "\0\0\0" . '{"room_id"',
 ':0,"type":"ping"', '}' . "\x88\x82", "\0\0\0\0\x03", "\xe8"]
--- raw_request_middle_delay: 0.02
--- error_code: 101
--- response_body eval
$::Pong . $::Closed



=== TEST 6: the longest ping
--- raw_request eval
main::handshake('/ws/join') . "\x89\xfd\0\0\0\0" . 'p' x 125 . $::Close
--- error_code: 101
--- response_body eval
"\x8a\x7d" . 'p' x 125 . $::Closed



=== TEST 7: unmasked
--- raw_request eval
main::handshake('/ws/join') . "\x81\x1b$::Ping"
--- error_code: 101
--- response_body eval
"\x88\x02\x03\xea"



=== TEST 8: reserved bits
--- raw_request eval
main::handshake('/ws/join') . "\xc1\x9b\0\0\0\0$::Ping"
--- error_code: 101
--- response_body eval
"\x88\x02\x03\xea"



=== TEST 9: wrong UTF-8
--- raw_request eval
main::handshake('/ws/join') . "\x81\x82\0\0\0\0\xc0\x80"
--- error_code: 101
--- response_body eval
"\x88\x02\x03\xef"



=== TEST 10: binary
--- raw_request eval
main::handshake('/ws/join') . "\x82\x80\0\0\0\0"
--- error_code: 101
--- response_body eval
"\x88\x14\x03\xebtext messages only"



=== TEST 11: too big
--- raw_request eval
main::handshake('/ws/join') . "\x81\xff\0\0\0\0\1\0\0\0\0\0\0\0"
--- error_code: 101
--- response_body eval
"\x88\x02\x03\xf1"



=== TEST 12: a close without a code
--- raw_request eval
main::handshake('/ws/join') . "\x88\x80\0\0\0\0"
--- error_code: 101
--- response_body eval
"\x88\x02\x03\xe8"



=== TEST 13: what is behind a close gets no answer
--- raw_request eval
main::handshake('/ws/join') . $::Close . "\x89\x82\0\0\0\0hi" . $::Close
. "\xff\xff\xff\xff"
--- error_code: 101
--- response_body eval
$::Closed
--- no_error_log
[alert]
