# meeting: logins.  Tokens of both kinds, what ends them, and a new password
# for who has lost it.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt wait_for);
use Conference::Meeting;
use Conference::Process qw(slurp);
use MIME::Base64 qw(decode_base64url);
use Time::HiRes qw(time sleep);

my $c = Conference::Meeting->new(
    workers => 2,
    confd_config => "log_level info\nmail_from support\@example.org\n"
        . "mail_reset_url https://example.org/#/reset?token=%TOKEN%&x=1\n",
);
my $at = '/api/v1/auth';
my $me = '/api/v1/users/profile';
my ($alice, $bob) = map { $c->user($_) } qw(alice bob);


sub claims {
    my ($token) = @_;
    return Conference::json_decode(decode_base64url((split /\./, $token)[1]));
}

sub refresh {
    my ($token) = @_;
    return $c->api(undef, POST => "$at/refresh", { refresh_token => $token });
}


# Logging in

{
    my $r = $c->api(undef, POST => "$at/login",
                    { username => 'ALICE', password => $alice->{password} });
    my $d = $r->{json}{data};

    is("$r->{status} $r->{json}{message}", '200 Login successful', 'by name');
    is("$d->{token_type} $d->{expires_in}", 'Bearer 86400', 'for a day');
    is($d->{access_token}, $d->{token}, 'the token twice');
    is($d->{user}{username}, 'alice', 'who');

    my $claims = claims($d->{token});
    is("$claims->{user_id} $claims->{username} $claims->{email} "
       . "$claims->{iss} $claims->{sub} $claims->{typ} $claims->{role}",
       "$alice->{id} alice alice\@example.org meeting-system $alice->{id} "
       . 'access user', 'claims');
    is($claims->{exp} - $claims->{iat}, 86400, 'its time');
    like($claims->{jti}, qr/^[0-9a-f]{16}$/, 'its number');

    is($c->says(undef, POST => "$at/login",
                { username => 'alice@EXAMPLE.org',
                  password => $alice->{password} }), '200 200',
       'by address');

    # A name that looks like somebody's address does not stand in the way.

    $c->http(POST => '/chat/register',
             json => { username => 'alice@example.org',
                       password => 'password of mallory' });
    is($c->says(undef, POST => "$at/login",
                { username => 'alice@example.org',
                  password => $alice->{password} }), '200 200',
       'whatever others are called');

    my @wrong = map {
        my $r = $c->api(undef, POST => "$at/login", $_);
        "$r->{status} $r->{json}{code} $r->{json}{message}"
    } { username => 'alice', password => 'guess' },
      { username => 'nobody', password => 'guess' };
    is($wrong[0], '401 1004 Invalid username or password', 'a guess');
    is($wrong[1], $wrong[0], 'nobody');
    is($c->says(undef, POST => "$at/login", $_), '400 400', 'half of it')
        for { username => 'alice' }, { password => 'x' }, {};
}


# Tokens

{
    my $exp = int(time) + 3600;
    my %try = (
        'a token of elsewhere' => { user_id => $alice->{id}, exp => $exp },
        'with all claims' => claims($alice->{token}),
    );

    is($c->says(jwt($try{$_}), GET => $me), '200 200', $_)
        for sort keys %try;

    is($c->says(jwt({ user_id => $alice->{id}, exp => $exp, typ => $_ }),
                GET => $me), '401 401', "typ $_") for qw(refresh ticket x);
    is($c->says(jwt({ user_id => $alice->{id}, exp => int(time) - 60 }),
                GET => $me), '401 1005', 'expired');
    is($c->says(jwt({ user_id => $alice->{id} }), GET => $me), '401 401',
       'without an end');

    my $r = $c->api(undef, GET => $me);
    is($r->{json}{message}, 'Missing authorization header', 'none');
    $r = $c->api(undef, GET => $me, undef,
                 headers => { Authorization => 'Basic eDp5' });
    is($r->{json}{message}, 'Invalid authorization header format',
       'another scheme');
    is($c->says(undef, GET => $me, undef,
                headers => { Authorization => "bearer $alice->{token}" }),
       '200 200', 'in small letters');
}


# Refreshing: once each, and whoever comes with an old one ends it all

{
    my $first = $c->login({ %$alice });
    my $r = refresh($first->{refresh});
    my $second = $r->{json}{data};

    is("$r->{status} $second->{expires_in}", '200 86400', 'refreshed');
    isnt($second->{token}, $first->{token}, 'another token');
    isnt($second->{refresh_token}, $first->{refresh}, 'of both kinds');
    is($c->says($_, GET => $me), '200 200', 'good')
        for $first->{token}, $second->{token};

    $r = refresh($first->{refresh});
    is("$r->{status} $r->{json}{code}", '401 401', 'an old one');
    is(refresh($second->{refresh_token})->{status}, 401, 'ends the new one');
    is($c->says($second->{token}, GET => $me), '401 401',
       'and the access tokens');
    is($c->says($alice, GET => $me), '200 200', 'not those of other logins');

    for my $token ('', 'x', 'z' x 96, '0' x 96, substr($alice->{refresh}, 1),
                   'a.b.c')
    {
        my $r = $c->api(undef, POST => "$at/refresh",
                        { refresh_token => $token });
        is($r->{status}, 401, 'no refresh token: ' . substr $token, 0, 8);
    }

    is($c->says($alice->{refresh}, GET => $me), '401 401',
       'nor is one an access token');

    # The document has a bearer token here.

    $r = $c->api($alice, POST => "$at/refresh");
    is($r->{status}, 200, 'by the access token');
    isnt($r->{json}{data}{token}, $alice->{token}, 'another one');
    is($c->says(undef, POST => "$at/refresh", { token =>
                $r->{json}{data}{refresh_token} }), '200 200', 'as token');
    is($c->says(undef, POST => "$at/refresh"), '401 401', 'with nothing');

    # Some have an access token in the body, others send an old one along.

    my $mine = $c->login({ %$alice });
    my $old = jwt({ user_id => $alice->{id}, exp => int(time) - 60 });

    $r = $c->api(undef, POST => "$at/refresh", { token => $mine->{token} });
    is($r->{status}, 200, 'by an access token in the body');
    is($c->says(undef, POST => "$at/refresh", { token => $old }), '401 1005',
       'not by an expired one');
    is($c->says($old, POST => "$at/refresh"), '401 1005', 'nor in the header');
    is($c->says($old, POST => "$at/refresh",
                { refresh_token => $r->{json}{data}{refresh_token} }),
       '200 200', 'which does no harm beside a refresh token');
    is($c->says(undef, POST => "$at/refresh",
                { token => jwt({ user_id => $alice->{id} + 0,
                                 exp => int(time) + 60 }) }),
       '200 200', 'one of no login begins with one');
    is($c->says($mine, POST => "$at/logout"), '200 200', 'logged out');
    is($c->says(undef, POST => "$at/refresh", { token => $mine->{token} }),
       '401 401', 'not by a token of an ended login');
}


# Logging out, on every worker, sockets too

{
    my ($here, $there) = map { $c->login({ %$bob }) } 1, 2;
    my @ws = map { $c->ws('/chat/ws/join', token => $_->{token}) }
             $here, $there, $here;

    is($c->says($here, POST => "$at/logout"), '200 200', 'logs out');
    ok($ws[$_]->closed(5), 'its socket is closed') for 0, 2;
    is($c->says($here, GET => $me), '401 401', 'its token ends');
    is(refresh($here->{refresh})->{status}, 401, 'its login');
    is($c->says($there, GET => $me), '200 200', 'another login goes on');
    $ws[1]->send_json({ type => 'ping' });
    is($ws[1]->recv_until(sub { $_[0]{code} == 2 }, 5)->{msg}, 'ok',
       'and its socket');

    is($c->says($there, POST => "$at/logout", { all => JSON::PP::true() }),
       '200 200', 'all at once');
    ok($ws[1]->closed(5), 'no socket');
    is($c->says($bob, GET => $me), '401 401', 'no token');
    is(refresh($bob->{refresh})->{status}, 401, 'no login');
    is($c->says(undef, POST => "$at/logout"), '401 401', 'nobody logs out');
    $c->login($bob);
}


# Many logins: the one that was used longest ago gives way; many logouts

{
    my @login = map { sleep 0.002; $c->login({ %$alice }) } 1 .. 21;

    is(refresh($login[0]{refresh})->{status}, 401, 'the oldest is gone');
    is(refresh($login[1]{refresh})->{status}, 200, 'the next is there');

    for (1 .. 34) {
        $c->api($c->login({ %$bob }), POST => "$at/logout");
    }

    my $after = $c->login({ %$bob });
    is($c->says($after, GET => $me), '200 200', 'many logouts');
}


# A new password

sub mail {
    my ($n) = @_;
    my $path = sprintf '%s/mail/%020d.eml', $c->confd->data, $n;

    wait_for(sub { -s $path }, 10) or return '';
    return slurp($path);
}

{
    my $ask = sub {
        my $r = $c->api(undef, POST => "$at/forgot-password",
                        { email => $_[0] });
        return "$r->{status} $r->{json}{message}";
    };
    my $set = sub {
        return $c->says(undef, POST => "$at/reset-password",
                        { token => $_[0], new_password => $_[1] });
    };

    $c->login($alice);
    my $ws = $c->ws('/chat/ws/join', token => $alice->{token});

    is($ask->('Alice@example.org'), '200 Password reset email sent', 'asked');
    is($ask->('nobody@example.org'), '200 Password reset email sent',
       'nobody is told the same');
    is($ask->('nobody'), '400 email must be an e-mail address',
       'what is no address');

    my $mail = mail(1);
    like($mail, qr/^From: <support\@example\.org>$/m, 'from whom');
    like($mail, qr/^To: <alice\@example\.org>$/m, 'to whom');
    my ($old) = $mail =~ m{https://example\.org/\#/reset\?token=([0-9a-f]+)&x=1};
    ok($old, 'a link');

    is($ask->('alice@example.org'), '200 Password reset email sent', 'again');
    my ($token) = mail(2) =~ /token=([0-9a-f]+)/;
    isnt($token, $old, 'another token');
    ok(!-e sprintf('%s/mail/%020d.eml', $c->confd->data, 3),
       'and none to nobody');

    is($set->($old, 'new password'), '400 400', 'the first is void');
    is($set->($_, 'new password'), '400 400', 'what is no token')
        for '', 'x', '0' x 80, substr($token, 1), $token . '0',
            $token =~ s/.$/$& eq '0' ? '1' : '0'/er;
    is($set->($token, '12345'), '400 400', 'a password that is too short');
    is($c->says(undef, POST => "$at/reset-password",
                { code => $token, password => 'new password',
                  email => $bob->{email} }), '400 400',
       "somebody else's address");
    is($c->says(undef, POST => "$at/reset-password",
                { code => $token, password => 'new password',
                  email => $alice->{email} }), '200 200', 'set');
    is($set->($token, 'new password 2'), '400 400', 'once');

    ok($ws->closed(5), 'the socket is closed');
    is($c->says($alice, GET => $me), '401 401', 'tokens end');
    is(refresh($alice->{refresh})->{status}, 401, 'logins too');
    is($c->says(undef, POST => "$at/login",
                { username => 'alice', password => $alice->{password} }),
       '401 1004', 'the old password');
    $alice->{password} = 'new password';
    ok($c->login($alice), 'the new one');

    unlike($c->confd->log_text . $c->error_log,
           qr/\Q$token\E|new password|$alice->{token}/,
           'no secret in a log');
}

# A new password keeps who has changed it in

{
    my $dora = $c->user('dora');
    my $before = { %$dora };
    my $other = $c->login({ %$dora });
    my $ws = $c->ws('/chat/ws/join', token => $other->{token});
    my $r = $c->api($dora, POST => '/api/v1/users/change-password',
                    { old_password => $dora->{password},
                      new_password => 'another password' });
    my $new = $r->{json}{data};

    is("$r->{status} $r->{json}{message}", '200 Password changed successfully',
       'changed');
    is($c->says($_, GET => $me), '401 401', 'old tokens end')
        for $before, $other;
    is(refresh($_->{refresh})->{status}, 401, 'old logins')
        for $before, $other;
    ok($ws->closed(5), 'and sockets');
    is($c->says($new->{token}, GET => $me), '200 200', 'a new token');
    is(refresh($new->{refresh_token})->{status}, 200, 'and a new login');
    like($r->{headers}{'set-cookie'}, qr/^access_token=\Q$new->{token}\E;/,
         'in a cookie, too');

    is($c->says($new->{token}, DELETE => '/api/v1/users/account',
                { password => 'wrong' }), '400 1004',
       'who gives a password at the end gives the right one');
    is($c->says($new->{token}, DELETE => '/api/v1/users/account',
                { password => 'another password' }), '200 200', 'the end');
}


# What a login takes from its limit is what its headers say

{
    my $r = $c->api(undef, POST => '/limited/api/v1/auth/login',
                    { username => 'alice', password => $alice->{password} },
                    headers => { 'X-Real-IP' => '10.9.0.1' });
    is("@{$r->{headers}}{qw(x-ratelimit-limit x-ratelimit-remaining)}",
       '5 4', "the row's own");
}

# A token that is too old

{
    my $late = Conference::Meeting->new(
        confd_config => "mail_reset_ttl 1ms\n");
    my $carol = $late->user('carol');
    my $path = sprintf '%s/mail/%020d.eml', $late->confd->data, 1;

    $late->api(undef, POST => "$at/forgot-password",
               { email => $carol->{email} });
    wait_for(sub { -s $path }, 10);
    like(slurp($path), qr/^within 1 min, once\./m, 'the mail says how long');

    my ($token) = slurp($path) =~ /([0-9a-f]{40,})/;
    my $r = $late->api(undef, POST => "$at/reset-password",
                       { token => $token, new_password => 'new password' });

    is("$r->{status} $r->{json}{code} $r->{json}{message}",
       '400 1005 Reset token expired', 'later it is too late');
    is($late->login($carol)->{name}, 'carol', 'the password is the old one');
    $late->done;
}

$c->done;
done_testing;
