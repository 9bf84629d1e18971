# Tokens: what is not exactly ours is not let in, and the answer says why.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n";
use Conference::Roomchat;

use Digest::SHA qw(hmac_sha384 hmac_sha512);
use MIME::Base64 qw(encode_base64url);

users(qw(alice banned gone free));
ban('banned', 0);
ban('free', time - 60);
ask(USER_DELETE => [0, user_id('gone')]);

my $far = time + 3600;
my $own = token('alice');
my ($head, $claims, $sign) = split /\./, $own;


# One request for each: value of Authorization => sentence; '' is success.

my @case;

sub refused {
    my ($sentence, @values) = @_;
    push @case, map { [$_, $sentence] } @values;
}


sub with {
    my %claims = (user_id => 1, exp => $far, @_);

    delete $claims{$_} for grep { !defined $claims{$_} } keys %claims;
    return jwt(\%claims);
}


# Any two texts, signed as HS256, HS384 or HS512.

sub signed {
    my ($header, $payload, $hmac) = @_;
    my $text = join '.', map { encode_base64url($_) } $header, $payload;

    $hmac ||= \&Digest::SHA::hmac_sha256;
    return "$text." . encode_base64url($hmac->($text,
                                               $Conference::JWT::Secret));
}

my $json = "{\"user_id\":1,\"exp\":$far}";

refused('Authorization header is required', '', ' ');

refused("Authorization header must be in 'Bearer {token}' format",
        'Basic YWxpY2U6cGFzc3dvcmQx', "Token $own", "Bearer $own x",
        "Bearer Bearer $own", "$own $own");

refused('Malformed JWT token',
        'garbage', 'Bearer garbage', 'Bearer', 'Bearer a.b', 'Bearer ..',
        'Bearer a.b.c.d', "Bearer $own.x", "Bearer $own=",
        "Bearer $head..$sign", "Bearer $head.",
        "Bearer .$claims.$sign", "Bearer \"$own\"",
        'Bearer ' . 'a' x 2500 . '.' . 'b' x 2500 . '.c',
        'Bearer ' . "$head.$claims.", "Bearer \xc3\xa9.$claims.$sign",
        'Bearer ' . encode_base64url('{"alg":"none"}') . ".$claims.");

refused('Invalid JWT token',
        'Bearer a.b.c',
        "Bearer $head.$claims." . 'A' x 43,
        "Bearer $head.$claims." . substr($sign, 0, 20),
        'Bearer ' . jwt({ user_id => 1, exp => $far },
                        secret => 'fedcba9876543210fedcba9876543210'),
        'Bearer ' . jwt({ user_id => 1, exp => $far },
                        secret => 'your-secret-key'),
        'Bearer ' . jwt({ user_id => 1, exp => $far }, secret => ''),
        (map { 'Bearer ' . signed($_, $json) }
         '{"alg":"none"}', '{"alg":"None"}', '{"alg":"RS256"}',
         '{"alg":"HS512"}', '{"alg":"ES256"}', '{"alg":""}', '{"alg":1}',
         '{"alg":null}', '{"alg":"HS256x"}', '{}', '[]', '{"alg":"HS256"',
         'alg'),
        'Bearer ' . signed('{"alg":"HS384","typ":"JWT"}', $json,
                           \&hmac_sha384),
        'Bearer ' . signed('{"alg":"HS512","typ":"JWT"}', $json,
                           \&hmac_sha512),
        (map { 'Bearer ' . signed('{"alg":"HS256"}', $_) }
         '1', 'null', 'x', '{"user_id":1'),
        "Bearer $head." . encode_base64url('{"user_id":2,"exp":9999999999}')
        . ".$sign");

refused('Expired or not active JWT token',
        map { "Bearer $_" } with(exp => time - 1), with(exp => time),
        with(exp => 1), with(nbf => $far),
        with(nbf => 9007199254740992));

refused('Invalid JWT token claims',
        map { "Bearer $_" } with(exp => undef), with(exp => 'tomorrow'),
        with(exp => 0), with(exp => -1), with(exp => "$far"),
        with(exp => $far + 0.5), with(exp => [$far]), with(nbf => 'now'),
        with(nbf => $far + 0.5), with(nbf => JSON::PP::true()),
        with(ver => -1), with(ver => 4294967296), with(ver => '1'),
        with(ver => 1.5), signed('{"alg":"HS256"}', '[]'),
        signed('{"alg":"HS256"}', '{"user_id":1,"exp":null}'));

refused('User ID must be a number',
        map { "Bearer $_" } with(user_id => undef), with(user_id => '1'),
        with(user_id => 'alice'), with(user_id => 0), with(user_id => -1),
        with(user_id => 1.5), with(user_id => [1]),
        with(user_id => JSON::PP::true()));

refused('Invalid or expired JWT token',
        map { "Bearer $_" } with(user_id => 900001), with(user_id => 3),
        with(user_id => 9007199254740992), with(ver => 2), with(ver => 0));

refused('User is banned', 'Bearer ' . with(user_id => 2, ver => 2),
        'Bearer ' . with(user_id => 2));

refused('', $own, "Bearer $own", "bearer $own", "BEARER $own",
        "Bearer   $own", " Bearer $own ", 'Bearer ' . with(ver => 1),
        'Bearer ' . with(exp => 9007199254740992), 'Bearer ' . with(nbf => time - 9),
        'Bearer ' . with(nbf => time + 9), 'Bearer ' . with(nbf => 0), 'Bearer ' . with(iat => $far),
        'Bearer ' . with(user_id => 4, ver => 2),
        'Bearer ' . with(more => 'claims', sub => { a => [1] }),
        'Bearer ' . signed('{"typ":"JWT","alg":"HS256","kid":"x"}', $json));

# 20 a block.

our @blocks;
push @blocks, [splice @case, 0, 20] while @case;

sub cases {
    my ($n, $what) = @_;
    my $list = $blocks[$n];

    return [('GET /api/user/my') x @$list] if $what eq 'request';
    return [map { "Authorization: $_->[0]" } @$list] if $what eq 'header';
    return [map { $_->[1] eq '' ? 200 : 401 } @$list] if $what eq 'code';
    return [map { $_->[1] eq '' ? qr/\A\{"code":0,/
                                : "{\"error\":\"$_->[1]\"}" } @$list];
}

run_tests();

is(scalar @blocks, 5, 'a block for each part of the list');

__DATA__

=== tokens, part 1
--- request eval
main::cases(0, 'request')
--- more_headers eval
main::cases(0, 'header')
--- error_code eval
main::cases(0, 'code')
--- response_body eval
main::cases(0, 'body')



=== tokens, part 2
--- request eval
main::cases(1, 'request')
--- more_headers eval
main::cases(1, 'header')
--- error_code eval
main::cases(1, 'code')
--- response_body eval
main::cases(1, 'body')



=== tokens, part 3
--- request eval
main::cases(2, 'request')
--- more_headers eval
main::cases(2, 'header')
--- error_code eval
main::cases(2, 'code')
--- response_body eval
main::cases(2, 'body')



=== tokens, part 4
--- request eval
main::cases(3, 'request')
--- more_headers eval
main::cases(3, 'header')
--- error_code eval
main::cases(3, 'code')
--- response_body eval
main::cases(3, 'body')



=== tokens, part 5
--- request eval
main::cases(4, 'request')
--- more_headers eval
main::cases(4, 'header')
--- error_code eval
main::cases(4, 'code')
--- response_body eval
main::cases(4, 'body')



=== no header at all
--- request
GET /api/user/my
--- error_code: 401
--- response_headers
Content-Type: application/json; charset=utf-8
--- response_body chomp
{"error":"Authorization header is required"}



=== a token in the query is for sockets and files only
--- request eval
'GET /api/user/my?token=' . main::token('alice')
--- error_code: 401
--- response_body chomp
{"error":"Authorization header is required"}



=== the token is looked at before the request
--- steps
- POST /api/room/create not json
- GET /api/room/info?room_id=x
--- reply
HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}



=== another location's secret is another's
--- config
location /a/ {
    conf_api roomchat;
    conf_jwt_secret fedcba9876543210fedcba9876543210;
}
location /b/ { conf_api roomchat; }
--- request eval
['GET /b/api/user/my', 'GET /a/api/user/my', 'GET /b/api/user/my']
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- error_code eval
[200, 401, 200]
--- response_body eval
[qr/"code":0/, '{"error":"Invalid JWT token"}', qr/"code":0/]
