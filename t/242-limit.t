# Rate limits: exactly as many as a class allows, then 429; by address where
# nobody has logged in, by user elsewhere; off by directive.
#
# A bucket gains a request each interval (a minute divided by the class's
# count), so what is exact is tried with a fresh key until it was quicker than
# one interval, and what is long is compared with the time it took.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt);
use Conference::Limits qw(address);
use Conference::Rpc;
use Test::Nginx::Client qw(header_values);
use Time::HiRes qw(time);

my $c = Conference->new(
    workers => 2,
    confd_config => "scrypt_log_n 4\n",
    http => Conference::Limits::http(),
    locations => "location / { conf_api roomchat; }\n"
                 . "location /free/ { conf_api roomchat; "
                 . "conf_rate_limit off; }\n",
);

my $rpc = Conference::Rpc->new($c->confd->socket);
$rpc->hello(node => 5);

my $users = 0;

sub user {
    my $reply = $rpc->call(USER_REGISTER => ['user' . ++$users, 'password1',
                                             '', '', ''], 60);
    return $reply->{body}[0];
}


sub burst { return Conference::Limits::burst($c, @_) }


sub statuses {
    return join ' ', map { $_->{status} == 429 ? 'no' : 'yes' } @_;
}


# The first try that is quicker than an interval.

sub exact {
    my ($count, $request, $header) = @_;

    for (1 .. 50) {
        my %header = $header->();
        my ($took, @list) = burst($count + 2, $request, %header);

        return (\%header, @list) if $took < 60 / $count;
    }

    fail('no try was quick enough');
    return;
}


# By address: 20 a minute, together for /register and /login

my ($key, @list) = exact(20, "POST /login\n{}",
                         sub { return ('X-Real-IP' => address()) });

is(statuses(@list), join(' ', ('yes') x 20, 'no', 'no'),
   'exactly 20, then none');
is_deeply([map { header_values($_, 'X-RateLimit-Remaining') } @list],
          [reverse(0 .. 19), 0, 0], 'each tells how many are left');
is_deeply([map { header_values($_, 'X-RateLimit-Limit') } @list],
          [(20) x 22], 'and of how many');

my ($last) = $list[-1];
is($last->{status}, 429, 'the status');
is($last->{body}, '{"code":1,"msg":"操作过于频繁，请稍后再试","data":null}',
   'the dialect\'s form');
like((header_values($last, 'Retry-After'))[0], qr/^[123]$/,
     'when to come again');

my ($reset) = header_values($last, 'X-RateLimit-Reset');
ok($reset >= time + 50 && $reset <= time + 62, 'when all are back')
    or diag("$reset, now " . time);
is(scalar header_values($list[0], 'Retry-After'), 0,
   'nothing to wait for before');

my ($took, $other) = burst(1, "POST /register\n{}", %$key);
ok($other->{status} == 429 || $took > 3, 'registering is the same class');

($took, $other) = burst(1, "POST /login\n{}", 'X-Real-IP' => address());
is($other->{status}, 200, 'another address has its own');

($took, $other) = burst(1, 'GET /api/user/my', %$key);
is($other->{status}, 401, 'and so has what a token is for');

# IPv6 counts by /64

my $net = 0;

($key, @list) = exact(20, "POST /login\n{}", sub {
    return ('X-Real-IP' => '2001:db8:0:' . ++$net . '::1');
});

($took, $other) = burst(1, "POST /login\n{}",
                        'X-Real-IP' => "2001:db8:0:$net:ffff::2");
ok($other->{status} == 429 || $took > 3, 'an IPv6 network has one');
($took, $other) = burst(1, "POST /login\n{}",
                        'X-Real-IP' => '2001:db8:0:ffff::1');
is($other->{status}, 200, 'the next network another');

# Without addresses told by the client: all are this one

($took, @list) = burst(30, "POST /login\n{}", 'X-Forwarded-For' => '1.2.3.4');
like(statuses(@list), qr/^(?:yes ){20}.*no/, 'another header moves nobody');


# By user: 120 writes a minute

sub bearer {
    my ($id) = @_;
    return ('Authorization' => 'Bearer '
            . jwt({ user_id => $id, exp => int(time) + 3600 }));
}

($key, @list) = exact(120, "POST /api/room/create\n{",
                      sub { return bearer(user()) });

is(statuses(@list), join(' ', ('yes') x 120, 'no', 'no'),
   'exactly 120 writes, then none');
is($list[-1]{body},
   '{"code":1,"msg":"操作过于频繁，请稍后再试","data":null}', 'the same form');

($took, $other) = burst(1, "POST /api/room/create\n{", %$key,
                        'X-Real-IP' => address());
ok($other->{status} == 429 || $took > 0.5,
   'another address does not help a user');

($took, $other) = burst(1, "POST /api/room/create\n{", bearer(user()));
is($other->{status}, 200, 'another user has its own');
($took, $other) = burst(1, 'GET /api/room/list', %$key);
is($other->{status}, 200, 'and so has another class');
($took, $other) = burst(1, "POST /api/message/send\n{", %$key);
is($other->{status}, 200, 'and sending');

# A token that is refused costs nobody anything

my $id = user();

burst(200, "POST /api/room/create\n{",
      'Authorization' => 'Bearer ' . jwt({ user_id => $id, exp => 1 }));
($took, $other) = burst(1, "POST /api/room/create\n{", bearer($id));
is((header_values($other, 'X-RateLimit-Remaining'))[0], 119,
   'nobody spends what is another\'s');

# 600 reads and 600 messages a minute, 60 files

for my $class ([600, 'GET /api/user/stats?x'], [60, 'POST '
               . "/api/user/upload_avatar\nx"],
               [600, "POST /api/message/send\n{"])
{
    my ($count, $request) = @$class;
    my ($took, @list) = burst($count + 400, $request, bearer(user()));
    my $passed = grep { $_->{status} != 429 } @list;
    my $most = $count + $took * $count / 60 + 1;

    ok($passed >= $count && $passed <= $most, "$count a minute: $request")
        or diag("$passed passed in $took s");
    is((header_values($list[0], 'X-RateLimit-Limit'))[0], $count, 'as told');
}

# Files by address, with and without a token

for my $request ('GET /static/avatars/x.png', 'GET /static/files/x.png') {
    my ($took, @list) = burst(1800, $request, bearer(user()),
                              'X-Real-IP' => address());
    my $passed = grep { $_->{status} != 429 } @list;

    ok($passed >= 1200 && $passed <= 1200 + $took * 20 + 1,
       "1200 a minute: $request") or diag("$passed passed in $took s");
}

# Off

($took, @list) = burst(300, "POST /free/login\n{}",
                       'X-Real-IP' => '10.9.9.9');
is(statuses(@list), join(' ', ('yes') x 300), 'conf_rate_limit off');
is(scalar header_values($list[0], 'X-RateLimit-Limit'), 0,
   'tells no limit then');

# A reload forgives nothing

($key, @list) = exact(20, "POST /login\n{}",
                      sub { return ('X-Real-IP' => address()) });
my $from = time;
ok($c->reload, 'reload');
($took, @list) = burst(12, "POST /login\n{}", %$key);
my $passed = grep { $_->{status} != 429 } @list;
ok($passed <= (time - $from + 3) / 3 + 1, 'buckets outlive a reload')
    or diag("$passed passed");

$c->done;
done_testing;
