# Sessions, history, statistics over HTTP: what is counted, who may see it.

use strict;
use warnings;

use Test::More;
use Conference::Signal;

my ($c, $p) = Conference::Signal::server(workers => 2,
    http_extra => "conf_rate_limit on;\n",
    http => "conf_zone main:16m;\nconf_backend unix:%CONFD%;\n"
            . "conf_jwt_secret \"$Conference::JWT::Secret\";\n");
my ($left, $right) = $c->workers;
my $room = $p->room(qw(alice bob));
my $other = $p->room(qw(mallory));
my %id = map { $_ => $p->user($_) } qw(alice bob mallory);
my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

my $a = Conference::Signal->new($p, alice => $room, worker => $left);
my $b = Conference::Signal->new($p, bob => $room, b => 1, worker => $right);
my $m = Conference::Signal->new($p, mallory => $other);

$_->join for $a, $b, $m;


sub get {
    my ($who, $path) = @_;
    return $c->http(GET => $path,
                    defined $who ? (token => $p->token($who)) : ());
}


sub refused {
    my ($who, $path, $status, $code, $name) = @_;
    my $r = get($who, $path);

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($r->{status}, $status, "$name: status");
    is($r->{json}{code}, $code, "$name: code");
    is_deeply($r->{json}{data}, {}, "$name: no data");
}


# A session.

my $r = get('bob', "/api/v1/sessions/$b->{id}");
is($r->{status}, 200, 'one\'s own session');

my $s = $r->{json}{data};
is_deeply([@{$s}{qw(session_id user_id username meeting_id peer_id status)}],
          [$b->{id}, $id{bob}, 'bob', $room, 'peer-bob', 'connected'],
          'what it is');
like($s->{$_}, $time, $_)
    for qw(joined_at connected_at last_activity last_ping_at);
is_deeply($s->{media_state}, { audio_enabled => JSON::PP::true(),
                               video_enabled => JSON::PP::true(),
                               screen_sharing => JSON::PP::false() },
          'media_state');
ok(!exists $s->{email} && $r->{body} !~ /password/, 'and nothing else');

is(get('alice', "/api/v1/sessions/$b->{id}")->{json}{data}{user_id}, $id{bob},
   'the host sees it');
refused('bob', "/api/v1/sessions/$a->{id}", 403, 403, 'a participant another\'s');
refused('mallory', "/api/v1/sessions/$b->{id}", 403, 403, 'an outsider');
refused('bob', '/api/v1/sessions/' . '0' x 16, 404, 404, 'no session');
refused('bob', '/api/v1/sessions/x', 404, 404, 'no id');
refused(undef, "/api/v1/sessions/$b->{id}", 401, 401, 'nobody');
is(get('bob', '/api/v1/sessions/x')->{json}{message}, 'Session not found',
   'in words');


# Those of a meeting.

my $door = Conference::Signal->new($p, bob => $room);
$r = get('bob', "/api/v1/sessions/room/$room");
is($r->{json}{data}{total}, 3, 'all that are live');
is(join(' ', map { "$_->{username} $_->{status}" }
        @{$r->{json}{data}{sessions}}),
   'alice connected bob connected bob connecting', 'each of them');
refused('mallory', "/api/v1/sessions/room/$room", 403, 403, 'an outsider');
refused('bob', '/api/v1/sessions/room/0', 400, 400, 'no meeting');
refused('bob', '/api/v1/sessions/room/x', 400, 400, 'no number');
refused('bob', '/api/v1/sessions/room/999', 404, 2001, 'unknown');
refused(undef, "/api/v1/sessions/room/$room", 401, 401, 'nobody');
$door->ws->close;


# History.

$a->say('chat', { content => "line $_" }) for 1 .. 4;
$b->hear('chat', sub { $_[0]{data}{content} eq 'line 4' });

$r = get('bob', "/api/v1/messages/history/$room");
my $list = $r->{json}{data}{messages};
is(join(' ', map { $_->{content} } @$list), 'line 4 line 3 line 2 line 1',
   'newest first');
is_deeply([@{$list->[0]}{qw(type from_user_id to_user_id meeting_id)}],
          ['chat', $id{alice}, undef, $room], 'what a line is');
is_deeply($list->[0]{payload}, { content => 'line 4', user_id => $id{alice},
                                 username => 'alice' }, 'payload');
like($list->[0]{created_at}, $time, 'created_at');
$r = get('bob', "/api/v1/messages/history/$room?limit=2");
is(@{$r->{json}{data}{messages}}, 2, 'a limit');
$r = get('bob', "/api/v1/messages/history/$room?limit=2&before_id="
                . $r->{json}{data}{messages}[1]{message_id});
is($r->{json}{data}{messages}[0]{content}, 'line 2', 'and what is before');
refused('bob', "/api/v1/messages/history/$room?limit=$_", 400, 400, "limit $_")
    for 0, 1001, 'x', -1;
refused('mallory', "/api/v1/messages/history/$room", 403, 403, 'an outsider');
refused('bob', '/api/v1/messages/history/x', 400, 400, 'no number');
refused(undef, "/api/v1/messages/history/$room", 401, 401, 'nobody');


# Statistics: of the caller's meetings.

$door = Conference::Signal->new($p, bob => $room);
$door->join;
$r = get('bob', '/api/v1/stats/overview');
is_deeply([@{$r->{json}{data}}{qw(active_sessions connected_clients
                                  active_rooms)}], [4, 3, 2], 'counted');
is_deeply([keys %{$r->{json}{data}{room_details}}], [$room],
          'one\'s own meetings');
is($r->{json}{data}{room_details}{$room}{participant_count}, 2, 'people');
like($r->{json}{data}{room_details}{$room}{created_at}, $time, 'created_at');
refused(undef, '/api/v1/stats/overview', 401, 401, 'nobody');

$r = get('alice', '/api/v1/stats/rooms');
is_deeply([map { delete $_->{created_at}; $_ } @{$r->{json}{data}{rooms}}],
          [{ meeting_id => $room, room_id => "$room",
             participant_count => 2, active_connections => 3,
             duration => 0, total_messages => 4 }], 'rooms');
is($r->{json}{data}{rooms_by_id}{$room}{total_messages}, 4, 'by id');
is_deeply(get('mallory', '/api/v1/stats/rooms')->{json}{data}{rooms}[0]{meeting_id},
          $other, 'for each one\'s own');
refused(undef, '/api/v1/stats/rooms', 401, 401, 'nobody');

$_->ws->close for $a, $b, $m, $door;
$p->settle(0);
is_deeply(get('alice', '/api/v1/stats/rooms')->{json}{data}{rooms}, [], 'all left');


# Limits: exactly so many a minute.

for my $row (["/api/v1/sessions/x", 100, 'carol1'], ["/api/v1/sessions/room/$room", 100,
              'carol2'], ["/api/v1/messages/history/$room", 100, 'carol3'],
             ['/api/v1/stats/overview', 50, 'carol4'], ['/api/v1/stats/rooms', 50, 'carol5'])
{
    my ($path, $n, $who) = @$row;

    $p->user($who);
    my @status = map { get($who, $path)->{status} } 1 .. $n + 1;
    is((grep { $_ == 429 } @status[0 .. $n - 1]), 0, "$n of $path");
    is($status[-1], 429, 'and no more');
}

$c->done;
done_testing();
