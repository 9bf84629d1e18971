# Signaling where types are numbers: the same frames in the other form, and
# snapshots of the room that are sent together.

use strict;
use warnings;

use Test::More;
use Conference::Signal;

my ($c, $p) = Conference::Signal::server(workers => 2);
my ($left, $right) = $c->workers;
my $room = $p->room('alice', 'bob', map { "u$_" } 1 .. 10);
my %id = map { $_ => $p->user($_) } qw(alice bob);
my $true = JSON::PP::true();
my $false = JSON::PP::false();

my $a = Conference::Signal->new($p, alice => $room, b => 1, worker => $left);
my $b = Conference::Signal->new($p, bob => $room, b => 1, worker => $right);


# The raw frame.

$a->ws->send_json({ id => 'j', type => 4, from_user_id => $id{alice},
                    meeting_id => $room, session_id => '',
                    peer_id => 'peer-alice',
                    payload => { user_id => $id{alice} },
                    timestamp => '2026-01-01T00:00:00Z' });
my $raw = $a->ws->recv_json;

is($raw->{type}, 14, 'a room-info comes first');
like($raw->{session_id}, qr/^[0-9a-f]{16}$/, 'session_id');
is($raw->{peer_id}, 'peer-alice', 'peer_id');
is($raw->{meeting_id}, $room, 'meeting_id');
is($raw->{from_user_id}, 0, 'from the server');
ok(exists $raw->{id}, 'id');
like($raw->{timestamp}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'timestamp');
is($raw->{payload}{peer_id}, 'peer-alice', 'one\'s own peer');
is($raw->{payload}{participants}[0]{is_self}, $true, 'oneself');

my $snap = $a->hear('room-info');
ok($snap, 'and then one for all');
is($snap->{data}{session_id}, $raw->{session_id}, 'with one\'s own session');

$b->join;
my $got = $a->hear('user-joined');
is_deeply([@{$got->{data}}{qw(user_id username peer_id meeting_id)}],
          [$id{bob}, 'bob', 'peer-bob', $room], 'who came');
$snap = $a->hear('room-info');
is(@{$snap->{data}{participants}}, 2, 'the room as it is now');
is_deeply([map { [$_->{username}, $_->{is_self}] }
           @{$snap->{data}{participants}}],
          [['alice', $true], ['bob', $false]], 'with oneself in it');
$snap = $b->hear('room-info');
is_deeply([map { [$_->{username}, $_->{is_self}] }
           @{$snap->{data}{participants}}],
          [['alice', $false], ['bob', $true]], 'for each its own');
is($snap->{data}{peer_id}, 'peer-bob', 'peer');


# Ten come at once: deltas for each, but few snapshots.

my @crowd = map { Conference::Signal->new($p, "u$_" => $room, b => 1) }
            1 .. 10;

$_->say('join') for @crowd;
$_->hear('room-info') or fail('a snapshot') for @crowd;

my @heard = $a->all(1.5);
is((grep { $_->{type} eq 'user-joined' } @heard), 10, 'ten deltas');
my @infos = grep { $_->{type} eq 'room-info' } @heard;
ok(@infos >= 1 && @infos <= 5, 'and few snapshots: ' . @infos);
is(@{$infos[-1]{data}{participants}}, 12, 'the last one has all');
is($infos[-1]{data}{participant_count}, 12, 'counted');


# Relay.

$a->ws->send_json({ id => 'x', type => 1, from_user_id => 99,
                    to_user_id => $id{bob}, meeting_id => $room,
                    payload => { sdp => 's', type => 'offer',
                                 target_peer_id => 'peer-bob' } });
$raw = $b->ws->recv_until(sub { ref $_ && $_->{type} == 1 });
is_deeply($raw->{payload}, { sdp => 's', type => 'offer',
                             target_peer_id => 'peer-bob' }, 'verbatim');
is_deeply([@{$raw}{qw(id from_user_id to_user_id peer_id meeting_id)}],
          ['x', $id{alice}, $id{bob}, 'peer-alice', $room], 'addressed');

$b->say('answer', { sdp => 'a' }, to => $id{alice});
is($a->hear('answer')->{data}{sdp}, 'a', 'answered');
$b->say('ice-candidate', { candidate => 'c', sdpMLineIndex => 0 },
        to => $id{alice});
is($a->hear('ice-candidate')->{data}{sdpMLineIndex}, 0, 'a candidate');
$b->say('offer', {});
$raw = $b->ws->recv_until(sub { ref $_ && $_->{type} == 13 });
is_deeply([@{$raw->{payload}}{qw(code message)}],
          [400, 'Missing target user'], 'an error is 13');

$b->ws->send_json({ type => 77, payload => {} });
is($b->hear('error')->{data}{message}, 'Unknown message type', 'no type 77');
$b->ws->send_json({ type => 4.5, payload => {} });
is($b->hear('error')->{data}{message}, 'Unknown message type', 'nor 4.5');
$b->ws->send_json({ type => -4, payload => {} });
is($b->hear('error')->{data}{message}, 'Unknown message type', 'nor -4');
$b->ws->send_json({ type => 14, payload => {} });
is($b->hear('error')->{data}{message}, 'Unknown message type',
   'nor what is the server\'s');


# Chat, media, ping.

$b->say('chat', { content => 'hi', username => 'alice' }, id => 'c1');
$got = $a->hear('chat');
is_deeply([@{$got->{data}}{qw(content username user_id)}],
          ['hi', 'bob', $id{bob}], 'chat');
is($b->hear('chat')->{id}, 'c1', 'to the sender, too');
$b->say('media-state', { action => 'mute', media_type => 'audio' });
$got = $a->hear('media-state');
is_deeply([@{$got->{data}}{qw(action audio_enabled peer_id)}],
          ['mute', $false, 'peer-bob'], 'media');
$b->say('ping');
ok($b->hear('pong'), 'pong');


# Leaving.

$b->say('leave', {});
is($b->closed, 1000, 'leave');
is($a->hear('user-left')->{data}{peer_id}, 'peer-bob', 'is told');
is(@{$a->hear('room-info')->{data}{participants}}, 11, 'and shown');

$_->ws->disconnect for @crowd, $a;
is($p->settle(0), 1, 'nobody is left');

$c->done;
done_testing();
