# Signaling where types are names: who may, joining, relay, chat, media,
# leaving, frames that are wrong.

use strict;
use warnings;

use Test::More;
use Conference::Signal;

my ($c, $p) = Conference::Signal::server(workers => 2);
my ($left, $right) = $c->workers;
my $room = $p->room(qw(alice bob carol));
my $other = $p->room(qw(mallory));
my %id = map { $_ => $p->user($_) } qw(alice bob carol mallory);
my $true = JSON::PP::true();
my $false = JSON::PP::false();


# Who may.

sub refused {
    my ($who, $query, $status, $code, $name, %o) = @_;
    my $ws = $c->ws('/ws/signaling' . $query,
                    defined $who ? (token => $p->token($who)) : (), %o);

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is($ws->status, $status, "$name: status");
    is(($ws->json || {})->{code}, $code, "$name: code");
    ok(defined $ws->json->{request_id}, "$name: in the envelope");
    return $ws->json;
}

refused(undef, "?meeting_id=$room", 401, 401, 'no token');
refused('mallory', "?meeting_id=$room", 403, 403, 'an outsider');
refused('alice', '', 400, 400, 'no meeting');
refused('alice', '?meeting_id=x', 400, 400, 'no number');
refused('alice', '?meeting_id=999', 404, 2001, 'no such meeting');
is(refused('alice', "?meeting_id=$room&user_id=$id{bob}", 403, 403,
           'another user')->{message}, 'user_id does not match the token',
   'in words');
refused('alice', "?meeting_id=$room&peer_id=" . 'x' x 65, 400, 400,
        'a long peer id');
refused('alice', "?meeting_id=$room", 400, 400, 'no upgrade',
        headers => { Upgrade => undef });
refused('alice', "?meeting_id=$room", 403, 403, 'another origin',
        headers => { Origin => 'http://evil.example' });
is($p->settle(0), 1, 'nothing is left of them');

# Ways of a token.

my $token = $p->token('alice');

for my $way (["token=$token", 'token'], ["access_token=$token", 'access'],
             ["token=Bearer%20$token", 'bearer in the query'])
{
    my $ws = $c->ws("/ws/signaling?meeting_id=$room&$way->[0]");
    is($ws->status, 101, "$way->[1] in the query");
    $ws->close;
}

{
    my $ws = $c->ws("/ws/signaling?meeting_id=$room",
                    protocol => "bearer, $token");
    is($ws->status, 101, 'a token as subprotocol');
    is($ws->header('sec-websocket-protocol'), 'bearer', 'is answered');
    $ws->close;
}


# Joining: one's own view first, a delta for the others.

my $a = Conference::Signal->new($p, alice => $room, worker => $left);
my $b = Conference::Signal->new($p, bob => $room, worker => $right);

ok($a->ok && $b->ok, 'two sockets');
is_deeply([$a->all(0.3)], [], 'which hear nothing before they join');

my $info = $a->join;
is($info->{meeting_id}, $room, 'a room-info');
like($info->{timestamp}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'with a time');
like($info->{data}{session_id}, qr/^[0-9a-f]{16}$/, 'and a session');
like($info->{data}{peer_id}, qr/^p_[0-9a-f]{12}$/, 'and a peer');
is($info->{data}{participant_count}, 1, 'one is there');
is($info->{data}{role}, 'host', 'the host');
is(@{$info->{data}{participants}}, 1, 'who sees oneself');
is($info->{data}{participants}[0]{is_self}, $true, 'as oneself');
is($info->{data}{participants}[0]{username}, 'alice', 'by name');
is_deeply($info->{data}{ice_servers}, [], 'ICE servers');
is($info->{data}{ai_live}{enabled}, $false, 'nobody leads');
ok($info->{data}{seq} > 0, 'a number to resume from');

$info = $b->join;
is($info->{data}{participant_count}, 2, 'two are there');
is(join(' ', map { $_->{username} . ($_->{is_self} ? '*' : '') }
        @{$info->{data}{participants}}), 'alice bob*', 'both are shown');
is($info->{data}{role}, 'participant', 'a participant');

my $got = $a->hear('user-joined');
is($got->{from}, $id{bob}, 'who is there hears who came');
is($got->{data}{username}, 'bob', 'by name');
is($got->{data}{session_id}, $b->{id}, 'session');
is($got->{data}{meeting_id}, $room, 'meeting');
is($got->{data}{audio_enabled}, $true, 'and media');
is_deeply([grep { $_->{type} ne 'room-info' } $b->all(0.3)], [],
          'and nobody of oneself');
is_deeply([$a->all(0.7, 'room-info')], [], 'no snapshots here');

is($b->join->{data}{session_id}, $b->{id}, 'a second join is no other');


# Relay: to one user, verbatim, from whom it is.

$a->say('offer', { sdp => "v=0\r\n\x{e9}", type => 'offer', n => [1, undef] },
        to => $id{bob}, from => $id{carol}, id => 'mine-1',
        session_id => 'forged', meeting_id => $other);
$got = $b->hear('offer');
is_deeply($got->{data}, { sdp => "v=0\r\n\x{e9}", type => 'offer',
                          n => [1, undef] }, 'as it was');
is($got->{from}, $id{alice}, 'from who has sent it');
is($got->{to}, $id{bob}, 'to whom it is');
is($got->{meeting_id}, $room, 'in this meeting');
is($got->{session_id}, $a->{id}, 'from that session');
is($got->{id}, 'mine-1', 'with the client\'s id');
ok($got->{seq} > 0, 'numbered');

$b->say('answer', { sdp => 'y' }, to => $id{alice});
is($a->hear('answer')->{data}{sdp}, 'y', 'an answer');
$b->say('ice-candidate', { candidate => 'c', sdpMid => '0' },
        to => "$id{alice}");
is($a->hear('ice-candidate')->{data}{candidate}, 'c', 'a candidate');

# In other words.

$b->ws->send_json({ type => 'offer', target_user_id => $id{alice},
                    sdp => { type => 'offer', sdp => 'z' } });
is_deeply($a->hear('offer')->{data}, { sdp => { type => 'offer',
                                                sdp => 'z' } },
          'beside the type');
$b->ws->send_json({ type => 'ice_candidate', payload => { candidate => 1 },
                    to_user_id => $id{alice} });
is($a->hear('ice-candidate')->{data}{candidate}, 1, 'a payload');
$b->ws->send_json({ type => 'offer', sdp => 'q',
                    to_peer_id => $a->ws && $info->{data}{participants}[0]
                                            {peer_id} });
is($a->hear('offer')->{data}{sdp}, 'q', 'to a peer');

# All of a user's sessions, and none of another meeting.

my $a2 = Conference::Signal->new($p, alice => $room, worker => $right);
$a2->join;
is($b->hear('user-joined')->{data}{session_id}, $a2->{id},
   'a second session of alice');
is($a->hear('user-joined')->{data}{session_id}, $a2->{id}, 'she hears, too');
my $m = Conference::Signal->new($p, mallory => $other);
$m->join;
$b->say('offer', { sdp => 'both' }, to => $id{alice});
is($_->hear('offer')->{data}{sdp}, 'both', 'both hear') for $a, $a2;

sub denied {
    my ($from, $code, $message, $reason, $name) = @_;
    my $error = $from->hear('error');

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is_deeply([@{$error->{data}}{qw(code message reason)}],
              [$code, $message, $reason], $name);
}

$b->say('offer', { sdp => 1 }, to => $id{mallory});
denied($b, 404, 'Target user not found', 'TARGET_NOT_FOUND',
       'never to another meeting');
is_deeply([$m->all(0.3)], [], 'who hears nothing');
$b->say('offer', { sdp => 1 }, to => $id{carol});
denied($b, 404, 'Target user not found', 'TARGET_NOT_FOUND', 'not there');
$b->say('offer', { sdp => 1 });
denied($b, 400, 'Missing target user', 'INVALID_MESSAGE', 'to nobody');

my $late = Conference::Signal->new($p, carol => $room);
$late->say('offer', { sdp => 1 }, to => $id{alice});
denied($late, 403, 'Join the meeting first', 'UNAUTHORIZED',
       'not before the join');
$late->ws->close;


# Media.

$a->say('media-state', { audio_enabled => $false });
$got = $b->hear('media-state');
is_deeply([@{$got->{data}}{qw(user_id audio_enabled video_enabled
                              screen_sharing)}],
          [$id{alice}, $false, $true, $false], 'what is on now');
$a->say('media-state', { action => 'video_off', media_type => 'video' });
$got = $b->hear('media-state');
is_deeply([@{$got->{data}}{qw(audio_enabled video_enabled action)}],
          [$false, $false, 'video_off'], 'an action, with its words');
$a->say('media-control', { media_type => 'audio', enabled => $true });
$got = $b->hear('media-state');
is($got->{data}{audio_enabled}, $true, 'by type');
$a->say('screen-share', { enabled => $true });
is($b->hear('media-state')->{data}{screen_sharing}, $true, 'the screen');
$a->say('media-state', { nothing => 1 });
denied($a, 400, 'Invalid message format', 'INVALID_MESSAGE', 'nothing');
is((grep { $_->{session_id} eq $a->{id} }
    @{$b->join->{data}{participants}})[0]{screen_sharing}, $true,
   'the list has it, too');


# Chat: stored, shared with the other dialect.

$a->say('chat', { content => 'hello', user_id => $id{bob},
                  username => 'bob' }, id => 'chat-1');
for my $who ($a, $b, $a2) {
    $got = $who->hear('chat');
    is_deeply([@{$got->{data}}{qw(content user_id username)}],
              ['hello', $id{alice}, 'alice'], 'heard, and by whom');
}

is($got->{data}{message_seq}, 1, 'the first of the room');
is($p->history($room, 'bob')->[0]{content}, 'hello', 'and in its log');
$a->say('chat', { content => 'hello' }, id => 'chat-1');
is($a->hear('chat')->{data}{message_id}, $got->{data}{message_id},
   'a retry is told to who retries');
is_deeply([$b->all(0.3, 'chat')], [], 'only');
$a->say('chat', { content => '' });
denied($a, 400, 'content is required', 'INVALID_MESSAGE', 'says nothing');
$a->say('chat', { content => 'x' x 1001 });
denied($a, 400, 'Invalid message format', 'INVALID_MESSAGE', 'says too much');

my $chat = $p->socket('carol');
$got = $b->hear('user-joined');
is_deeply([@{$got->{data}}{qw(username peer_id)}], ['carol', ''],
          'who comes by the other dialect is shown');
ok($p->presence($chat, 'alice', 1, 1) || 1, 'and so is who is there');
$p->post($chat, $room, 'from afar');
is($b->hear('chat')->{data}{content}, 'from afar', 'one chat');
$b->say('chat', { message => 'back' });
is($p->hear($chat, 'back')->{sender_id}, $id{bob}, 'in both directions');
$chat->close;
is($b->hear('user-left')->{data}{username}, 'carol', 'and goes');


# Ping, and frames that are wrong.

$a->say('ping', undef, id => 'p1');
is($a->hear('pong')->{id}, 'p1', 'pong');

for my $text ('{', '[]', '"x"', '', '{"type":null}', '{"type":{}}',
              '{"type":"offer","type":"offer"}', "\x{0}")
{
    $a->ws->send_text($text);
    denied($a, 400, 'Invalid message format', 'INVALID_MESSAGE',
           "malformed: $text") unless $text eq '{"type":{}}';
    $a->hear('error') if $text eq '{"type":{}}';
}

for my $type ('nothing', 'pong', 'room-info', 'error', 'user-joined', '') {
    $a->ws->send_json({ type => $type, data => {} });
    denied($a, 400, 'Unknown message type', 'INVALID_MESSAGE',
           "type '$type'");
}

$a->ws->send_json({ type => 'offer', to => -1, data => {} });
denied($a, 400, 'Invalid message format', 'INVALID_MESSAGE', 'to -1');
$a->ws->send_json({ type => 'chat', data => 'text' });
denied($a, 400, 'Invalid message format', 'INVALID_MESSAGE', 'no object');


# Leaving.

$a2->say('leave', {});
is($a2->closed, 1000, 'a leave closes');
$got = $b->hear('user-left');
is_deeply([@{$got->{data}}{qw(username session_id)}], ['alice', $a2->{id}],
          'which the others hear');
$a->ws->disconnect;
is($b->hear('user-left')->{data}{session_id}, $a->{id}, 'an end, too');

is($p->settle(2), 1, 'two are left');

$p->remove($room, 'alice', 'bob');
is($b->hear('rejected')->{data}{meeting_id}, $room, 'removed');
is($b->closed, 4001, 'and closed');

$c->http(DELETE => "/api/room/delete?room_id=$other",
         token => $p->token('mallory'));
is($m->hear('meeting-ended')->{data}{meeting_id}, $other, 'over');
is($m->closed, 4002, 'and closed');
is($p->settle(0), 1, 'nobody is left');

$c->done;
done_testing();
