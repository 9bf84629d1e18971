# Passwords: not in the store, not in a log, changed only by their user; what
# ends a token while the server runs.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt wait_for);
use Conference::Process qw(slurp);
use Conference::Rpc;

my $shipped = slurp('conf/nginx.conf');
my ($format) = $shipped =~ /^(    log_format\s+conference .*?;)$/ms
    or die 'conf/nginx.conf has no log_format';
my ($map) = $shipped =~ /^(    map \$request_uri .*?^    \})/ms;

my $c = Conference->new(
    workers => 2,
    confd_config => "scrypt_log_n 10\nlog_level debug\n",
    http_extra => ($map || '') . "$format\n",
    server => 'access_log %DIR%/access.log conference;',
);

my $rpc = Conference::Rpc->new($c->confd->socket);
$rpc->hello(node => 5);

sub post {
    my ($path, $token, %in) = @_;
    return $c->http(POST => $path, token => $token, json => \%in);
}

sub login {
    my ($name, $password) = @_;
    return post('/login', undef, username => $name, password => $password)
        ->{json};
}

# What /api/user/my answers, on as many connections as meet both workers.

sub my_answers {
    my ($token) = @_;
    my %seen;

    for (1 .. 12) {
        my $reply = $c->http(GET => '/api/user/my', token => $token);
        $seen{$reply->{status} == 200 ? 'good'
              : $reply->{json}{error}}++;
    }

    return join ', ', sort keys %seen;
}

my %password = (alice => 'Xq7-first-secret', bob => 'Zw3-other-secret');

for my $name (qw(alice bob)) {
    is(post('/register', undef, username => $name,
            password => $password{$name})->{json}{code}, 0, "$name registers");
}

my $data = login('alice', $password{alice})->{data};
my $token = $data->{token};
my $bob = login('bob', $password{bob})->{data}{token};
my $plain = jwt({ user_id => 1, exp => time + 3600 });

is(my_answers($token), 'good', 'the token is good');
is(my_answers($plain), 'good', 'one of the first version too');


# Defect: the password belongs to the token's user, not to a name in the body

my @change = (old_password => $password{alice},
              new_password => 'Kv9-second-secret');

is_deeply(post('/api/user/update_password', $bob, username => 'alice',
               @change)->{json},
          { code => 1, msg => "\x{65e0}\x{6743}\x{64cd}\x{4f5c}",
            data => undef }, '无权操作');
is(post('/api/user/update_password', $bob, user_id => 1, ID => 1, @change)
       ->{json}{msg}, "\x{4fee}\x{6539}\x{5bc6}\x{7801}\x{5931}\x{8d25}"
       . "\x{ff0c}\x{539f}\x{5bc6}\x{7801}\x{9519}\x{8bef}",
   '修改密码失败，原密码错误: an id in the body does not count');
is($c->http(POST => '/api/user/update_password',
            json => { username => 'alice', @change })->{status}, 401,
   'nor without a token');

my $wrong = post('/api/user/update_password', $token, @change,
                 old_password => 'Xq7-first-secreT');
like($wrong->{body}, qr/\A\{"code":1,"msg":"修改密码失败，原密码错误",
                          "data":null\}\z/x, 'the old one must be right');

for my $in ([old_password => 'a'], [new_password => 'Kv9-second-secret'],
            [@change, new_password => ''], [@change, new_password => '12345'],
            [@change, new_password => 'x' x 101],
            [@change, new_password => 7])
{
    like(post('/api/user/update_password', $token, @$in)->{body},
         qr/\A\{"code":1,"msg":"修改密码失败，请求错误","data":null\}\z/,
         'a wrong request');
}

is(my_answers($token), 'good', 'nothing has happened yet');

my $reply = post('/api/user/update_password', $token, username => 'alice',
                 @change);
like($reply->{body}, qr/\A\{"code":0,"msg":"修改密码成功",
                          "data":\{"token":"[\w.-]+",
                          "user":\{"ID":1,"username":"alice"\}\}\}\z/x,
     'the password is changed');

is(my_answers($token), 'Invalid or expired JWT token',
   'tokens from before are dead');
is(my_answers($plain), 'Invalid or expired JWT token',
   'those without a version too');
is(my_answers($reply->{json}{data}{token}), 'good', 'the new one lives');
is(my_answers($bob), 'good', 'others are not concerned');
is(login('alice', $password{alice})->{code}, 1, 'the old password is dead');
is(login('alice', 'Kv9-second-secret')->{code}, 0, 'the new one opens');


# Defect: passwords as plain text, in the store or anywhere on disk

sub files {
    my ($dir) = @_;
    return map { -d $_ ? files($_) : $_ } grep { !-S $_ } glob "$dir/*";
}

# WebSockets carry the token in the query.

my $secret = login('bob', $password{bob})->{data}{token};
my $ws = $c->ws("/ws/join?token=Bearer%20$secret");
ok($ws->ok, 'a socket with the token in its query');
$ws->close(1000);
$c->http(GET => "/api/user/my?token=$secret");
$c->http(GET => "/static/files/x.png?a=1&token=$secret");
$c->http(GET => "/static/files/x.png?access_token=$secret&a=1");
$c->http(GET => "/nowhere?token=Bearer+$secret");

ok(wait_for(sub { slurp($c->dir . '/access.log') =~ m{/nowhere} }, 20),
   'what was asked is logged');
$c->stop_nginx;
$c->stop_confd;

my @files = files($c->dir);
my $store = join '', map { slurp($_) } grep { m{/data/} } @files;

ok(length $store > 4096, 'there is a store');
like($store, qr/alice/, 'in which a name can be found');

for my $word (values %password, 'Kv9-second-secret') {
    my @in = grep { my $text = slurp($_);
                    index($text, $word) >= 0
                    || index(lc $text, lc $word) >= 0 } @files;

    ok(!@in, 'no file has the password') or diag("@in");
}

for my $word ($token, $secret, $plain) {
    my ($sign) = $word =~ /\.([^.]+)\z/;
    my @in = grep { index(slurp($_), $sign) >= 0 } @files;

    ok(!@in, 'no log or store has a token') or diag("@in");
}

my $access = slurp($c->dir . '/access.log');
like($access, qr{GET /ws/join\?token=\*}, 'the access log masks it');
unlike($access, qr/eyJ/, 'everywhere');

$c->start_confd;
$c->start_nginx;
is(login('alice', 'Kv9-second-secret')->{code}, 0, 'all that was durable');


# A ban, and its end

my $old = login('alice', 'Kv9-second-secret')->{data}{token};
$rpc = Conference::Rpc->new($c->confd->socket);
$rpc->hello(node => 5);

sub ban {
    my ($banned, $until) = @_;
    my $answer = $rpc->call(USER_BAN => [1, Conference::Rpc::bool($banned),
                                         $until, ''], 60);
    is($answer->{error}, undef, $banned ? 'ban' : 'no ban');
}

is(my_answers($old), 'good', 'a token, met by both workers');
ban(1, 0);

ok(wait_for(sub { my_answers($old) eq 'User is banned' }, 20),
   'who is banned is out at once');

$reply = post('/api/room/create', $old, name => 'a');
is($reply->{status}, 401, 'for whatever is asked');
is($reply->{body}, '{"error":"User is banned"}', 'and is told');
is($c->ws('/ws/join', token => $old)->status, 401, 'by socket too');
is(my_answers($secret), 'good', 'others are not concerned');

ban(0, 0);
ok(wait_for(sub { my_answers($old) eq 'Invalid or expired JWT token' }, 20),
   'a token from before the ban stays dead');
my $new = login('alice', 'Kv9-second-secret')->{data}{token};
is(my_answers($new), 'good', 'a new one is good');

ban(1, (time + 2) * 1000);
ok(wait_for(sub { my_answers($new) ne 'good' }, 20), 'a ban for a while');
ok(wait_for(sub { login('alice', 'Kv9-second-secret')->{code} eq 0 }, 30),
   'ends by itself');


# A deleted user

is(my_answers($secret), 'good', 'bob is there');
is($rpc->call(USER_DELETE => [0, 2], 60)->{error}, undef, 'he is deleted');
ok(wait_for(sub { my_answers($secret) eq 'Invalid or expired JWT token' }, 20),
   'and his token dead');
is(login('bob', $password{bob})->{code}, 1, 'and his password');

$c->done;
done_testing;
