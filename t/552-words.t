# meeting: what the account rows say, word by word.

use strict;
use warnings;

use Test::More;
use Conference::Files qw(form file png);
use Conference::Meeting;
use Conference::Process qw(slurp);

my $c = Conference::Meeting->new(workers => 1);
my $at = '/api/v1/auth';

sub words {
    my ($who, $method, $path, $json, %o) = @_;
    my $r = $c->api($who, $method, $path, $json, %o);
    my $code = $r->{json}{code};

    is_deeply([sort keys %{$r->{json}}],
              [sort qw(code message data timestamp request_id),
               $r->{status} >= 400 ? 'error' : ()], "$method $path: members");
    is($r->{json}{error}, $r->{json}{message}, 'said twice')
        if $r->{status} >= 400;

    return "$r->{status} $code $r->{json}{message}";
}

my %in = (username => 'alice', email => 'alice@example.org',
          password => 'password123');

is(words(undef, POST => "$at/register", \%in),
   '200 200 User registered successfully', 'registered');
is(words(undef, POST => "$at/register", { %in, email => 'b@x.org' }),
   '400 1001 username already exists', 'a taken name');
is(words(undef, POST => "$at/register", { %in, username => 'bob' }),
   '400 1002 email already exists', 'a taken address');
is(words(undef, POST => "$at/register", { %in, username => 'a b' }),
   "400 400 username may have letters, digits, '_', '-' and '.' only",
   'no name');
is(words(undef, POST => "$at/register", { %in, username => 'ab' }),
   '400 400 username too short', 'a short one');
is(words(undef, POST => "$at/register", { %in, email => 'x' }),
   '400 400 email too short', 'no address');
is(words(undef, POST => "$at/register", { %in, email => 'x.y.z' }),
   '400 400 email must be an e-mail address', 'nor this');
is(words(undef, POST => "$at/register", { %in, password => '12345' }),
   '400 400 password too short', 'a short password');
is(words(undef, POST => "$at/register", {}), '400 400 username required',
   'nothing');
is(words(undef, POST => "$at/register", undef, body => '{'),
   '400 400 Invalid request format', 'no JSON');

is(words(undef, POST => "$at/login", { %in, password => 'wrong' }),
   '401 1004 Invalid username or password', 'a wrong password');
is(words(undef, POST => "$at/login", { %in, username => 'nobody' }),
   '401 1004 Invalid username or password', 'nobody');
is(words(undef, POST => "$at/login", { username => 'alice' }),
   '400 400 password required', 'none');

my $alice = $c->login({ name => 'alice', password => 'password123' });

is(words(undef, POST => "$at/refresh", { refresh_token => 'x' }),
   '401 401 Invalid token: unknown refresh token', 'no refresh token');
is(words(undef, POST => "$at/refresh"),
   '401 401 Missing authorization header', 'nothing to refresh by');
is(words(undef, POST => "$at/refresh",
         { refresh_token => $alice->{refresh} }),
   '200 200 Token refreshed successfully', 'refreshed');

is(words(undef, POST => "$at/forgot-password", { email => 'x' }),
   '400 400 email too short', 'no address');
is(words(undef, POST => "$at/forgot-password", { email => 'x@y.org' }),
   '200 200 Password reset email sent', 'to nobody');
is(words(undef, POST => "$at/forgot-password", { email => $in{email} }),
   '200 200 Password reset email sent', 'to her');

my $spool = $c->dir . '/data/mail';

ok(Conference::wait_for(sub { glob "$spool/*.eml" }, 10), 'a mail');
my ($mail) = glob "$spool/*.eml";
my ($token) = slurp($mail) =~ /^\s*([0-9a-f]{80})\r?$/m;

is(words(undef, POST => "$at/reset-password",
         { token => 'x', new_password => 'password456' }),
   '400 400 Invalid reset token', 'no token');
is(words(undef, POST => "$at/reset-password",
         { token => $token, new_password => 'short' }),
   '400 400 new_password too short', 'a short password');
is(words(undef, POST => "$at/reset-password",
         { token => $token, new_password => 'password456' }),
   '200 200 Password reset successfully', 'reset');
is(words(undef, POST => "$at/reset-password",
         { token => $token, new_password => 'password456' }),
   '400 400 Invalid reset token', 'once');

is(words($alice, GET => '/api/v1/users/profile'),
   '401 401 Invalid token: revoked', 'all tokens end');
$alice = $c->login({ name => 'alice', password => 'password456' });

is(words($alice, PUT => '/api/v1/users/profile', { nickname => 'A' }),
   '200 200 Profile updated successfully', 'the profile');
is(words($alice, PUT => '/api/v1/users/profile', { nickname => 'x' x 51 }),
   '400 400 nickname too long', 'a long one');
is(words($alice, PUT => '/api/v1/users/profile', { avatar_url => 'x y' }),
   '400 400 avatar_url must be a URL', 'no URL');

is(words($alice, POST => '/api/v1/users/change-password',
         { old_password => 'wrong', new_password => 'password789' }),
   '400 1004 Old password is wrong', 'a wrong old password');
is(words($alice, POST => '/api/v1/users/change-password',
         { old_password => 'password456', new_password => 'password456' }),
   '400 400 New password must differ from the old one', 'the same');
is(words($alice, POST => '/api/v1/users/change-password',
         { old_password => 'password456', new_password => 'password789' }),
   '200 200 Password changed successfully', 'another');
$alice = $c->login({ name => 'alice', password => 'password789' });

sub avatar {
    my ($body, $type) = form(@_);
    return words($alice, POST => '/api/v1/users/upload-avatar', undef,
                 body => $body, headers => { 'Content-Type' => $type });
}

is(avatar(file('a.png', 'no picture')),
   '400 3001 Avatar must be PNG, JPEG, GIF or WebP', 'no picture');
is(avatar(file('a.png', png() . "\0" x (5 << 20))),
   '400 3001 Avatar is larger than 5 MB', 'a large one');
is(avatar(), '400 3001 No file uploaded', 'none');
is(avatar(file('a.png', png())), '200 200 Avatar uploaded successfully',
   'a picture');
is(words(undef, GET => '/api/v1/media/download/x.png'),
   '404 3002 File not found', 'no such picture');

is(words($alice, POST => '/api/v1/auth/logout'), '200 200 Logout successful',
   'logged out');
is(words($alice, POST => '/api/v1/auth/logout'),
   '401 401 Invalid token: revoked', 'once');

$alice = $c->login({ name => 'alice', password => 'password789' });
is(words($alice, DELETE => '/api/v1/users/account', { password => 'x' }),
   '400 1004 Invalid password', 'not with a wrong password');
is(words($alice, DELETE => '/api/v1/users/account'),
   '200 200 Account deleted successfully', 'the end');
is(words(undef, GET => '/api/v1/csrf-token'), '200 200 Success', 'a token');

$c->done;
done_testing;
