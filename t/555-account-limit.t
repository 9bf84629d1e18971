# meeting: each row of accounts and administration has its own limit: exactly
# as many as the document allows, then 429 with the headers that tell.
#
# A bucket gains a request each interval (the period divided by the count), so
# a try counts when it was quicker than that.

use strict;
use warnings;

use Test::More;
use Conference;
use Conference::People;
use Test::Nginx::Client qw(parse_response header_values);
use Time::HiRes qw(time);

my $c = Conference->new(
    workers => 2,
    confd_config => "scrypt_log_n 4\n",
    http => "conf_zone main:16m;\nconf_backend unix:%CONFD%;\n"
            . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
            . "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Real-IP;\n"
            . "keepalive_requests 10000;\n",
    locations => "location / { conf_api meeting mount=/; "
                 . "conf_files %DIR%/files; }\n"
                 . "location /chat/ { conf_api roomchat; }\n",
);

my $p = Conference::People->new($c);
my ($users, $address) = (0, 0);

sub address { return '10.2.' . int(++$address / 200) . '.' . $address % 200 }

sub user {
    my ($role) = @_;
    my $name = 'user' . ++$users;

    $p->user($name);
    $p->ask(USER_ROLE => [0, 0, $name, 1]) if $role eq 'admin';
    return $p->token($name);
}

# The same request n times over one connection: seconds, and the responses.

sub burst {
    my ($n, $method, $path, %header) = @_;
    my $head = join '', map { "$_: $header{$_}\r\n" } sort keys %header;
    my $body = $method eq 'GET' ? '' : '{}';
    my $one = "$method $path HTTP/1.1\r\nHost: a\r\n$head"
              . (length $body ? "Content-Length: 2\r\n" : '') . "\r\n$body";
    my $from = time;
    my $bytes = $c->raw_http($one x $n . "GET /x HTTP/1.0\r\n\r\n",
                             timeout => 30);
    my $took = time - $from;
    my @list;

    while (1) {
        my ($res, $rest) = parse_response($bytes);
        last unless $res;
        push @list, $res;
        $bytes = $rest;
    }

    pop @list;
    return ($took, @list);
}

my $minute = 60;
my $hour = 3600;

my @rows = (
    ['POST', '/api/v1/auth/register', 5, $minute, 'address'],
    ['POST', '/api/v1/auth/login', 5, $minute, 'address'],
    ['POST', '/api/v1/auth/refresh', 10, $minute, 'user'],
    ['POST', '/api/v1/auth/forgot-password', 3, $hour, 'address'],
    ['POST', '/api/v1/auth/reset-password', 5, $hour, 'address'],
    ['GET', '/api/v1/users/profile', 100, $minute, 'user'],
    ['PUT', '/api/v1/users/profile', 50, $minute, 'user'],
    ['POST', '/api/v1/users/change-password', 10, $hour, 'user'],
    ['PUT', '/api/v1/users/password', 10, $hour, 'user'],
    ['POST', '/api/v1/users/upload-avatar', 10, $hour, 'user'],
    ['DELETE', '/api/v1/users/account', 1, 24 * $hour, 'user'],
    ['GET', '/api/v1/admin/users', 50, $minute, 'admin'],
    ['GET', '/api/v1/admin/users/1', 100, $minute, 'admin'],
    ['PUT', '/api/v1/admin/users/1', 50, $minute, 'admin'],
    ['DELETE', '/api/v1/admin/users/999', 20, $minute, 'admin'],
    ['POST', '/api/v1/admin/users/999/ban', 20, $minute, 'admin'],
    ['POST', '/api/v1/admin/users/999/unban', 20, $minute, 'admin'],
    ['GET', '/api/v1/admin/audit', 50, $minute, 'admin'],
    ['GET', '/api/v1/csrf-token', 300, $minute, 'address'],
);

for my $row (@rows) {
    my ($method, $path, $n, $period, $key) = @$row;
    my ($took, @list, %header);

    for (1 .. 20) {
        %header = ('X-Real-IP' => address());
        $header{Authorization} = 'Bearer ' . user($key)
            if $key ne 'address';
        ($took, @list) = burst($n + 2, $method, $path, %header);
        last if $took < $period / $n;
    }

    is(join(' ', map { $_->{status} == 429 ? 'no' : 'yes' } @list),
       join(' ', ('yes') x $n, 'no', 'no'), "$method $path: $n, then no more");

    my $last = $list[-1];
    my ($limit, $left, $reset, $retry) = map { header_values($last, $_) }
        qw(X-RateLimit-Limit X-RateLimit-Remaining X-RateLimit-Reset
           Retry-After);

    is("$limit $left", "$n 0", 'as its headers say');
    ok($reset >= time && $reset <= time + $period + 1, 'when all is well');
    ok($retry >= 1 && $retry <= $period / $n + 1, 'when to come again');
    is(join(' ', header_values($list[0], 'X-RateLimit-Remaining')), $n - 1,
       'the first tells, too');
    like($last->{body}, qr/^\{"code":429,"message":"Rate limit exceeded\. /,
         'in the envelope');

    # Somebody else is not concerned, nor is who only shares the address.

    if ($key eq 'address') {
        $header{'X-Real-IP'} = address();
    } else {
        $header{Authorization} = 'Bearer ' . user($key);
    }

    ($took, @list) = burst(1, $method, $path, %header);
    isnt($list[0]{status}, 429, 'others are not concerned');
}


# Ten failures of one account, from wherever, then nothing more for a while;
# what succeeds is not counted.

sub login {
    my ($name, $password) = @_;
    return $c->http(POST => '/api/v1/auth/login',
                    headers => { 'X-Real-IP' => address() },
                    json => { username => $name, password => $password })
        ->{status};
}

$p->user('alice');
$p->user('bob');

is(join(' ', map { login('alice', 'password1') } 1 .. 20),
   join(' ', (200) x 20), 'logins of one account');
is(join(' ', map { login($_ % 2 ? 'alice' : 'ALICE', 'wrong') } 1 .. 12),
   join(' ', (401) x 10, (429) x 2), 'ten wrong ones, in any case');
is(login('alice', 'password1'), 429, 'then not even the right one');
is($c->http(POST => '/chat/login', json => { username => 'alice',
            password => 'password1' },
            headers => { 'X-Real-IP' => address() })->{status}, 429,
   'by no API');
is(login('bob', 'password1'), 200, 'others are not concerned');

$c->done;
done_testing;
