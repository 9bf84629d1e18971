# meeting: who joins, with a password, through a lobby, while there is room;
# and who leaves.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt wait_for);
use Conference::Meeting;
use Digest::SHA qw(hmac_sha1_base64);

my $c = Conference::Meeting->new(
    workers => 2,
    http_extra => "conf_turn_uri turn:turn.example.org:3478;\n"
        . "conf_turn_secret turn-secret-of-at-least-32-bytes-x;\n",
);
my ($alice, $bob, $carol, $dave, $eve, $root) =
    map { $c->user($_) } qw(alice bob carol dave eve root);
my $m = '/api/v1/meetings';
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());

system("$c->{daemon}{binary} -s " . $c->confd->socket
       . ' admin root >/dev/null') == 0 or die 'no admin';


sub join_as { return $c->api($_[1], POST => "$m/$_[0]/join", $_[2]) }
sub joins { return $c->says($_[1], POST => "$m/$_[0]/join", $_[2]) }

sub status {
    my ($id, $who) = @_;
    my $list = $c->api($alice, GET => "$m/$id/participants")->{json}{data};
    my ($p) = grep { $_->{user_id} == $who->{id} } @{$list->{participants}};

    return $p ? $p->{status} : 'none';
}


# What one gets

{
    my $meeting = $c->meeting($alice);
    my $id = $meeting->{id};
    my $r = $c->http(POST => "$m/$id/join", token => $bob->{token});
    my $d = $r->{json}{data};

    is("$r->{status} $r->{json}{message}", '200 Joined meeting successfully',
       'without a body');
    is("$d->{meeting_id} $d->{role} $d->{status} $d->{user_id}",
       "$id participant online $bob->{id}", 'who one is');
    is($d->{room_id}, $meeting->{room_id}, 'the room');
    like($d->{$_}, qr{^wss?://[^/]+/ws/signaling\?meeting_id=$id\b}, $_)
        for qw(room_url signaling_url websocket_url);
    like($d->{peer_id}, qr/^p_[0-9a-f]{12}$/, 'a peer id');
    is($d->{meeting}{id}, $id, 'the meeting');
    is($d->{participant}{user_id}, $bob->{id}, 'the participant');
    ok($d->{participant_id} > 0, 'its id');

    my ($ice) = grep { $_->{username} } @{$d->{ice_servers}};
    my ($until) = $ice->{username} =~ /^(\d+):/;
    ok($until > time && $until < time + 7 * 86400, 'a relay, for a while');
    is($ice->{credential},
       do { my $b = hmac_sha1_base64($ice->{username},
                'turn-secret-of-at-least-32-bytes-x');
            $b . '=' x (-length($b) % 4) }, 'with a password for it');
    like(join(' ', map { ref $_ ? @$_ : $_ } $ice->{urls}),
         qr/turn:turn\.example\.org:3478/, 'its address');

    # The ticket opens a socket, and nothing else.

    my $ws = $c->ws("/ws/signaling?meeting_id=$id&token=$d->{token}");
    is($ws->status, 101, 'a ticket');
    is($c->says($d->{token}, GET => '/api/v1/users/profile'), '401 401',
       'for a socket only');

    my $again = join_as($id, $bob)->{json}{data};
    is("$again->{participant_id} $again->{status}",
       "$d->{participant_id} online", 'once more is the same');

    is(join_as($id, $alice)->{json}{data}{role}, 'host', 'the host');
    is(joins($id, undef), '401 401', 'nobody');
    is(joins(99999, $bob), '404 2001', 'no meeting');
    is(joins('x', $bob), '400 400', 'what is none');

    # Leaving

    my $r2 = $c->api($bob, POST => "$m/$id/leave");
    is("$r2->{status} $r2->{json}{message}", '200 Left meeting successfully',
       'leaves');
    ok($ws->closed(5), 'with the socket');
    is(status($id, $bob), 'offline', 'and is away');
    is($c->says($bob, POST => "$m/$id/leave"), '200 200', 'twice is once');
    is($c->says($eve, POST => "$m/$id/leave"), '404 404',
       'who was not there');
    is($c->says(undef, POST => "$m/$id/leave"), '401 401', 'nobody');
    is(join_as($id, $bob)->{json}{data}{participant_id},
       $d->{participant_id}, 'who comes again is the same');
}


# A password

{
    my $id = $c->meeting($alice, password => 'geheim')->{id};

    is(joins($id, $bob), '403 2004', 'none given');
    is(joins($id, $bob, { password => $_ }), '403 2004', 'a wrong one')
        for 'Geheim', '', 'geheim ';
    is(joins($id, $bob, { password => 'geheim' }), '200 200', 'the right one');
    is(joins($id, $bob), '200 200', 'who is in needs none');
    is(joins($id, $_), '200 200', 'nor the host, nor an admin')
        for $alice, $root;
    is(joins($id, $bob, { password => 5 }), '400 400', 'no string');
}


# Room for two

{
    my $id = $c->meeting($alice, max_participants => 2)->{id};

    is(joins($id, $_), '200 200', 'there is room') for $alice, $bob;
    is(joins($id, $carol), '403 2003', 'it is full');
    is(joins($id, $bob), '200 200', 'not for who is in');
    $c->api($bob, POST => "$m/$id/leave");
    is(joins($id, $carol), '200 200', 'somebody left');
    is(joins($id, $bob), '403 2003', 'full again');
    is($c->says($alice, PUT => "$m/$id", { max_participants => 1 }),
       '200 200', 'less than are there');
    is(status($id, $carol), 'online', 'nobody is sent away');
    $c->api($carol, POST => "$m/$id/leave");
    is(joins($id, $carol), '403 2003', 'but nobody comes');
}


# A lobby

{
    my $id = $c->meeting($alice, settings =>
                         { enable_waiting_room => $true })->{id};

    is(joins($id, $alice), '200 200', 'the host');
    my $r = join_as($id, $bob);
    is("$r->{status} $r->{json}{data}{status}", '200 waiting', 'bob waits');
    is(status($id, $bob), 'waiting', 'as the list says');
    is($c->says($bob, GET => "$m/$id/$_"), '403 403', "and sees no $_")
        for qw(participants messages);
    is($c->says($bob, POST => "$m/$id/messages", { content => 'x' }),
       '403 403', 'nor says anything');
    is(join_as($id, $bob)->{json}{data}{status}, 'waiting', 'he still waits');

    $r = $c->api($alice, POST => "$m/$id/participants",
                 { user_id => $bob->{id} });
    is("$r->{status} $r->{json}{data}{user_id}", "200 $bob->{id}",
       'he is let in');
    is(join_as($id, $bob)->{json}{data}{status}, 'online', 'and is in');

    join_as($id, $carol);
    is($c->says($alice, DELETE => "$m/$id/participants/$carol->{id}"),
       '200 200', 'carol is not');
    is(joins($id, $carol), '403 403', 'and may not wait again');
    is($c->says($alice, POST => "$m/$id/participants",
                { user_id => $carol->{id} }), '200 200', 'until she is added');
    is(join_as($id, $carol)->{json}{data}{status}, 'online', 'then she may');

    is($c->says($alice, POST => "$m/$id/participants",
                { user_id => $dave->{id} }), '200 200',
       'who was invited');
    is(join_as($id, $dave)->{json}{data}{status}, 'online', 'does not wait');
    is(join_as($id, $root)->{json}{data}{status}, 'online', 'nor an admin');
}


# require_approval is another word for it

{
    my $d = $c->meeting($alice, settings => { require_approval => $true });
    is($d->{settings}{enable_waiting_room}, $true, 'require_approval');
}

$c->done;
done_testing;
