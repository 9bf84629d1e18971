# permessage-deflate (RFC 7692) and conf_ws_echo, through the real nginx.

use strict;
use warnings;

use Compress::Raw::Zlib;
use Test::More;
use Conference;

my $c = Conference->new(
    workers => 2,
    locations => q{
        location /plain/ { conf_api roomchat; }
        location /       { conf_api roomchat; conf_ws_deflate on; }
        location /echo   { conf_ws_echo; conf_ws_max_message 1m;
                           conf_ws_queue 4m; }
        location /zip    { conf_ws_echo; conf_ws_deflate on;
                           conf_ws_max_message 1m; conf_ws_queue 4m; }
    },
);

sub deflate {
    my ($text) = @_;
    my ($z) = Compress::Raw::Zlib::Deflate->new(-WindowBits => -15,
                                                -AppendOutput => 1);
    my $out = '';
    $z->deflate($text, $out);
    $z->flush($out, Z_SYNC_FLUSH);
    $out =~ s/\x00\x00\xff\xff\z//;
    return $out;
}

sub inflate {
    my ($data) = @_;
    my ($z) = Compress::Raw::Zlib::Inflate->new(-WindowBits => -15,
                                                -AppendOutput => 1);
    my $in = $data . "\x00\x00\xff\xff";
    my $out = '';
    $z->inflate($in, $out);
    return $out;
}

my %offer = ('Sec-WebSocket-Extensions' => 'permessage-deflate');

# Negotiation.

my $ws = $c->ws('/echo', headers => \%offer);
ok($ws->ok, 'an offer where it is off');
is($ws->header('Sec-WebSocket-Extensions'), undef, 'is not taken');

$ws = $c->ws('/zip');
is($ws->header('Sec-WebSocket-Extensions'), undef, 'no offer, no extension');

$ws = $c->ws('/zip', headers => \%offer);
my $answer = $ws->header('Sec-WebSocket-Extensions') // '';
like($answer, qr/^permessage-deflate\b/, 'an offer is taken');
like($answer, qr/server_no_context_takeover/, 'without context on our side');
like($answer, qr/client_no_context_takeover/, 'and on theirs');

my $bad = $c->ws('/zip', headers => { 'Sec-WebSocket-Extensions' =>
    'permessage-deflate; server_max_window_bits=99' });
ok($bad->ok, 'an offer that will not do');
is($bad->header('Sec-WebSocket-Extensions'), undef, 'is declined');

# Echo.

for my $path ('/echo', '/zip') {
    my $e = $c->ws($path, headers => \%offer);
    my $zip = $path eq '/zip';
    my @texts = ('', 'a', 'hello ' x 50, join('', map { chr(33 + $_ % 90) }
                 1 .. 70_000));

    for my $text (@texts) {
        $e->send_text($text);
        my $got = $e->recv(5);
        my $payload = $got->{payload};
        $payload = inflate($payload) if $got->{rsv};
        is($payload, $text, "$path: " . length($text) . ' bytes');
    }

    $e->send_frame(opcode => 2, payload => "\x00\xff" x 100);
    my $got = $e->recv(5);
    is($got->{opcode}, 2, "$path: binary");
    is($got->{rsv} ? inflate($got->{payload}) : $got->{payload},
       "\x00\xff" x 100, "$path: as it was");
    is($got->{rsv} ? 1 : 0, $zip ? 1 : 0, "$path: compressed or not");

    # Fragments, with a ping in between.

    $e->send_frame(opcode => 1, payload => 'one ', fin => 0);
    $e->send_frame(opcode => 9, payload => 'p');
    $e->send_frame(opcode => 0, payload => 'two', fin => 1);
    is($e->recv(5)->{opcode}, 10, "$path: pong first");
    is($e->recv(5)->{payload}, 'one two', "$path: then the message");
    is($e->close(1000), 1000, "$path: close");
}

# Compressed messages in.

$ws = $c->ws('/zip', headers => \%offer);
my $text = '{"word":"conference"}' x 200;
my $packed = deflate($text);

$ws->send_frame(opcode => 1, rsv => 4, payload => $packed);
is(inflate($ws->recv(5)->{payload}), $text, 'a compressed message');

$ws->send_frame(opcode => 1, rsv => 4, payload => substr($packed, 0, 9),
                fin => 0);
$ws->send_frame(opcode => 0, payload => substr($packed, 9), fin => 1);
is(inflate($ws->recv(5)->{payload}), $text, 'in fragments');

my @wrong = (
    [1007, 'corrupt', opcode => 1, rsv => 4, payload => "\xff\xff\xff\xff"],
    [1007, 'not UTF-8', opcode => 1, rsv => 4,
     payload => deflate("\xff" x 100)],
    [1009, 'a bomb', opcode => 1, rsv => 4,
     payload => deflate("\0" x (8 << 20))],
    [1002, 'RSV2', opcode => 1, rsv => 2, payload => 'x'],
    [1002, 'a compressed ping', opcode => 9, rsv => 4, payload => 'x'],
);

for my $case (@wrong) {
    my ($code, $name, %frame) = @$case;
    my $e = $c->ws('/zip', headers => \%offer);
    $e->send_frame(%frame);
    is($e->closed(5), $code, "$name: $code");
}

my $plain = $c->ws('/zip');
$plain->send_frame(opcode => 1, rsv => 4, payload => $packed);
is($plain->closed(5), 1002, 'compressed without negotiation: 1002');

# One event, sockets with and without.

my $in = { username => 'alice', password => 'password1' };
$c->http(POST => '/register', json => $in);
my $token = $c->http(POST => '/login', json => $in)->{json}{data}{token};
my $room = $c->http(POST => '/api/room/create', token => $token,
                    json => { name => 'r' })->{json}{data}{ID};

my @ws = ($c->ws('/ws/join', token => $token, headers => \%offer),
          $c->ws('/ws/join', token => $token),
          $c->ws('/ws/join', token => $token, headers => \%offer),
          $c->ws('/plain/ws/join', token => $token, headers => \%offer),
          $c->ws('/ws/join', token => $token, headers => {
              'Sec-WebSocket-Extensions' =>
              'permessage-deflate; server_max_window_bits=9' }));

$ws[1]->send_json({ room_id => $room, type => 'text',
                    content => 'again ' x 300 });

my @compressed;

for my $i (0 .. $#ws) {
    my ($got, $body);

    # A socket may still be told that it is in the room that is new.

    do {
        $got = $ws[$i]->recv(5);
        $body = $got->{rsv} ? inflate($got->{payload}) : $got->{payload};
    } while ($body =~ /room_joined/);

    like($body, qr/(?:again ){300}/, "socket $i hears it");
    push @compressed, $got->{rsv} ? 1 : 0;
}

is("@compressed", '1 0 1 0 0', 'compressed for who asked and can');

$c->done;
done_testing;
