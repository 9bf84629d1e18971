# meeting: joining and leaving.  Passwords, the waiting room, how many there
# is room for, what a client is told to go on from there.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha1_base64);
use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::People;

my $c = Conference::Meeting->new(workers => 2, locations =>
    "location / { conf_api meeting mount=/; }\n"
    . "location /turn/ { conf_api meeting; conf_turn_secret shared;\n"
    . "conf_turn_uri stun:stun.example turn:turn.example:3478; }\n");
my $p = Conference::People->new($c);
my ($host, $mod, $a, $b, $admin) = map { $c->user($_) } qw(host mod ann bob admin);
my $at = '/api/v1/meetings';

$p->ask(USER_ROLE => [0, 0, 'admin', 1]);


sub join_ { return $c->api($_[1], POST => "$at/$_[0]{id}/join", $_[2]) }
sub joins { return $c->says($_[1], POST => "$at/$_[0]{id}/join", $_[2]) }
sub leaves { return $c->says($_[1], POST => "$at/$_[0]{id}/leave") }

sub detail {
    my ($m, $who) = @_;
    return $c->api($who, GET => "$at/$m->{id}")->{json}{data};
}


# What one gets

{
    my $m = $c->meeting($host);
    my $r = join_($m, $a);
    my $d = $r->{json}{data};

    is("$r->{status} $r->{json}{message}", '200 Joined meeting successfully',
       'anybody may');
    is("$d->{meeting_id} $d->{user_id} $d->{role} $d->{status}",
       "$m->{id} $a->{id} participant online", 'who and where');
    is($d->{room_id}, $m->{room_id}, 'a room that is a string');
    like($d->{$_}, qr{^ws://localhost:\d+/ws/signaling\?meeting_id=$m->{id}
                      &user_id=$a->{id}$}x, $_)
        for qw(room_url signaling_url websocket_url);
    like($d->{peer_id}, qr/^p_[0-9a-f]{12}$/, 'a peer');
    ok($d->{participant_id} > 0, 'a number');
    is_deeply($d->{ice_servers}, [], 'no servers');
    is($d->{meeting}{status}, 'ongoing', 'the first one begins it');
    is($d->{participant}{username}, 'ann', 'the participant');
    ok($d->{audio_enabled}, 'not muted');
    is(detail($m, $a)->{my_status}, 'online', 'online');

    # The ticket opens a socket and nothing else.

    is($c->says($d->{token}, GET => "$at/$m->{id}"), '401 401', 'a ticket');
    my $ws = $c->ws("/ws/signaling?meeting_id=$m->{id}&token=$d->{token}");
    ok($ws->ok, 'opens a socket');
    $ws->close;

    my $again = join_($m, $a)->{json}{data};
    is($again->{participant_id}, $d->{participant_id}, 'again is the same');
    is(detail($m, $host)->{online_count}, 1, 'and counts once');

    is(leaves($m, $a), '200 200', 'leave');
    is(leaves($m, $a), '200 200', 'twice');
    is(detail($m, $a)->{my_status}, 'offline', 'offline');
    is(join_($m, $a)->{json}{data}{participant_id}, $d->{participant_id},
       'comes back as the same');
    is(leaves($m, $b), '404 404', 'who is not in it');
    is($c->api($b, POST => "$at/$m->{id}/leave")->{json}{message},
       'Not a participant', 'the sentence');

    for my $call ('join', 'leave') {
        is($c->says(undef, POST => "$at/$m->{id}/$call"), '401 401',
           "$call: anonymous");
        is($c->says($a, POST => "$at/999999/$call"), '404 2001',
           "$call: none");
        is($c->says($a, POST => "$at/x/$call"), '400 400',
           "$call: no number");
    }

    is($c->says($a, POST => "$at/$m->{id}/join", undef,
                body => 'x=1', headers => { 'Content-Type' => 'text/plain' }),
       '400 400', 'a body that is none');
    is($c->says($host, POST => "$at/$m->{id}/join"), '200 200', 'host');
    is($c->says($admin, POST => "$at/$m->{id}/join"), '200 200', 'admin');

    $c->api($host, POST => "$at/$m->{id}/end");
    is(joins($m, $a), '400 2002', 'it is over');
    is($c->api($a, POST => "$at/$m->{id}/join")->{json}{message},
       'Meeting is not available', 'the sentence');
}


# Servers for peers

{
    my $m = $c->meeting($host);
    my $r = $c->api($a, POST => "/turn$at/$m->{id}/join");
    my ($stun, $turn) = @{$r->{json}{data}{ice_servers}};

    is_deeply($stun, { urls => 'stun:stun.example' }, 'one for everybody');
    is($turn->{urls}, 'turn:turn.example:3478', 'one for who knows a secret');
    like($turn->{username}, qr/^\d+:$a->{id}$/, 'a name');
    ok(($turn->{username} =~ /^(\d+)/)[0] > time + 3600, 'for a while');
    is($turn->{credential} =~ s/=+$//r,
       hmac_sha1_base64($turn->{username}, 'shared'), 'the password of it');
    like($r->{json}{data}{signaling_url}, qr{/ws/signaling\?}, 'a socket');
}


# A password

{
    my $m = $c->meeting($host, password => 'secret');

    is(joins($m, $a), '403 2004', 'without it');
    is($c->api($a, POST => "$at/$m->{id}/join")->{json}{message},
       'Invalid meeting password', 'the sentence');
    is(joins($m, $a, { password => 'Secret' }), '403 2004', 'a wrong one');
    is(joins($m, $a, { password => 'x' x 51 }), '400 400', 'a long one');
    is(joins($m, $a, { password => 'secret' }), '200 200', 'the right one');
    is(joins($m, $host), '200 200', 'the host needs none');
    is(joins($m, $admin), '200 200', 'nor does an admin');
    unlike(join_($m, $a)->{body}, qr/secret/, 'nobody is told');
}


# The waiting room

{
    my $m = $c->meeting($host,
        settings => { enable_waiting_room => JSON::PP::true });
    my $d = join_($m, $a)->{json}{data};

    is($d->{status}, 'waiting', 'waits');
    is($d->{meeting}{status}, 'scheduled', 'and begins nothing');
    is(join_($m, $a)->{json}{data}{status}, 'waiting', 'still');
    is($c->says($a, GET => "$at/$m->{id}"), '403 403', 'sees nothing');
    is($c->says($a, GET => "$at/$m->{id}/participants"), '403 403', 'nobody');
    is($c->says($a, POST => "$at/$m->{id}/messages", { content => 'x' }),
       '403 403', 'says nothing');

    is(join_($m, $host)->{json}{data}{status}, 'online', 'the host does not');
    is(join_($m, $admin)->{json}{data}{status}, 'online', 'nor an admin');

    my $list = $c->api($host, GET => "$at/$m->{id}/participants"
                                     . '?status=waiting')->{json}{data};
    is("$list->{total} $list->{participants}[0]{user_id}", "1 $a->{id}",
       'who waits is seen');

    my $r = $c->api($host, POST => "$at/$m->{id}/participants",
                    { user_id => $a->{id} });
    is("$r->{status} $r->{json}{data}{status}", '200 online', 'admitted');
    is($r->{json}{data}{participant_id}, $d->{participant_id}, 'the same');
    is(detail($m, $a)->{my_status}, 'online', 'is in');
    is(leaves($m, $a), '200 200', 'leaves');
    is(join_($m, $a)->{json}{data}{status}, 'online', 'and need not again');

    is(join_($m, $b)->{json}{data}{status}, 'waiting', 'another one waits');
    is($c->says($host, DELETE => "$at/$m->{id}/participants/$b->{id}"),
       '200 200', 'is rejected');
    is(joins($m, $b), '403 403', 'and stays out');
    is(join_($m, $mod)->{json}{data}{status}, 'waiting', 'a third one');
    is(leaves($m, $mod), '200 200', 'goes');
    is(leaves($m, $mod), '404 404', 'for good');
}


# How many

{
    my $m = $c->meeting($host, max_participants => 2);

    is(joins($m, $a), '200 200', 'one');
    is(joins($m, $b), '200 200', 'two');
    is(joins($m, $mod), '403 2003', 'full');
    is($c->api($mod, POST => "$at/$m->{id}/join")->{json}{message},
       'Meeting is full', 'the sentence');
    is(joins($m, $host), '403 2003', 'for the host, too');
    is(leaves($m, $a), '200 200', 'one goes');
    is(joins($m, $host), '200 200', 'one comes');
    is($c->says($host, PUT => "$at/$m->{id}", { max_participants => 1 }),
       '200 200', 'less than there are');
    is(detail($m, $host)->{online_count}, 2, 'puts nobody out');
    is(joins($m, $a), '403 2003', 'but lets nobody in');
}


# Muted

{
    my $m = $c->meeting($host, settings => { mute_on_join => JSON::PP::true });

    ok(!join_($m, $a)->{json}{data}{audio_enabled}, 'muted');
    ok(join_($m, $host)->{json}{data}{audio_enabled}, 'not the host');
}

done_testing();
