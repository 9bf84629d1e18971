# meeting: the cookie of a login, and pages that would use it.

use strict;
use warnings;

use Test::More;
use Conference::Meeting;
use Conference::Process;

my $c = Conference::Meeting->new(workers => 1, start => 0, server => <<'END');
listen unix:%DIR%/tls.sock ssl;
ssl_certificate %DIR%/cert.pem;
ssl_certificate_key %DIR%/key.pem;
END
my $dir = $c->dir;

is(system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
          . " -keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null"), 0,
   'a certificate');
$c->start_confd->start_nginx;

my $alice = $c->user('alice');
my $me = '/api/v1/users/profile';
my $here = 'http://localhost:' . $c->port;

my $r = $c->api(undef, POST => '/api/v1/auth/login',
                { username => 'alice', password => $alice->{password} });
is($r->{headers}{'set-cookie'},
   "access_token=$r->{json}{data}{token}; Path=/; HttpOnly; "
   . 'SameSite=Strict; Max-Age=86400', 'a login sets a cookie');

my $cookie = "access_token=$alice->{token}";


sub with {
    my ($method, $json, %h) = @_;
    return $c->says(undef, $method => $me, $json, headers => \%h);
}

is(with('GET', undef, Cookie => "a=b; $cookie; c=d"), '200 200',
   'it tells who one is');
is(with('GET', undef, Cookie => 'access_token=x'), '401 401',
   'when it is good');
is(with('GET', undef, Cookie => $cookie, Origin => 'http://evil.example'),
   '200 200', 'to read, from wherever: who asks cannot see it');
is(with('GET', undef, Cookie => $cookie, Authorization => 'Bearer x'),
   '401 401', 'the header comes first');

my %in = (nickname => 'Changed');

is(with('PUT', \%in, Cookie => $cookie), '403 403', 'changes need more');
is(with('PUT', \%in, Cookie => $cookie, Origin => 'http://evil.example'),
   '403 403', 'not another site');
is(with('PUT', \%in, Cookie => $cookie, Origin => 'null'),
   '403 403', 'nor one without a name');
is(with('PUT', \%in, Cookie => $cookie, Origin => $here), '200 200',
   'a page of ours');
is($c->says($alice, PUT => $me, \%in, headers =>
            { Cookie => $cookie, Origin => 'http://evil.example' }),
   '200 200', 'or a token in the header');

$r = $c->api(undef, GET => '/api/v1/csrf-token');
my $token = $r->{json}{data}{csrf_token};
my ($nonce) = $r->{headers}{'set-cookie'} =~ /^csrf_token=([\w-]{43}); /;

like($token, qr/^[\w-]{43}$/, 'a token');
is($r->{headers}{'x-csrf-token'}, $token, 'in a header, too');
like($r->{headers}{'set-cookie'}, qr/; HttpOnly; .*Max-Age=86400$/,
     'its cookie');
isnt($nonce, $token, 'which is another');

my $both = "$cookie; csrf_token=$nonce";

is(with('PUT', \%in, Cookie => $both, 'X-CSRF-Token' => $token), '200 200',
   'both together');
is(with('PUT', \%in, Cookie => $both), '403 403', 'not the cookie alone');
is(with('PUT', \%in, Cookie => $cookie, 'X-CSRF-Token' => $token),
   '403 403', 'nor the token alone');
is(with('PUT', \%in, Cookie => $both, 'X-CSRF-Token' => $nonce), '403 403',
   'nor the cookie twice');

my $other = $c->api(undef, GET => '/api/v1/csrf-token')
            ->{json}{data}{csrf_token};
is(with('PUT', \%in, Cookie => $both, 'X-CSRF-Token' => $other), '403 403',
   "nor somebody else's");

is($c->says(undef, POST => '/api/v1/auth/login',
            { username => 'alice', password => $alice->{password} },
            headers => { Cookie => $cookie }), '200 200',
   'what needs no token needs no proof');

my $refresh = '/api/v1/auth/refresh';

is($c->says(undef, POST => $refresh, { refresh_token => $alice->{refresh} },
            headers => { Cookie => $cookie }), '200 200',
   'nor what has another one');
is($c->says(undef, POST => $refresh, undef, headers => { Cookie => $cookie }),
   '403 403', 'but the cookie alone does');
is($c->says(undef, POST => $refresh, undef,
            headers => { Cookie => $cookie, Origin => $here }), '200 200',
   'from a page of ours');


# Over TLS it stays there

{
    my $body = Conference::json_encode({ username => 'alice',
                                         password => $alice->{password} });

    Conference::Process::spew("$dir/login",
        "POST /api/v1/auth/login HTTP/1.0\r\nHost: localhost\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body");

    my $answer = `openssl s_client -quiet -ign_eof -unix $dir/tls.sock \\
                  <$dir/login 2>/dev/null`;

    like($answer, qr/^Set-Cookie: access_token=\S+; .*; Secure\r$/m,
         'the cookie of a login over TLS');
}

$c->done;
done_testing;
