# Frames: what RFC 6455 allows works, and every violation has its close code.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(json_encode wait_for);
use Conference::Chat;

my $c = Conference::Chat->new(workers => 1, locations => <<'END');
location / { conf_api roomchat; conf_ws_max_message 70000; }
location /small/ { conf_api roomchat; conf_ws_max_message 1k; }
location /quick/ {
    conf_api roomchat;
    conf_ws_ping 200ms;
    conf_ws_timeout 700ms;
}
location = /status { conf_status; }
END

my $alice = $c->user('alice');
my $room = $c->room($alice);
my $pong = { code => 2, msg => 'ok', data => undef };
my $ping = '{"room_id":0,"type":"ping"}';


sub socket_of { return $c->socket($alice, @_) }


# A socket that gets the frames and what the server makes of it.

sub closes {
    my ($name, $code, @frames) = @_;
    my $ws = socket_of();

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $ws->send_raw(join '', map { ref $_ ? $ws->frame(%$_) : $_ } @frames);
    is($ws->closed(20), $code, $name);

    # Whatever comes now is not heard.
    $ws->send_json({ room_id => $room, type => 'text', content => $name });
    wait_for(sub { !defined $ws->recv(1) && $ws->eof }, 20);
    ok($ws->eof, '... and the connection ends');
    $ws->disconnect;
}


# What is wrong.

my @control = (8, 9, 10);

closes("opcode $_", 1002, { opcode => $_ }) for 3 .. 7, 11 .. 15;
closes("RSV $_", 1002, { rsv => $_, payload => $ping }) for 1, 2, 4, 7;
closes("RSV $_ of a ping", 1002, { opcode => 9, rsv => $_ }) for 1, 2, 4;
closes('RSV of a continuation', 1002, { fin => 0, payload => '{' },
       { opcode => 0, rsv => 4, payload => '}' });
closes("opcode $_ unmasked", 1002, { opcode => $_, mask => 0 })
    for 1, @control;
closes('an unmasked continuation', 1002, { fin => 0, payload => '{' },
       { opcode => 0, mask => 0, payload => '}' });

closes("opcode $_ in fragments", 1002, { opcode => $_, fin => 0 })
    for @control;
closes("opcode $_ with 126 bytes", 1002,
       { opcode => $_, payload => 'x' x 126 }) for @control;
closes("opcode $_ with a 64-bit length", 1002,
       chr(0x80 | $_) . "\xff" . "\0" x 7 . "\1" . "\0" x 5) for @control;

closes('a continuation of nothing', 1002, { opcode => 0, payload => 'x' });
closes('a last continuation of nothing', 1002, { payload => $ping },
       { opcode => 0, fin => 0 });
closes("opcode $_ within a message", 1002, { fin => 0, payload => '{' },
       { opcode => $_, payload => '}' }) for 1, 2;
closes('a message within a message after a ping', 1002,
       { fin => 0, payload => '{' }, { opcode => 9 }, { payload => '}' });

closes('16 bits for 125 bytes', 1002, "\x81\xfe\0\x7d\0\0\0\0" . ' ' x 125);
closes('16 bits for 0 bytes', 1002, "\x81\xfe\0\0\0\0\0\0");
closes('64 bits for 65535 bytes', 1002,
       "\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0");
closes('64 bits, the highest set', 1002,
       "\x81\xff\x80\0\0\0\0\1\0\0\0\0\0\0");

closes('binary', 1003, { opcode => 2, payload => $ping });
closes('an empty binary', 1003, { opcode => 2 });
closes('binary in fragments', 1003, { opcode => 2, fin => 0 },
       { opcode => 0, payload => 'x' });

my %bad_utf8 = (
    'a lone continuation byte' => "\x80", 'an overlong slash' => "\xc0\xaf",
    'an overlong NUL' => "\xe0\x80\x80", 'a surrogate' => "\xed\xa0\x80",
    'too large' => "\xf4\x90\x80\x80", 'five bytes' => "\xf8\x88\x80\x80\x80",
    'FE' => "\xfe", 'cut off' => "\xe4\xbd", 'Latin-1' => "gr\xfcn",
);

closes("UTF-8, $_", 1007, { payload => $bad_utf8{$_} })
    for sort keys %bad_utf8;
closes('UTF-8 that is wrong in the second fragment', 1007,
       { fin => 0, payload => "{\xe4" }, { opcode => 0, payload => "\x41" });
closes('UTF-8 that ends in a fragment', 1007,
       { fin => 0, payload => "{\xe4\xbd" }, { opcode => 0, payload => '' });
closes('UTF-8 that is wrong before the message ends', 1007,
       { fin => 0, payload => "\xff" });

closes('a frame over the limit', 1009, { payload => ' ' x 70001 });
closes('a claim over the limit', 1009,
       { payload => '', length => 2 ** 40 });
closes('fragments over the limit', 1009,
       { fin => 0, payload => ' ' x 40000 },
       { opcode => 0, fin => 0, payload => ' ' x 30000 },
       { opcode => 0, payload => ' ' });


# Closing.

closes('close without a code', 1000, { opcode => 8 });
closes("close $_", $_, { opcode => 8, payload => pack 'n', $_ })
    for 1000 .. 1003, 1007 .. 1014, 3000, 3999, 4000, 4999;
closes('close with a reason', 1000,
       { opcode => 8, payload => pack('n', 1000) . "bye \xe4\xbd\xa0" });
closes('close with the longest reason', 1001,
       { opcode => 8, payload => pack('n', 1001) . 'x' x 123 });
closes("close $_", 1002, { opcode => 8, payload => pack 'n', $_ })
    for 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535;
closes('close with one byte', 1002, { opcode => 8, payload => 'x' });
closes('close with a wrong reason', 1007,
       { opcode => 8, payload => pack('n', 1000) . "\xff" });
closes('close with half a letter', 1007,
       { opcode => 8, payload => pack('n', 1000) . "\xe4\xbd" });
closes('close within a message', 1000, { fin => 0, payload => '{' },
       { opcode => 8, payload => pack 'n', 1000 });
closes('two closes', 1001, map { { opcode => 8, payload => pack 'n', $_ } }
       1001, 1002);
closes('a violation behind a close', 1001,
       { opcode => 8, payload => pack 'n', 1001 }, { opcode => 3 });


# What is right.

sub works {
    my ($name, @frames) = @_;
    my $ws = socket_of();

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $ws->send_raw(join '', map { ref $_ ? $ws->frame(%$_) : $_ } @frames);
    is_deeply($ws->recv_json, $pong, $name);
    is($ws->close(1000), 1000, '... and closes');
}

works('a frame', { payload => $ping });
works('a zero mask', { payload => $ping, mask => "\0\0\0\0" });
works('a mask of ones', { payload => $ping, mask => "\xff\xff\xff\xff" });
works('one byte a fragment', { fin => 0, payload => '' },
      (map { { opcode => 0, fin => 0, payload => $_ } } split //, $ping),
      { opcode => 0, payload => '' });
works('blanks up to the limit', { payload => $ping . ' ' x (70000 - 27) });
works('many blanks in fragments', { fin => 0, payload => $ping },
      { opcode => 0, fin => 0, payload => ' ' x 30000 },
      { opcode => 0, payload => ' ' x (40000 - 27) });
works('a pong nobody asked for', { opcode => 10, payload => 'x' x 125 },
      { payload => $ping });

{
    # A message in fragments, every byte by itself.
    my $ws = socket_of();
    my $text = "多字节 \x{1f600}";
    my $bytes = json_encode({ room_id => $room, type => 'text',
                              content => $text });
    my $half = index($bytes, "\xe5\xad\x97") + 1;     # within a letter
    my $stream = $ws->frame(fin => 0, payload => substr $bytes, 0, $half)
               . $ws->frame(opcode => 9, payload => 'between')
               . $ws->frame(opcode => 0, fin => 0, payload => '')
               . $ws->frame(opcode => 10)
               . $ws->frame(opcode => 0, payload => substr $bytes, $half);

    for my $byte (split //, $stream) {
        $ws->send_raw($byte);
        select undef, undef, undef, 0.001;
    }

    is_deeply($ws->recv, { opcode => 10, fin => 1, rsv => 0,
                           payload => 'between' },
              'a ping between fragments is answered first');
    is($ws->recv_json->{data}{content}, $text, 'one byte at a time');
    is($ws->close(1000), 1000, '... and closes');
}

{
    my $ws = socket_of();

    for my $payload ('', 'x', "\0\xff" x 62, 'y' x 125) {
        $ws->ping($payload);
        is_deeply($ws->recv, { opcode => 10, fin => 1, rsv => 0,
                               payload => $payload },
                  'ping of ' . length($payload) . ' bytes');
    }

    $ws->send_raw(join '', map { $ws->frame(opcode => 9, payload => $_) }
                           1 .. 50);
    is(join(' ', map { $ws->recv->{payload} } 1 .. 50), join(' ', 1 .. 50),
       'pings in a row');

    # Frames of all three forms of length come back.
    for my $n (1, 100, 200, 1000, 65000) {
        $ws->send_json({ room_id => $room, type => 'text',
                         content => 'z' x $n });
        is(length $ws->recv_json->{data}{content}, $n, "$n bytes of content");
    }

    # Large frames under way while the peer sends a ping.
    my $big = $ws->frame(payload => $ping . ' ' x 60000);
    $ws->send_raw(substr $big, 0, 30000);
    $ws->send_raw(substr $big, 30000);
    $ws->ping('after');
    is_deeply($ws->recv_json, $pong, 'a frame in two pieces');
    is($ws->recv->{payload}, 'after', 'a ping behind it');
    is($ws->close, 1000, 'a close without code');
}

{
    my $ws = $c->ws('/small/ws/join', token => $alice->{token});

    $ws->send_text($ping . ' ' x (1024 - 27));
    is_deeply($ws->recv_json, $pong, 'as long as this location allows');
    $ws->send_text($ping . ' ' x (1025 - 27));
    is($ws->closed(20), 1009, 'a byte longer');
    $ws->disconnect;
}


# Who is silent, and who only pongs.

{
    my $path = '/quick/ws/join';
    my $quiet = $c->ws($path, token => $alice->{token}, auto_pong => 0);
    my $alive = $c->ws($path, token => $alice->{token}, auto_pong => 0);
    my $pings = 0;

    is($quiet->recv(20)->{opcode}, 9, 'the server pings');

    # Pongs keep a socket for several times the timeout.
    while ($pings < 8) {
        my $frame = $alive->recv(20) or last;
        $pings++ if $frame->{opcode} == 9;
        $alive->send_frame(opcode => 10, payload => $frame->{payload});
    }

    is($pings, 8, 'and goes on when it is answered');
    is($alive->closed, undef, 'a socket that answers stays');
    $alive->send_text($ping);
    is_deeply($alive->recv_until(sub { $_[0] }), $pong, 'and serves');

    ok(defined $quiet->closed(20), 'one that does not is closed');
    $_->disconnect for $quiet, $alive;
}


# Of two that are told to go, the one that says goodbye goes first: the server
# does not wait for a polite client to hang up.

{
    my $polite = socket_of();
    my $rude = socket_of(auto_close => 0);

    is($c->api($alice, POST => '/api/user/update_password',
               { old_password => $alice->{password},
                 new_password => 'another one' })->{code}, 0,
       'another password');
    is($rude->closed(20), 1008, 'closes one');
    is($polite->closed(20), 1008, 'and the other');

    wait_for(sub { !defined $polite->recv(1) && $polite->eof }, 20);
    ok($polite->eof, 'the one that answers is disconnected');
    is($rude->recv(0), undef, 'while the other');
    ok(!$rude->eof, 'still has its time');
    ok(wait_for(sub { $rude->recv(1); $rude->eof }, 20), 'which passes');
}

is($c->settled(sessions => 0), 0, 'no session is left');
$c->done;
done_testing;
