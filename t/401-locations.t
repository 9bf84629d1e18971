# Where an API may be mounted, what separates locations and what they share,
# the values of directives that nobody sets, and who is counted for a rate.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::JWT qw(jwt);

my $secret = $Conference::JWT::Secret;
my $http = "conf_zone main:4m;\nconf_backend unix:%CONFD%;\n";
my $fast = "scrypt_log_n 10\n";

sub rooms {
    my ($c, $path, %o) = @_;
    my $user = delete $o{user} || 1;

    return $c->http(GET => $path, token => jwt({ user_id => $user,
        exp => time + 100 }, %o));
}

# Mounts

{
    my $c = Conference->new(confd_config => $fast, workers => 2, http =>
        $http . "conf_jwt_secret $secret; conf_rate_limit off;",
        locations => <<END);
location / { conf_api roomchat; }
location /chat { conf_api roomchat; }
location /slash/ { conf_api roomchat; }
location ^~ /a/b/c/ { conf_api roomchat; }
location ~ ^/re/(api|login|register)/? { conf_api roomchat mount=/re; }
location /mount/ { conf_api roomchat mount=/mount/; }
location = /one/api/room/list { conf_api roomchat mount=/one; }
location /empty/ { try_files \$uri \@named; }
location \@named { conf_api roomchat mount=/empty; }
location /in/ { rewrite ^/in(/.*)\$ /chat\$1 last; }
location /static/other { return 200 "other\n"; }
location /other { conf_api roomchat; conf_jwt_secret another-$secret; }
END
    my $in = { username => 'alice', password => 'password1' };

    is($c->http(POST => '/chat/register', json => $in)->{json}{code}, 0,
       'registered in one location');
    is($c->http(POST => '/re/login', json => $in)->{json}{code}, 0,
       'logs in in another');

    my $token = $c->http(POST => '/login', json => $in)
        ->{json}{data}{token};

    for my $base ('', qw(/chat /slash /a/b/c /re /mount /one /empty /in)) {
        my $reply = rooms($c, "$base/api/room/list");

        is_deeply($reply->{json}, { code => 0, msg => '获取成功',
                                    data => [] }, "below \"$base\"");
    }

    # Where the prefix ends, and paths that only look like one.
    for my $path ('/chatty/api/room/list', '/chatapi/room/list',
                  '/chat//x', '/chat/api/room/list/', '/chat/api',
                  '/chat/', '/chat', '/chat/chat/api/room/list',
                  '/slash', '/slash/', '/a/b/c', '/mount/slash/login',
                  '/Chat/api/room/list', '/chat/API/room/list',
                  '/chat/api/room/list%2f', '/chat%2fapi/room/list/x')
    {
        my $reply = rooms($c, $path);

        is($reply->{status}, 404, "$path: 404");
        is($reply->{body}, '404 page not found', 'in the API\'s form');
    }

    is(rooms($c, '/chat//api//room/list')->{status}, 200,
       'nginx merges slashes');
    is(rooms($c, '/x/../chat/api/./room/list')->{status}, 200,
       'and resolves dots');
    is(rooms($c, '/chat/api/room/%6cist')->{status}, 200, 'and escapes');
    is($c->http(GET => '/static/other')->{body}, "other\n",
       'nginx\'s own locations stay');

    # One zone: what is said through one mount is heard through another.
    rooms($c, '/api/room/list');
    is($c->http(POST => '/chat/api/room/create', token => $token,
                json => { name => 'r' })->{json}{data}{ID}, 1, 'a room');

    my @ws = map { $c->ws("$_/ws/join", token => $token) } qw(/chat /slash);
    ok($_->ok, 'a socket') for @ws;
    $ws[0]->send_json({ room_id => 1, type => 'text', content => 'hi' });
    is($_->recv_until(sub { $_->{code} == 0 })->{data}{content}, 'hi',
       'hears') for @ws;

    # Another secret: tokens of one are nothing in the other.
    is(rooms($c, '/other/api/room/list')->{status}, 401, 'another secret');
    is(rooms($c, '/other/api/room/list', secret => "another-$secret")
       ->{status}, 200, 'its own');
    is(rooms($c, '/chat/api/room/list', secret => "another-$secret")
       ->{status}, 401, 'not for the first');

    my $other = $c->http(POST => '/other/login', json => $in)
        ->{json}{data}{token};
    is($c->http(GET => '/other/api/room/list', token => $other)->{status},
       200, 'a login gives one of the location');
    is($c->http(GET => '/chat/api/room/list', token => $other)->{status},
       401, 'and of no other');
    $c->done;
}

# Loaded and not used; a status without an API

{
    my $c = Conference->new(confd => 0, http => '', workers => 2,
                            locations => 'location / { return 200 "x"; }');

    is($c->http(GET => '/')->{body}, 'x', 'loaded and not used');
    ok($c->reload, 'reload');
    ok($c->reload(http => "$http conf_jwt_secret $secret;"),
       'a zone that nobody uses');
    ok($c->reload(locations => 'location / { conf_status; }'),
       'only a status');
    is($c->http(GET => '/')->{json}{backend}{up},
       JSON::PP::false(), 'confd is not there');
    ok($c->reload(http => '', locations => 'location / { return 200 "y"; }'),
       'and gone again');
    is($c->http(GET => '/')->{body}, 'y', 'without a trace');
    $c->done;
}

# Defaults

{
    my $c = Conference->new(confd_config => $fast, locations =>
        "location / { conf_api roomchat; }", http =>
        $http . "conf_jwt_secret $secret; conf_files %DIR%/files;");
    my $in = { username => 'alice', password => 'password1' };

    $c->http(POST => '/register', json => $in);
    my $login = $c->http(POST => '/login', json => $in);
    my $token = $login->{json}{data}{token};
    my ($claims) = $token =~ /\.(.*)\./;
    my $exp = Conference::json_decode(
        MIME::Base64::decode_base64url($claims))->{exp};

    cmp_ok(abs($exp - time - 86400), '<', 60, 'conf_token_ttl 24h');
    is($login->{headers}{'x-ratelimit-limit'}, 20, 'conf_rate_limit on');

    my $ask = sub {
        my ($length, $path) = @_;
        my $got = $c->raw_http("POST $path HTTP/1.1\r\nHost: a\r\n"
            . "Authorization: $token\r\nContent-Length: $length\r\n"
            . "Content-Type: application/json\r\nConnection: close\r\n\r\n"
            . ($length < 1 << 20 ? ' ' x $length : ''), timeout => 5,
            done => sub { $_[0] =~ /}$/ });
        return $got =~ /^HTTP\/1.1 (\d+)/ ? $1 : $got;
    };

    is($ask->(256 * 1024, '/api/room/create'), 200, 'conf_body_max 256k');
    is($ask->(256 * 1024 + 1, '/api/room/create'), 413, 'and no more');
    is($ask->((20 << 20) + 1, '/api/message/upload'), 413,
       'conf_upload_max 20m');

    is($c->http(POST => '/api/room/create', token => $token,
                json => { name => 'r' })->{json}{code}, 0, 'a room');

    for my $row ([65536, undef], [65537, 1009]) {
        my ($size, $code) = @$row;
        my $ws = $c->ws('/ws/join', token => $token);
        my $text = '{"room_id":1,"type":"text","content":"%s"}';

        $ws->send_text(sprintf $text, 'x' x ($size - length($text) + 2));
        my $got = $ws->recv_until(sub { $_[1]{opcode} == 8
                                        || $_->{code} == 0 });
        is($ws->closed, $code, "conf_ws_max_message 64k: $size");
        is(length $got->{data}{content}, $size - length($text) + 2,
           'which all get') if !$code;
    }

    for my $row (["http://localhost:" . $c->port, 101],
                 ['http://localhost', 403], ['https://evil.example', 403],
                 ['null', 403])
    {
        is($c->ws('/ws/join', token => $token,
                  headers => { Origin => $row->[0] })->status, $row->[1],
           "conf_allowed_origins same: $row->[0]");
    }

    # The list, and what is inherited by locations.
    ok($c->reload(http_extra => 'conf_allowed_origins https://a.example '
                  . 'http://b:81;'), 'reload');
    for my $row (['https://a.example', 101], ['HTTPS://A.example', 101],
                 ['http://b:81', 101], ['http://b', 403],
                 ["http://localhost:" . $c->port, 403], [undef, 101])
    {
        is($c->ws('/ws/join', token => $token,
                  headers => { Origin => $row->[0] })->status, $row->[1],
           'listed origins: ' . ($row->[0] || 'none'));
    }

    ok($c->reload(http_extra => 'conf_allowed_origins any;'), 'reload');
    is($c->ws('/ws/join', token => $token,
              headers => { Origin => 'https://evil.example' })->status, 101,
       'any origin');
    $c->done;
}

# Whose rate: the address, as realip has it; an IPv6 network counts as one

{
    my $c = Conference->new(confd => 0, server =>
        "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;\n",
        http => $http . "conf_jwt_secret $secret;");

    my $try = sub {
        my ($from) = @_;
        return $c->http(POST => '/login', body => '{', headers => {
            'X-Forwarded-For' => $from })->{status};
    };
    my $flood = sub {
        my ($from) = @_;
        my $n = 0;
        $n++ while $n < 40 && $try->(ref $from ? $from->($n) : $from) == 200;
        return $n;
    };

    my $n = $flood->('192.0.2.1');
    ok($n >= 20 && $n < 30, "twenty from one address ($n)");
    is($try->('192.0.2.1'), 429, 'and no more');
    is($try->('192.0.2.2'), 200, 'another address has its own');
    is($try->(undef), 200, 'the proxy itself too');

    $n = $flood->(sub { "2001:db8:1:2::$_[0]" });
    ok($n >= 20 && $n < 30, "twenty from one IPv6 network ($n)");
    is($try->('2001:db8:1:2:ffff::1'), 429, 'wherever in it');
    is($try->('2001:db8:1:3::1'), 200, 'another network has its own');
    $c->done;
}

# The request's id is nginx's $request_id, whoever asks for it first.

{
    my $c = Conference->new(confd => 0,
        http => $http . "conf_jwt_secret $secret; conf_rate_limit off;",
        locations => <<'END');
location / { conf_api meeting mount=/; add_header X-Log-ID $request_id; }
location /early {
    set $early $request_id;
    conf_api meeting mount=/early;
    add_header X-Log-ID $early;
}
END
    my %seen;

    for my $path (('/health') x 100, ('/early/health') x 2) {
        my $reply = $c->http(GET => $path);
        my $id = $reply->{headers}{'x-request-id'};

        $seen{$id}++ if $id =~ /^[0-9a-f]{32}\z/
                        && $id eq $reply->{headers}{'x-log-id'}
                        && $id eq $reply->{json}{request_id};
    }

    is(scalar keys %seen, 102, 'each request has an id, the same everywhere');
    $c->done;
}

done_testing;
