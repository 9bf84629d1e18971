# meeting: each row of accounts and administration has its own limit: exactly
# as many as the document allows, then 429 with the headers that tell.

use strict;
use warnings;

use Test::More;
use Conference;
use Conference::Limits qw(address exactly);
use Conference::People;

my $c = Conference->new(
    workers => 2, confd_config => "scrypt_log_n 4\n",
    http => Conference::Limits::http(),
    locations => "location / { conf_api meeting mount=/; "
                 . "conf_files %DIR%/files; }\n"
                 . "location /chat/ { conf_api roomchat; }\n",
);
my $p = Conference::People->new($c);
my $users = 0;
my ($minute, $hour) = (60, 3600);

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

exactly($c, \@rows, sub {
    my ($role) = @_;
    my $name = 'user' . ++$users;

    $p->user($name);
    $p->ask(USER_ROLE => [0, 0, $name, 1]) if $role eq 'admin';
    return $p->token($name);
});


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
