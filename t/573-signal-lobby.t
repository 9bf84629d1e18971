# Meetings with a time and settings: the waiting room, being muted, what is
# switched off, roles that change, the end.

use strict;
use warnings;

use Test::More;
use Conference::Signal;

my ($c, $p) = Conference::Signal::server(workers => 2,
    server => "conf_turn_uri stun:stun.example turn:turn.example;\n"
              . "conf_turn_secret 0123456789abcdef0123456789abcdef;\n");
my ($left, $right) = $c->workers;
my %id = map { $_ => $p->user($_) } qw(alice bob carol dave erin);
my $true = JSON::PP::true();
my $false = JSON::PP::false();

my %bit = (recording => 1, chat => 2, screen => 4, lobby => 8, mute => 16);


# Straight from confd: what is tested here is what sockets make of it.

sub meeting {
    my ($host, @settings) = @_;
    my $settings = 0;

    $settings |= $bit{$_} for @settings;
    my $now = time;
    return $p->ask(MEETING_CREATE => [$p->user($host), 'meeting', '',
        ($now + 1) * 1000, ($now + 3600) * 1000, 100, 0, $settings, '', ''])
        ->[0][0];
}

sub enter {
    my ($room, $who) = @_;
    return $p->ask(MEETING_JOIN => [$p->user($who), $room + 0, '']);
}


# The waiting room.

my $room = meeting('alice', qw(chat screen lobby));
enter($room, 'alice');

my $a = Conference::Signal->new($p, alice => $room, worker => $left);
is($a->join->{data}{role}, 'host', 'the host is in');
is($a->join->{data}{settings}{enable_waiting_room}, $true, 'with a lobby');

is($c->ws("/ws/signaling?meeting_id=$room", token => $p->token('bob'))
   ->status, 403, 'who has not asked to come in has no socket');

enter($room, 'bob');
my $b = Conference::Signal->new($p, bob => $room, worker => $right);
ok($b->ok, 'who waits has one');
my $got = $a->hear('user-waiting');
is_deeply([@{$got->{data}}{qw(user_id username)}], [$id{bob}, 'bob'],
          'and the host hears of him');

$got = $b->join;
is_deeply([@{$got->{data}}{qw(status participants participant_count)}],
          ['waiting', [], 0], 'no way in yet, and nothing to be seen');
$b->say('offer', { sdp => 1 }, to => $id{alice});
$got = $b->hear('error');
is_deeply([@{$got->{data}}{qw(code reason message)}],
          [403, 'UNAUTHORIZED', 'Waiting to be admitted'],
          'nothing is passed on');
$b->say('chat', { content => 'let me in' });
is($b->hear('error')->{data}{message}, 'Waiting to be admitted', 'no chat');
$a->say('chat', { content => 'secret' });
$a->hear('chat');
is_deeply([$b->all(0.3)], [], 'and nothing is heard');
is_deeply([$a->all(0.3, 'user-joined')], [], 'nor is he there');

$p->ask(PARTICIPANT_ADD => [$id{alice}, $room + 0, [$id{bob}], 1]);
is($b->hear('admitted')->{data}{meeting_id}, $room, 'admitted');
is($b->hear('room-info')->{data}{participant_count}, 2,
   'and in, since he had asked');
is($a->hear('user-joined')->{from}, $id{bob}, 'as all hear');
$b->say('offer', { sdp => 1 }, to => $id{alice});
ok($a->hear('offer'), 'heard now');

enter($room, 'carol');
my $d = Conference::Signal->new($p, carol => $room, b => 1, worker => $left);
$a->hear('user-waiting');
is_deeply([$b->all(0.3, 'user-waiting')], [], 'participants do not hear');
$p->ask(PARTICIPANT_REMOVE => [$id{alice}, $room + 0, $id{carol}]);
ok($d->hear('rejected'), 'rejected');
is($d->closed, 4001, 'and closed');
is($c->ws("/ws/signaling?meeting_id=$room", token => $p->token('carol'))
   ->status, 403, 'for good');


# Removed while in it.

$p->ask(PARTICIPANT_REMOVE => [$id{alice}, $room + 0, $id{bob}]);
is($b->closed, 4001, 'removed');
ok($a->hear('user-left'), 'heard');


# What is switched off.

$room = meeting('alice', qw(mute));
enter($room, $_) for qw(alice bob dave);
$p->ask(PARTICIPANT_ROLE => [$id{alice}, $room + 0, $id{dave}, 2]);

$a = Conference::Signal->new($p, alice => $room, worker => $left);
$b = Conference::Signal->new($p, bob => $room, worker => $right);
my $m = Conference::Signal->new($p, dave => $room, worker => $right);

is($a->join->{data}{audio_enabled}, $true, 'the host is not muted');
$got = $b->join;
is($got->{data}{audio_enabled}, $false, 'who joins is');
is($a->hear('media-state')->{data}{audio_enabled}, $false, 'as is shown');
is($m->join->{data}{audio_enabled}, $true, 'a moderator is not');
is($m->join->{data}{role}, 'moderator', 'a moderator');

$b->say('media-state', { screen_sharing => $true });
is($b->hear('error')->{data}{message}, 'Screen sharing is disabled',
   'no screens');
$m->say('media-state', { screen_sharing => $true });
is($a->hear('media-state')->{data}{screen_sharing}, $true,
   'but a moderator\'s');
$b->say('chat', { content => 'psst' });
is($b->hear('error')->{data}{message}, 'Chat is disabled', 'no chat');
$a->say('chat', { content => 'host' });
is($b->hear('chat')->{data}{content}, 'host', 'but the host\'s');
$b->say('media-state', { audio_enabled => $true });
is($a->hear('media-state', sub { $_[0]{from} == $id{bob} })
   ->{data}{audio_enabled}, $true, 'who was muted may speak');


# Who comes by the socket only is counted all the same.

my $small = $p->ask(MEETING_CREATE => [$id{alice}, 'small', '',
    (time + 1) * 1000, (time + 3600) * 1000, 2, 0, 6, '', ''])->[0][0];
$p->ask(PARTICIPANT_ADD => [$id{alice}, $small + 0,
                            [@id{qw(bob dave erin)}], 1]);
my @three = map { Conference::Signal->new($p, $_ => $small) }
            qw(alice bob dave);
ok($_->join, 'in') for @three[0, 1];
$three[2]->say('join', {});
$got = $three[2]->hear('error');
is_deeply([@{$got->{data}}{qw(code reason message)}],
          [403, 'ROOM_FULL', 'Meeting is full'], 'full');
$three[1]->say('leave', {});
is($three[1]->closed, 1000, 'one leaves');
$_->ws->close for @three;


# The same by HTTP: ICE servers of one's own, and a leave that takes the
# sockets along.

my $rest = $c->http(POST => "/api/v1/meetings/$room/join",
                    token => $p->token('bob'), json => {});
is($rest->{status}, 200, 'a join');
my $twin = Conference::Signal->new($p, bob => $room, b => 1,
    token => $rest->{json}{data}{token},
    query => { peer_id => $rest->{json}{data}{peer_id} });
$got = $twin->join;
is($got->{data}{peer_id}, $rest->{json}{data}{peer_id}, 'by its ticket');
is($got->{data}{ice_servers}[0]{urls}, 'stun:stun.example', 'a STUN server');
like($got->{data}{ice_servers}[1]{username}, qr/^\d+:\d+$/,
     'a TURN server, for this user');
is($c->http(POST => "/api/v1/meetings/$room/leave",
            token => $p->token('bob'))->{status}, 200, 'a leave');
is($_->closed, 1000, 'closes one\'s sockets') for $b, $twin;
is($m->closed(0.1), undef, 'and no other');
$c->http(POST => "/api/v1/meetings/$room/join", token => $p->token('bob'),
         json => {});
$b = Conference::Signal->new($p, bob => $room, worker => $right);
$b->join;


# A role that changes while one is in it.

$p->ask(PARTICIPANT_ROLE => [$id{alice}, $room + 0, $id{bob}, 2]);
ok(Conference::wait_for(sub {
    $b->say('screen-share', { enabled => $true });
    return $a->hear('media-state',
                    sub { $_[0]{from} == $id{bob}
                          && $_[0]{data}{screen_sharing} }, 0.5);
}, 10), 'a moderator by now');


# The end: for who is in it, and for who stands at the door.

$p->ask(PARTICIPANT_ADD => [$id{alice}, $room + 0, [$id{erin}], 1]);
my $door = Conference::Signal->new($p, erin => $room);
ok($door->ok, 'one stands at the door');
$p->ask(MEETING_END => [$id{alice}, $room + 0]);

for my $who ($a, $b, $m, $door) {
    is($who->hear('meeting-ended')->{data}{meeting_id}, $room, 'over');
    is($who->closed, 4002, 'and closed');
}

my $ws = $c->ws("/ws/signaling?meeting_id=$room",
                token => $p->token('alice'));
is($ws->status, 403, 'nobody comes again');
is($ws->json->{code}, 2002, 'since it has ended');
is($p->settle(0), 1, 'nobody is left');

$c->done;
done_testing();
