# What the original platform did wrong (spec/meeting.md section 10), shown not
# to be so here.  The number in front is the defect's there.  Rows of services
# that do not exist yet have none of theirs.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(jwt wait_for);
use Conference::Process qw(slurp);
use Time::HiRes qw(time sleep);

my $c = Conference->new(
    workers => 2, api => 'meeting',
    confd_config => "scrypt_log_n 4\n",
    http => "conf_zone main:16m;\nconf_backend unix:%CONFD%;\n"
            . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
            . "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Real-IP;\n",
    server => 'access_log %DIR%/access.log;',
    locations => "location / { conf_api meeting mount=/; "
                 . "conf_rate_limit off; }\n"
                 . "location /limited/ { conf_api meeting; }\n",
);

my $n = 0;


sub api {
    my ($who, $method, $path, $json, %o) = @_;
    my %a = %o;

    $a{token} = ref $who ? $who->{token} : $who if defined $who;
    $a{json} = $json if defined $json;

    return $c->http($method, $path, %a);
}


sub user {
    my ($name) = @_;
    my %user = (name => $name, email => "$name\@example.org",
                password => 'password123');

    my $r = api(undef, POST => '/api/v1/auth/register',
                { username => $name, email => $user{email},
                  password => $user{password}, nickname => ucfirst $name });
    is($r->{status}, 200, "$name registers");

    return login(\%user);
}


sub login {
    my ($user) = @_;
    my $r = api(undef, POST => '/api/v1/auth/login',
                { username => $user->{name},
                  password => $user->{password} });

    is($r->{status}, 200, "$user->{name} logs in");
    $user->{token} = $r->{json}{data}{token};
    $user->{refresh} = $r->{json}{data}{refresh_token};
    $user->{id} = $r->{json}{data}{user}{user_id};

    return $user;
}


sub stamp {
    my ($seconds) = @_;
    my @t = gmtime(time + $seconds);

    return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ',
                   $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0];
}


sub meeting {
    my ($who, %o) = @_;
    my $r = api($who, POST => '/api/v1/meetings',
                { title => 'meeting ' . ++$n, start_time => stamp(60),
                  end_time => stamp(3600), max_participants => 10,
                  meeting_type => 'video', %o });

    is($r->{status}, 201, "meeting $n") or diag($r->{body});
    return $r->{json}{data};
}


my ($alice, $bob, $eve) = map { user($_) } qw(alice bob eve);
my $m = meeting($alice, password => 'secret99');
my $id = $m->{meeting_id};

is(api($bob, POST => "/api/v1/meetings/$id/join",
       { password => 'secret99' })->{status}, 200, 'bob joins');


# (4) (5) (20) (21) passwords and e-mail addresses of others are in no answer

{
    my $ws = $c->ws("/ws/signaling?meeting_id=$id", token => $bob->{token});
    $ws->send_json({ type => 'join', data => {} });
    my $info = $ws->recv_until(sub { $_[0]{type} eq 'room-info' }, 10);

    my $session = $info->{data}{session_id};
    my %answer = (
        detail => api($bob, GET => "/api/v1/meetings/$id"),
        list => api($bob, GET => '/api/v1/meetings'),
        participants => api($bob, GET => "/api/v1/meetings/$id/participants"),
        session => api($bob, GET => "/api/v1/sessions/$session"),
        sessions => api($bob, GET => "/api/v1/sessions/room/$id"),
        history => api($bob, GET => "/api/v1/messages/history/$id"),
        update => api($alice, PUT => "/api/v1/meetings/$id",
                      { description => 'x' }),
        overview => api($bob, GET => '/api/v1/stats/overview'),
        rooms => api($bob, GET => '/api/v1/stats/rooms'),
    );

    for my $name (sort keys %answer) {
        my $r = $answer{$name};

        is($r->{status}, 200, "$name: answers");
        unlike($r->{body}, qr/secret99|alice\@example\.org|"password"/,
               "$name: no password, nobody's e-mail");
        is(ref $r->{json}{data}, 'HASH', "$name: data is an object");
        is(join(' ', grep { exists $r->{json}{$_} }
                qw(code message data timestamp request_id)),
           'code message data timestamp request_id', "$name: the envelope");
    }

    like($answer{detail}{json}{data}{status}, qr/^[a-z]+$/,
         'a status is a word');
    is(ref $answer{detail}{json}{data}{settings}, 'HASH',
       'settings are an object');
    ok($answer{detail}{json}{data}{has_password}, 'there is a password');

    # ... and outsiders read nothing of it

    for my $path ("/api/v1/sessions/$session", "/api/v1/sessions/room/$id",
                  "/api/v1/messages/history/$id",
                  "/api/v1/meetings/$id", "/api/v1/meetings/$id/participants",
                  "/api/v1/meetings/$id/messages")
    {
        is(api($eve, GET => $path)->{status}, 403, "(4) eve may not GET $path");
        is(api(undef, GET => $path)->{status}, 401, "nor nobody");
    }

    ok(!exists api($eve, GET => '/api/v1/stats/overview')
       ->{json}{data}{room_details}{$id}, 'statistics are of own rooms');

    # (13) ids of sessions and rooms cannot be guessed

    like($session, qr/^[0-9a-f]{16,}$/, '(13) a session id is random');
    my $other = meeting($alice);
    isnt($m->{room_id}, $other->{room_id}, 'rooms have different ids');
    like($m->{room_id}, qr/[0-9a-f]{8}-?[0-9a-f]{4}/, 'random ones');

    # (11) pages of others may not connect; frames have a limit

    is($c->ws("/ws/signaling?meeting_id=$id", token => $bob->{token},
              headers => { Origin => 'http://evil.example' })->status, 403,
       '(11) a foreign Origin');

    # (12) nobody poses as somebody else

    my $spy = $c->ws("/ws/signaling?meeting_id=$id",
                     token => $alice->{token});
    $spy->send_json({ type => 'join', data => {} });
    $spy->recv_until(sub { $_[0]{type} eq 'room-info' }, 10);

    $ws->send_json({ type => 'chat', from => $alice->{id}, data =>
                     { content => 'hello', user_id => $alice->{id},
                       username => 'alice' } });
    my $chat = $spy->recv_until(sub { $_[0]{type} eq 'chat' }, 10);
    is($chat->{from}, $bob->{id}, '(12) from is who it is');
    is($chat->{data}{user_id}, $bob->{id}, 'user_id too');
    is($chat->{data}{username}, 'bob', 'and the name');

    # (27) the same id of two clients is two messages

    for my $socket ($ws, $spy) {
        $socket->send_json({ id => '1', type => 'chat',
                             data => { content => 'same id' } });
    }

    for (1 .. 2) {
        ok($spy->recv_until(sub { $_[0]{type} eq 'chat'
               && $_[0]{data}{content} eq 'same id' }, 10), '(27) both come');
    }

    # (16) leaving in any way hurts nobody

    $ws->send_json({ type => 'leave', data => {} });
    $ws->send_json({ type => 'leave', data => {} });
    ok($spy->recv_until(sub { $_[0]{type} eq 'user-left' }, 10),
       '(16) bob has left');
    $ws->disconnect;
    is(scalar($c->workers), 2, 'and both workers are there');
}


# (7) bans, deletions and new passwords end tokens; a refresh gives a new one

{
    my $dave = user('dave');
    my $r = api(undef, POST => '/api/v1/auth/refresh',
                { refresh_token => $dave->{refresh} });
    is($r->{status}, 200, '(7) refresh');
    isnt($r->{json}{data}{token}, $dave->{token}, 'another token');
    isnt($r->{json}{data}{refresh_token}, $dave->{refresh}, 'of both kinds');

    is(api($r->{json}{data}{token}, POST => '/api/v1/auth/logout')
       ->{status}, 200, 'there is a logout');
    is(api($r->{json}{data}{token}, GET => '/api/v1/users/profile')
       ->{status}, 401, 'which ends the token');

    login($dave);
    is(api($dave, POST => '/api/v1/users/change-password',
           { old_password => 'password123', new_password => 'password456' })
       ->{status}, 200, 'a new password');
    is(api($dave, GET => '/api/v1/users/profile')->{status}, 401,
       'ends the old token');
    $dave->{password} = 'password456';
    login($dave);

    # (22) what was changed is seen at once

    for my $name ('Dave 1', 'Dave 2') {
        api($dave, PUT => '/api/v1/users/profile', { nickname => $name });
        is(api($dave, GET => '/api/v1/users/profile')
           ->{json}{data}{nickname}, $name, "(22) $name");
    }

    # (30) a deleted account frees its address

    is(api($dave, DELETE => '/api/v1/users/account')->{status}, 200,
       '(30) an account is deleted');
    is(api($dave, GET => '/api/v1/users/profile')->{status}, 401,
       'with its tokens');
    is(api(undef, POST => '/api/v1/auth/register',
           { username => 'dave2', email => $dave->{email},
             password => 'password123' })->{status}, 200,
       'the address is free');
}


# (8) the algorithm is pinned

for my $alg (qw(none HS384 HS512)) {
    my $token = jwt({ user_id => $alice->{id}, exp => time + 3600 },
                    header => { alg => $alg, typ => "JWT" });
    is(api($token, GET => '/api/v1/users/profile')->{status}, 401,
       "(8) alg $alg is refused");
}


# (9) who does not exist and who has another password are told the same; and
# there are limits that let through what they say

{
    my $wrong = api(undef, POST => '/api/v1/auth/login',
                    { username => 'alice', password => 'wrong-one' });
    my $absent = api(undef, POST => '/api/v1/auth/login',
                     { username => 'nobody', password => 'wrong-one' });

    is($wrong->{status}, 401, '(9) a wrong password');
    is("$absent->{status} $absent->{json}{code} $absent->{json}{message}",
       "$wrong->{status} $wrong->{json}{code} $wrong->{json}{message}",
       'nobody is told the same');

    my @got = map {
        api(undef, POST => '/limited/api/v1/auth/login',
            { username => "nobody$_", password => 'wrong-one' },
            headers => { 'X-Real-IP' => '10.9.9.9' })->{status}
    } 1 .. 6;
    is("@got", '401 401 401 401 401 429', 'five logins a minute');

    # (15) a token that is none buys no bucket of its own

    is(api("x.y.$_", POST => '/limited/api/v1/auth/login',
           { username => 'nobody', password => 'wrong-one' },
           headers => { 'X-Real-IP' => '10.9.9.9' })->{status}, 429,
       '(15) the address counts') for 1 .. 2;
}


# (18) (19) (20) meetings obey their own settings, and answer what is there

{
    my $small = meeting($alice, max_participants => 2,
                        settings => { enable_chat => JSON::PP::false() });
    my $id = $small->{meeting_id};

    is(api($alice, POST => "/api/v1/meetings/$id/join")->{status}, 200,
       'alice is in');
    is(api($bob, POST => "/api/v1/meetings/$id/join")->{status}, 200,
       'bob is in');

    my $r = api($eve, POST => "/api/v1/meetings/$id/join");
    is("$r->{status} $r->{json}{code}", '403 2003', '(18) it is full');
    is(api($bob, POST => "/api/v1/meetings/$id/messages",
           { content => 'psst' })->{status}, 403, 'chat is off');

    is(api($bob, POST => "/api/v1/meetings/$id/end")->{status}, 403,
       'bob may not end it');
    is(api($alice, POST => "/api/v1/meetings/$id/end")->{status}, 200,
       'alice may');
    is(api($alice, GET => "/api/v1/meetings/$id")->{json}{data}{status},
       'ended', 'then it has ended');
    $r = api($bob, POST => "/api/v1/meetings/$id/join");
    is("$r->{status} $r->{json}{code}", '400 2002', 'and nobody joins');

    for my $try ([GET => ''], [PUT => '', { title => 'x' }], [DELETE => ''],
                 [POST => '/leave'], [POST => '/join'], [POST => '/start'])
    {
        my $r = api($alice, $try->[0] => "/api/v1/meetings/999999$try->[1]",
                    $try->[2]);
        is("$r->{status} $r->{json}{code}", '404 2001',
           "(19) $try->[0] $try->[1] of no meeting");
    }

    is(api($alice, GET => '/api/v1/meetings')->{json}{data}{page_size}, 20,
       '(20) pages have defaults');

    for my $status ('ended', 3) {
        my $list = api($alice, GET => "/api/v1/meetings?status=$status");
        ok((grep { $_->{meeting_id} == $id }
            @{$list->{json}{data}{meetings}}), "status=$status");
    }
}


# (10) cookies need more than to be there; (23) HEAD of nothing is 404

{
    my %h = (Cookie => "access_token=$alice->{token}");

    is(api(undef, GET => '/api/v1/users/profile', undef, headers => \%h)
       ->{status}, 200, '(10) a cookie is who one is');
    is(api(undef, PUT => '/api/v1/users/profile', { nickname => 'Mallory' },
           headers => { %h, Origin => 'http://evil.example' })->{status},
       403, 'but changes nothing for another page');
    is(api($alice, GET => '/api/v1/users/profile')->{json}{data}{nickname},
       'Alice', 'nothing at all');
    is(api(undef, HEAD => '/api/v1/no/such/thing')->{status}, 404,
       '(23) HEAD of nothing');
}


# (6) what is an admin's is an admin's

for my $path ('/api/v1/admin/users', "/api/v1/admin/users/$bob->{id}",
              '/api/v1/admin/audit')
{
    is(api($bob, GET => $path)->{status}, 403, "(6) bob may not GET $path");
    is(api(undef, GET => $path)->{status}, 401, 'nor nobody');
}


# (11) a token in a URL is in no log; (5) a password in no store

{
    my $ws = $c->ws("/ws/signaling?meeting_id=$id&token=$alice->{token}");
    is($ws->status, 101, 'a token in the query');
    $ws->disconnect;

    my $ok = wait_for(sub {
        slurp($c->dir . '/access.log') =~ m{/ws/signaling\?} }, 5);
    ok($ok, 'it was logged');
    unlike(slurp($c->dir . '/access.log') . $c->error_log,
           qr/\Q$alice->{token}\E/, '(11) without the token');

    my $store = join '', map { slurp($_) } glob $c->confd->data . '/store/*';
    unlike($store, qr/secret99|password123|password456/,
           '(5) the store has no password');
}

$c->done;
done_testing;
