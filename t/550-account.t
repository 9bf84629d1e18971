# meeting: who one is.  Registering, the profile, passwords, the avatar, the
# end of an account.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Files qw(file form png);
use Conference::Meeting;

my $c = Conference::Meeting->new(workers => 2, server =>
    'location /strict/ { conf_api meeting; conf_password_min 10; }');
my $at = '/api/v1/auth';
my %good = (username => 'carol', email => 'carol@example.org',
            password => 'password123');
my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;


# Registering

{
    my $r = $c->api(undef, POST => "$at/register",
                    { %good, nickname => 'Cá 东', phone => '+49 30 1' });

    is($r->{status}, 200, 'registers');
    is($r->{json}{message}, 'User registered successfully', 'the sentence');
    like($r->{json}{data}{created_at}, $time, 'since when');

    my %want = (user_id => 1, id => 1, username => 'carol',
                email => 'carol@example.org', nickname => 'Cá 东',
                avatar_url => '', avatar => '', status => 'active');

    is_deeply({ map { $_ => $r->{json}{data}{$_} } keys %want }, \%want,
              'who');
    is_deeply({ map { $_ => $r->{json}{data}{user}{$_} } keys %want }, \%want,
              'and one level deeper');
    ok(!exists $r->{json}{data}{token}, 'no token');

    $r = $c->api(undef, POST => "$at/register",
                 { username => 'dora', email => 'dora@example.org',
                   password => 'pass123', full_name => 'Dora D.' });
    is($r->{json}{data}{nickname}, 'Dora D.', 'full_name is the nickname');

    $r = $c->api(undef, POST => "$at/register",
                 { %good, username => 'CAROL', email => 'x@example.org' });
    is("$r->{status} $r->{json}{code}", '400 1001', 'a name that is taken');
    like($r->{json}{message}, qr/already exists/, 'the sentence');
    is($r->{json}{error}, $r->{json}{message}, 'error, too');

    $r = $c->api(undef, POST => "$at/register",
                 { %good, username => 'x12', email => 'Carol@Example.org' });
    is("$r->{status} $r->{json}{code} $r->{json}{message}",
       '400 1002 email already exists', 'an address that is taken');
}


# What is wrong has a name

for my $try ([{ username => undef }, 'username required'],
             [{ username => 'ab' }, 'username too short'],
             [{ username => 'a' x 51 }, 'username too long'],
             [{ username => 'a@b.c' }, qr/^username may have letters/],
             [{ username => 'a b c' }, qr/^username may have letters/],
             [{ username => "abc\0" }, qr/./],
             [{ username => 123 }, 'username must be a string'],
             [{ email => undef }, 'email required'],
             [{ email => 'nobody' }, 'email must be an e-mail address'],
             [{ email => 'a@b' }, 'email must be an e-mail address'],
             [{ email => 'a b@c.de' }, 'email must be an e-mail address'],
             [{ email => 'a@c.de' . 'e' x 100 }, 'email too long'],
             [{ password => '12345' }, 'password too short'],
             [{ password => 'x' x 101 }, 'password too long'],
             [{ nickname => 'x' x 51 }, 'nickname too long'],
             [{ phone => '1' x 21 }, 'phone too long'])
{
    my %in = (%good, username => 'fresh', email => 'fresh@example.org',
              %{$try->[0]});
    my $r = $c->api(undef, POST => "$at/register", \%in);
    my $what = join ' ', map { $_ . ' ' . substr($in{$_} // 'null', 0, 9) }
               keys %{$try->[0]};

    is("$r->{status} $r->{json}{code}", '400 400', $what);
    like($r->{json}{message}, ref $try->[1] ? $try->[1]
                                            : qr/^\Q$try->[1]\E$/, 'why');
}

for my $body ('', '{', '[]', '"x"', "{\"username\":\"\xff\"}",
              '{"a":' . '[' x 40 . ']' x 40 . '}',
              '{"username":"a1b","username":"a1b"}')
{
    my $r = $c->api(undef, POST => "$at/register", undef, body => $body);
    is("$r->{status} $r->{json}{code}", '400 400', 'body ' . substr $body,
       0, 12);
}


# The profile

my ($alice, $bob) = map { $c->user($_) } qw(alice bob);
my $me = '/api/v1/users/profile';

is($c->says(undef, GET => $me), '401 401', 'nobody has none');
is($c->says('x.y.z', GET => $me), '401 401', 'nor has a token that is none');

{
    my $r = $c->api($alice, GET => $me);
    my $d = $r->{json}{data};

    is("$r->{status} $d->{username} $d->{role} $d->{phone}",
       '200 alice user ', 'who one is');
    like($d->{last_login}, $time, 'when one came');

    $r = $c->api($alice, PUT => $me,
                 { nickname => 'Al', phone => '12', email => 'al@x.org',
                   avatar_url => 'https://x.org/a.png' });
    $d = $r->{json}{data};
    is("$r->{json}{message}", 'Profile updated successfully', 'changed');
    is("$d->{nickname} $d->{phone} $d->{email} $d->{avatar}",
       'Al 12 al@x.org https://x.org/a.png', 'to that');

    $r = $c->api($alice, PUT => $me, { nickname => '', avatar => '' });
    $d = $r->{json}{data};
    is("$d->{nickname}|$d->{phone}|$d->{avatar_url}", '|12|',
       'what is empty is cleared, what is absent stays');

    is($c->says($alice, PUT => $me, { email => 'bob@example.org' }),
       '400 1002', "somebody else's address");
    is($c->says($alice, PUT => $me, { $_->[0] => $_->[1] }), '400 400', $_->[0])
        for ['email', 'x'], ['avatar_url', 'javascript:x'],
            ['avatar_url', '//x'], ['nickname', 'x' x 51], ['phone', {}];
}


# A new password ends what the old one has begun

{
    my $path = '/api/v1/users/change-password';
    my $ws = $c->ws('/chat/ws/join', token => $alice->{token});

    is($c->says($alice, POST => $path, { old_password => 'wrong',
                                         new_password => 'new password' }),
       '400 1004', 'the old one must be right');
    is($c->says($alice, POST => $path,
                { old_password => $alice->{password},
                  new_password => $alice->{password} }), '400 400',
       'the new one another');
    is($c->says($alice, POST => $path,
                { old_password => $alice->{password}, new_password => 'x' }),
       '400 400', 'and not too short');

    my $r = $c->api($alice, POST => $path,
                    { old_password => $alice->{password},
                      new_password => 'new password' });
    is("$r->{status} $r->{json}{message}",
       '200 Password changed successfully', 'changed');

    ok($ws->closed(5), 'the socket is closed');
    is($c->says($alice, GET => $me), '401 401', 'the token ends');
    is($c->says(undef, POST => "$at/refresh",
                { refresh_token => $alice->{refresh} }), '401 401',
       'the login too');
    is($c->says($r->{json}{data}{token}, GET => $me), '200 200',
       'there is a new one');

    $alice->{password} = 'new password';
    $c->login($alice);

    is($c->says($alice, PUT => '/api/v1/users/password',
                { old_password => 'new password',
                  new_password => 'another one' }), '200 200',
       'PUT will do');
    $alice->{password} = 'another one';
    $c->login($alice);
}


# The avatar

{
    my $path = '/api/v1/users/upload-avatar';
    my $form = sub {
        my ($body, $type) = form(@_);
        return (undef, body => $body, headers => { 'Content-Type' => $type });
    };
    my $picture = $c->api($alice, POST => $path,
                          $form->(file('a.bin', png())));
    my $url = $picture->{json}{data}{avatar_url};

    is("$picture->{status} $picture->{json}{message}",
       '200 Avatar uploaded successfully', 'a picture');
    like($url, qr{^/api/v1/media/download/[0-9a-f]+\.png$}, 'its place');
    is($picture->{json}{data}{url}, $url, 'twice');
    is($c->api(undef, GET => $url)->{body}, png(), 'everybody sees it');
    is($c->api($alice, GET => $me)->{json}{data}{avatar}, $url, 'it is hers');

    my $next = $c->api($alice, POST => $path, $form->(file('b.png', png())))
               ->{json}{data}{url};
    is($c->says(undef, GET => $url), '404 3002', 'the next one replaces it');
    is($c->api(undef, GET => $next)->{body}, png(), 'and is there');

    is($c->says($alice, POST => $path, $form->(file('a.png', 'text'))),
       '400 3001', 'what is no picture');
    is($c->says($alice, POST => $path,
                $form->(file('a.svg', '<svg xmlns="x"></svg>'))),
       '400 3001', 'what a browser could run');
    is($c->says($alice, POST => $path, $form->()), '400 3001', 'no file');
    is($c->says($alice, POST => $path,
                $form->(file('a.png', png() . "\0" x (5 << 20)))),
       '400 3001', 'more than 5 MB');
    is($c->says(undef, POST => $path, $form->(file('a.png', png()))),
       '401 401', "nobody's");
    is($c->says(undef, GET => '/api/v1/media/download/nothing.png'),
       '404 3002', 'a file that is not there');
    is($c->says(undef, GET => '/api/v1/media/download/' . 'x' x 200),
       '404 3002', 'or cannot be');
}


# The end

{
    my $ws = $c->ws('/chat/ws/join', token => $bob->{token});
    my $r = $c->api($bob, DELETE => '/api/v1/users/account');

    is("$r->{status} $r->{json}{message}",
       '200 Account deleted successfully', 'an account ends');
    like($r->{headers}{'set-cookie'}, qr/^access_token=; .*Max-Age=0/,
         'and its cookie');
    ok($ws->closed(5), 'its socket');
    is($c->says($bob, GET => $me), '401 401', 'its token');
    is($c->says(undef, POST => "$at/login",
                { username => 'bob', password => $bob->{password} }),
       '401 1004', 'nobody logs in');
    is($c->says(undef, POST => "$at/register",
                { %good, username => 'bob', email => 'b@x.org' }),
       '400 1001', 'nobody gets the name');
    is($c->says(undef, POST => "$at/register",
                { %good, username => 'robert', email => $bob->{email} }),
       '200 200', 'but the address');
}


# Limits: exactly as many as the document says

sub burst {
    my ($n, @call) = @_;
    my @got = map { $c->api(@call) } 1 .. $n;

    return (join(' ', map { $_->{status} } @got), $got[-1]);
}

for my $row ([5, POST => '/auth/register', {}], [5, POST => '/auth/login', {}],
             [3, POST => '/auth/forgot-password', {}],
             [5, POST => '/auth/reset-password', {}])
{
    my ($n, $method, $path, $in) = @$row;
    my ($got, $last) = burst($n + 1, undef, $method, "/limited/api/v1$path",
                             $in, headers => { 'X-Real-IP' => '10.3.0.1' });

    is($got, join(' ', (400) x $n, 429), "$n of $path");
    is($last->{json}{message},
       'Rate limit exceeded. Please try again later.', 'the sentence');
    is($last->{headers}{'x-ratelimit-limit'}, $n, 'the limit');
    is($last->{headers}{'x-ratelimit-remaining'}, 0, 'what is left');
    ok($last->{headers}{'retry-after'} > 0, 'when to come again');
    is($c->says(undef, $method, "/limited/api/v1$path", $in,
                headers => { 'X-Real-IP' => '10.3.0.2' }), '400 400',
       'somebody else');
}

for my $row ([10, POST => '/users/change-password', {}, 400],
             [10, POST => '/auth/refresh', { refresh_token => 'x' }, 401],
             [50, PUT => '/users/profile', {}, 200],
             [100, GET => '/users/profile', undef, 200])
{
    my ($n, $method, $path, $in, $status) = @$row;
    my ($got) = burst($n + 1, $alice, $method, "/limited/api/v1$path", $in);

    is($got, join(' ', ($status) x $n, 429), "$n of $method $path");
}

{
    my $gone = $c->user('gone');
    is($c->says($gone, DELETE => '/limited/api/v1/users/account'), '200 200',
       'an account ends once');
    is($c->says($gone, DELETE => '/limited/api/v1/users/account'), '429 429',
       'a day');
}


# A stricter password

{
    my $in = { username => 'strict', email => 'strict@x.org',
               password => '123456789' };
    my $r = $c->api(undef, POST => '/strict/api/v1/auth/register', $in);
    is("$r->{status} $r->{json}{message}", '400 password too short',
       'conf_password_min');
    $in->{password} .= '0';
    is($c->says(undef, POST => '/strict/api/v1/auth/register', $in),
       '200 200', 'is what it takes');
}


# A name that is tried too often is shut, from wherever

{
    my @got = map {
        $c->says(undef, POST => '/limited/api/v1/auth/login',
                 { username => 'ALICE', password => 'guess' },
                 headers => { 'X-Real-IP' => "10.4.0.$_" })
    } 1 .. 11;
    is("@got", join(' ', ('401 1004') x 10, '429 429'), 'ten guesses');
    is($c->says(undef, POST => '/limited/api/v1/auth/login',
                { username => 'alice', password => $alice->{password} },
                headers => { 'X-Real-IP' => '10.4.1.1' }), '429 429',
       'not even the right one');
    is($c->says(undef, POST => '/limited/api/v1/auth/login',
                { username => 'carol', password => 'password123' },
                headers => { 'X-Real-IP' => "10.4.2.$_" }), '200 200',
       'success is not counted') for 1 .. 12;
}

$c->done;
done_testing;
