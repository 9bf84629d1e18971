# The opening handshake: who may connect, and how it has to be asked for.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(jwt wait_for);
use Conference::Chat;
use MIME::Base64 qw(encode_base64);

my $c = Conference::Chat->new(workers => 2, locations => <<'END');
location / { conf_api roomchat; }
location /any/ { conf_api roomchat; conf_allowed_origins any; }
location /list/ {
    conf_api roomchat;
    conf_allowed_origins https://one.example http://two.example:8080;
}
location = /status { conf_status; }
END

my $alice = $c->user('alice');
my $token = $alice->{token};
my @paths = ('/api/message/ws', '/ws/join');


sub error_is {
    my ($ws, $status, $error, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($ws->status, $status, "$name: $status");
    is_deeply($ws->json, { error => $error }, "$name: error");
}


# Tokens.

for my $path (@paths) {
    my $ws = $c->ws($path);
    error_is($ws, 401, 'Authorization header is required',
             "$path without a token");

    $ws = $c->ws("$path?token=");
    error_is($ws, 401, 'Authorization header is required',
             "$path with an empty one");

    $ws = $c->ws($path, token => 'garbage');
    error_is($ws, 401, 'Malformed JWT token', "$path with garbage");

    $ws = $c->ws("$path?token=a.b.c");
    is($ws->status, 401, "$path with garbage in the query");

    $ws = $c->ws($path, headers => { 'Authorization' => "Basic $token" });
    error_is($ws, 401,
             "Authorization header must be in 'Bearer {token}' format",
             "$path with another scheme");

    my $old = jwt({ user_id => $alice->{id}, exp => time - 60 });
    $ws = $c->ws($path, token => $old);
    error_is($ws, 401, 'Expired or not active JWT token',
             "$path with an expired token");

    $ws = $c->ws("$path?token=Bearer%20$old");
    error_is($ws, 401, 'Expired or not active JWT token',
             "$path with an expired token in the query");

    my $foreign = jwt({ user_id => $alice->{id}, exp => time + 60 },
                      secret => 'x' x 32);
    $ws = $c->ws($path, token => $foreign);
    error_is($ws, 401, 'Invalid JWT token', "$path with a foreign token");

    my $nobody = jwt({ user_id => 999, exp => time + 60 });
    $ws = $c->ws($path, token => $nobody);
    error_is($ws, 401, 'Invalid or expired JWT token',
             "$path with the token of nobody");

    my %good = (
        'header' => [$path, token => $token],
        'raw header' => [$path, headers => { 'Authorization' => $token }],
        'small bearer' => [$path,
                           headers => { 'Authorization' => "bearer $token" }],
        'query' => ["$path?token=$token"],
        'query with Bearer%20' => ["$path?token=Bearer%20$token"],
        'query with Bearer+' => ["$path?a=b&token=Bearer+$token"],
    );

    for my $how (sort keys %good) {
        my ($where, %o) = @{$good{$how}};

        $ws = $c->ws($where, %o);
        ok($ws->ok, "$path, token in the $how");
        is(lc $ws->header('upgrade'), 'websocket', '... upgrade');
        is($ws->header('content-length'), undef, '... no length');

        # The greeting belongs to one of the paths.
        $ws->send_json({ room_id => 0, type => 'ping', data => 'x' });

        if ($path eq '/api/message/ws') {
            is_deeply($ws->recv_json, { code => 0, msg => '连接成功',
                                        data => undef }, '... greeting');
        }

        is_deeply($ws->recv_json, { code => 2, msg => 'ok', data => undef },
                  '... answers');
        is($ws->close(1000), 1000, '... closes');
    }
}


# What has to be in it.

my $key = encode_base64('0123456789abcdef', '');

my @bad = (
    ['no Upgrade', 'Upgrade' => undef],
    ['another Upgrade', 'Upgrade' => 'h2c'],
    ['part of the word', 'Upgrade' => 'websockets'],
    ['no Connection', 'Connection' => undef],
    ['another Connection', 'Connection' => 'keep-alive'],
    ['no Version', 'Sec-WebSocket-Version' => undef],
    ['an old Version', 'Sec-WebSocket-Version' => 8],
    ['a new Version', 'Sec-WebSocket-Version' => 14],
    ['a long Version', 'Sec-WebSocket-Version' => 130],
    ['no Key', 'Sec-WebSocket-Key' => undef],
    ['an empty Key', 'Sec-WebSocket-Key' => ''],
    ['a short Key', 'Sec-WebSocket-Key' => encode_base64('short', '')],
    ['a long Key', 'Sec-WebSocket-Key' => encode_base64('x' x 17, '')],
    ['a Key that is no base64', 'Sec-WebSocket-Key' => '*' x 22 . '=='],
);

for my $case (@bad) {
    my ($name, $header, $value) = @$case;

    for my $path (@paths) {
        my $ws = $c->ws($path, token => $token,
                        headers => { $header => $value });

        is($ws->status, 400, "$path, $name: 400");
        is_deeply($ws->json, { code => 1, msg => '请求错误', data => undef },
                  '... in the form of the API');
        is($ws->header('sec-websocket-version'), 13, '... and the version');
    }
}

my @good = (
    ['many Connection tokens', 'Connection' => 'keep-alive, Upgrade'],
    ['upper case', 'Upgrade' => 'WebSocket'],
    ['many protocols', 'Upgrade' => 'foo/1, websocket'],
    ['extensions', 'Sec-WebSocket-Extensions' => 'permessage-deflate'],
    ['a subprotocol', 'Sec-WebSocket-Protocol' => 'chat'],
    ['an empty body', 'Content-Length' => 0],
);

for my $case (@good) {
    my ($name, $header, $value) = @$case;
    my $ws = $c->ws('/ws/join', token => $token,
                    headers => { $header => $value });

    ok($ws->ok, $name);
    is($ws->header('sec-websocket-extensions'), undef, '... no extension');
    is($ws->header('sec-websocket-protocol'), undef, '... no protocol');
    $ws->disconnect;
}

sub raw {
    my ($first, @more) = @_;

    return join "\r\n", $first, 'Host: localhost', 'Upgrade: websocket',
                'Connection: Upgrade', "Sec-WebSocket-Key: $key",
                'Sec-WebSocket-Version: 13', @more, '', '';
}

my $auth = "Authorization: Bearer $token";
my $refused = qr{^HTTP/1.1 400 .*\r\n\r\n\{"code":1,}s;

like($c->raw_http(raw('GET /ws/join HTTP/1.0', $auth)), $refused, 'HTTP/1.0');
like($c->raw_http(raw('GET /ws/join HTTP/1.0')),
     qr{^HTTP/1.1 401 }, 'the token comes first');
like($c->raw_http(raw('GET /ws/join HTTP/1.1', $auth, 'Content-Length: 3')
                  . 'abc', shutdown => 1), $refused, 'a body');
like($c->raw_http(raw('GET /ws/join HTTP/1.1', $auth,
                      'Transfer-Encoding: chunked') . "0\r\n\r\n",
                  shutdown => 1), $refused, 'a chunked body');
like($c->raw_http(raw('POST /ws/join HTTP/1.1', $auth, 'Content-Length: 0'),
                  shutdown => 1),
     qr{^HTTP/1.1 404 .*\r\n\r\n404 page not found}s, 'POST');
like($c->raw_http(raw('HEAD /ws/join HTTP/1.1', $auth), shutdown => 1),
     qr{^HTTP/1.1 400 (?!.*\r\n\r\n.)}s, 'HEAD');
is($c->http(GET => '/ws/join', token => $token)->{status}, 400,
   'a plain GET');


# Origins.

my $host = 'localhost:' . $c->port;

my @origins = (
    ['', undef, 1], ['', "http://$host", 1], ['', "https://$host", 1],
    ['', uc "http://$host", 1], ['', 'http://evil.example', 0],
    ['', 'http://localhost', 0], ['', "http://$host.evil.example", 0],
    ['', "http://evil.example/$host", 0], ['', 'null', 0], ['', '', 0],
    ['', "http://$host/", 0], ['', $host, 0],
    ['/any', 'http://evil.example', 1], ['/any', 'null', 1],
    ['/any', undef, 1],
    ['/list', undef, 1], ['/list', 'https://one.example', 1],
    ['/list', 'http://two.example:8080', 1],
    ['/list', 'HTTPS://ONE.EXAMPLE', 1],
    ['/list', 'http://one.example', 0], ['/list', 'http://two.example', 0],
    ['/list', "http://$host", 0], ['/list', 'null', 0],
);

for my $case (@origins) {
    my ($where, $origin, $good) = @$case;
    my $ws = $c->ws("$where/ws/join", token => $token,
                    headers => { 'Origin' => $origin });
    my $name = "$where origin " . (defined $origin ? $origin : 'absent');

    if ($good) {
        ok($ws->ok, $name);
    } else {
        error_is($ws, 403, 'Origin not allowed', $name);
    }

    $ws->disconnect;
}


# Frames in the same packet as the handshake, and in pieces.

my $client = $c->ws('/ws/join', token => $token);
my $ping = $client->frame(payload => '{"room_id":0,"type":"ping"}');
my $request = raw('GET /api/message/ws HTTP/1.1', $auth);
my $pong = { code => 2, msg => 'ok', data => undef };

for my $path (@paths) {
    my $ws = $c->ws('', raw_request => raw("GET $path HTTP/1.1", $auth)
                                       . $ping . $ping);

    ok($ws->ok, "$path with frames behind");
    is($ws->recv_json->{msg}, '连接成功', 'the greeting is the first')
        if $path eq '/api/message/ws';
    is_deeply($ws->recv_json, $pong, 'what is behind is read') for 1, 2;
    $ws->send_raw($ping);
    is_deeply($ws->recv_json, $pong, 'as is what comes later');
    is($ws->close(1000), 1000, 'and it closes');
}

my $ws = $c->ws('', raw_request => $request . substr $ping, 0, 9);
is($ws->recv_json->{msg}, '连接成功', 'greeting with half a frame behind');
$ws->send_raw(substr $ping, 9);
is_deeply($ws->recv_json, $pong, 'the other half');

$ws = $c->ws('', raw_request => $request . "\xff\x80\0\0\0\0");
is($ws->closed(10), 1002, 'a violation behind the handshake');
$ws = $c->ws('', raw_request => $request . $client->frame(
    opcode => 8, payload => pack 'n', 1001));
is($ws->closed(10), 1001, 'a close behind the handshake');

# As the second request of a connection.

my $sock = $c->connect;
my $in = '';

print $sock "GET /register HTTP/1.1\r\nHost: localhost\r\n\r\n" . $request
            . $ping;
wait_for(sub { sysread $sock, $in, 4096, length $in; $in =~ /"code":2/ }, 10);
like($in, qr{^HTTP/1.1 404 .*HTTP/1.1 101 .*"code":2}s, 'pipelined');
close $sock;

$client->disconnect;
$ws->disconnect;
is($c->settled(sessions => 0), 0, 'no session is left');

$c->done;
done_testing;
