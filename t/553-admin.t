# meeting: administration of users, by whom, and the log of it.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::People;
use Time::HiRes qw(time);

my $c = Conference->new(
    workers => 2,
    confd_config => "scrypt_log_n 4\n",
    locations => "location / { conf_api meeting mount=/; }\n"
                 . "location /chat/ { conf_api roomchat; }\n",
);

my $p = Conference::People->new($c);
my $users = '/api/v1/admin/users';

$p->user($_) for qw(root alice bob carol dave);
$p->ask(USER_UPDATE => [0, $p->user('carol'), 6, '', 'carol@example.org',
                        'Caroline']);
$p->ask(USER_ROLE => [0, 0, 'root', 1]);

sub as {
    my ($name, $method, $path, $json) = @_;

    return $c->http($method => $path, defined $name
                                      ? (token => $p->token($name)) : (),
                    defined $json ? (json => $json) : ());
}

sub data { return as('root', @_)->{json}{data} }

# "200 200 Success"

sub outcome {
    my $reply = as(@_);
    return join ' ', $reply->{status}, @{$reply->{json}}{qw(code message)};
}

sub id { return $p->user($_[0]) }


# Who may

my @rows = (
    [GET => $users], [GET => "$users/2"], [PUT => "$users/2"],
    [DELETE => "$users/2"], [POST => "$users/2/ban"],
    [POST => "$users/2/unban"], [GET => '/api/v1/admin/audit'],
);

for my $row (@rows) {
    my ($method, $path) = @$row;

    is(outcome(undef, $method, $path), '401 401 Missing authorization header',
       "$method $path: nobody");
    is(outcome('bob', $method, $path), '403 403 Insufficient permissions',
       'nor a user');
}


# One user

like(as('root', GET => "$users/" . id('carol'))->{body},
     qr/\A\{"code":200,"message":"Success","data":\{"user_id":4,"id":4,
        "username":"carol","email":"carol\@example.org",
        "nickname":"Caroline","avatar_url":"","avatar":"","status":"active",
        "created_at":"[^"]+Z","updated_at":"[^"]+Z","phone":"",
        "role":"user","last_login":null,"ban":null\},
        "timestamp":"[^"]+","request_id":"[^"]+"\}\z/x, 'a user');
is(outcome('root', GET => "$users/99"), '404 1003 User not found', 'none');
is(outcome('root', GET => "$users/x"), '400 400 id must be an integer',
   'no number');
is(outcome('root', GET => "$users/0"), '400 400 id too small', 'no id');


# Lists

sub names { return join ' ', map { $_->{username} } @{data(GET => $_[0])->{users}} }

is(names($users), 'dave carol bob alice root', 'all, the newest first');
is(names("$users/"), 'dave carol bob alice root', 'with a slash');
is(names("$users?page_size=2"), 'dave carol', 'a page');
is(names("$users?page_size=2&page=3"), 'root', 'the last page');
is(names("$users?page=4"), '', 'behind it');
is(names("$users?keyword=CAROL"), 'carol', 'by name');
is(names("$users?keyword=example.org"), 'carol', 'by address');
is(names("$users?keyword=caroline"), 'carol', 'by nickname');
is(names("$users?keyword=%25"), '', 'no pattern');

my $page = data(GET => "$users?page=2&page_size=2");
is(join(' ', @$page{qw(total page page_size total_pages)}), '5 2 2 3',
   'which page it is');
is($page->{users}[0]{last_login}, undef, 'never logged in');

is(outcome('root', GET => "$users?$_->[0]"), "400 400 $_->[1]", $_->[0])
    for ['page=0', 'page too small'], ['page_size=101', 'page_size too large'],
        ['page_size=x', 'page_size must be an integer'],
        ['status=odd', 'status must be one of the known values'];


# Changes

my $carol = "$users/" . id('carol');

is(outcome('root', PUT => $carol, { nickname => 'C', email => 'c@x.org' }),
   '200 200 User updated successfully', 'changed');
is(join(' ', @{data(GET => $carol)}{qw(nickname email)}), 'C c@x.org', 'so');
is(outcome('root', PUT => $carol, {}), '200 200 User updated successfully',
   'nothing');
is(outcome('root', PUT => "$users/99", {}), '404 1003 User not found',
   'nobody');
is(outcome('root', PUT => $carol, { email => 'x' }),
   '400 400 email must be an e-mail address', 'no address');
is(outcome('root', PUT => $carol, { status => 'deleted' }),
   '400 400 status must be one of the known values', 'not so');
is(outcome('root', PUT => "$users/" . id('bob'), { email => 'C@X.org' }),
   '400 1002 email already exists', 'a taken address');
is(outcome('root', PUT => "$users/" . id('root'), { role => 'user' }),
   '403 403 Insufficient permissions', 'not oneself');
is(data(PUT => "$users/" . id('dave'), { role => 'admin' })->{role}, 'admin',
   'another admin');
is(outcome('dave', GET => $users), '200 200 Success', 'who may at once');
is(outcome('dave', POST => "$users/" . id('root') . '/ban'),
   '403 403 Insufficient permissions', 'but not to another');
is(outcome('dave', DELETE => "$users/" . id('root')),
   '403 403 Insufficient permissions', 'whatever');
is(outcome('root', DELETE => "$users/" . id('root')),
   '403 403 Insufficient permissions', 'nor to oneself');


# Bans

my $bob = "$users/" . id('bob');
my @sockets = map { $c->ws('/chat/ws/join', token => $p->token('bob')) } 1 .. 8;
my $login = { username => 'bob', password => 'password1' };

is(scalar(grep { $_->ok } @sockets), 8, 'sockets of bob');
is(outcome(undef, POST => '/api/v1/auth/login', $login),
   '200 200 Login successful', 'who logs in');

my $from = time;
my $reply = as('root', POST => "$bob/ban", { reason => 'spam', duration => 2 });

is($reply->{json}{message}, 'User banned successfully', 'a ban');
is($reply->{json}{data}{status}, 'banned', 'so he is');
like($reply->{json}{data}{banned_until}, qr/^20.*Z$/, 'for a time');

is(scalar(grep { defined $_->closed(2) } @sockets), 8, 'his sockets end');
ok(time - $from < 1, 'within a second, on every worker');
is(outcome('bob', GET => '/api/v1/users/profile'),
   '401 401 Invalid token: account banned', 'tokens too');
is(outcome(undef, POST => '/api/v1/auth/login', $login),
   '403 403 account banned', 'no login');
is_deeply([map { data(GET => $bob)->{ban}{$_} } 'reason'], ['spam'],
          'and why');
is(names("$users?status=banned"), 'bob', 'among the banned');
is(outcome('root', POST => "$bob/ban"), '200 200 User banned successfully',
   'again, for ever, without a body');
is(data(GET => $bob)->{ban}{until}, undef, 'for ever');
is(outcome('root', POST => "$bob/ban", { duration => 0 }),
   '400 400 duration too small', 'no time');
is(outcome('root', POST => "$bob/ban", { reason => 'x' x 256 }),
   '400 400 reason too long', 'a long story');
is(outcome('root', POST => "$users/99/ban"), '404 1003 User not found',
   'nobody');

$reply = as('root', POST => "$bob/unban");
is($reply->{json}{message}, 'User unbanned successfully', 'lifted');
is_deeply($reply->{json}{data}, { user_id => id('bob'), status => 'active' },
          'so he is');
is(outcome('root', POST => "$bob/unban"),
   '200 200 User unbanned successfully', 'again');
is(outcome(undef, POST => '/api/v1/auth/login', $login),
   '200 200 Login successful', 'a login');
is(outcome('root', PUT => $bob, { status => 'banned' }),
   '200 200 User updated successfully', 'a ban by another name');
is(names("$users?status=banned"), 'bob', 'is one');


# The end

is(outcome('root', DELETE => $carol), '200 200 User deleted successfully',
   'deleted');
is(outcome('root', DELETE => $carol), '200 200 User deleted successfully',
   'again');
is(outcome('root', DELETE => "$users/99"), '404 1003 User not found',
   'nobody');
is(data(GET => $carol)->{status}, 'deleted', 'is still known');
is(names("$users?status=deleted"), 'carol', 'and found');
is(outcome('carol', GET => '/api/v1/users/profile'),
   '401 401 Invalid token: revoked', 'but is nobody');


# Whose right ends, and who was never told to whom he may do what

$p->ask(USER_ROLE => [0, 0, 'dave', 0]);
ok(wait_for(sub { outcome('dave', GET => $users) =~ /^403 / }, 5),
   'no admin any more');
$p->ask(USER_ROLE => [0, 0, 'dave', 1]);
$p->ask(USER_BAN => [id('dave'), Conference::Rpc::bool(1), 0, '']);
ok(wait_for(sub { outcome('dave', GET => $users) =~ /^401 / }, 5),
   'nor one who is banned');
is(outcome('carol', GET => $users), '401 401 Invalid token: revoked',
   'nor who is gone');


# What was done

my $audit = data(GET => '/api/v1/admin/audit?page_size=3');

is($audit->{page_size}, 3, 'a page of the log');
is(join(' ', map { $_->{action} } @{$audit->{entries}}),
   'user.ban user.role user.role', 'the newest first');

my $all = data(GET => '/api/v1/admin/audit?page_size=100')->{entries};
is(join(' ', map { $_->{action} } @$all[3 .. 5]),
   'user.delete user.update user.unban', 'before that');
is_deeply([@{$all->[3]}{qw(actor_id actor_name user_id username)}],
          [id('root'), 'root', id('carol'), 'carol'], 'who, and whom');
is(scalar @$all, $audit->{total}, 'all of it');
is($all->[-1]{actor_id}, undef, 'the first was the command line');
ok((grep { $_->{action} eq 'user.ban' && $_->{detail} eq 'spam' } @$all),
   'with reasons');

$c->done;
done_testing;
