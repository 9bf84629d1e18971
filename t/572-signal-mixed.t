# Both forms side by side in one room, chosen by the first frame.

use strict;
use warnings;

use Test::More;
use Conference::Signal;

my ($c, $p) = Conference::Signal::server(workers => 2);
my ($left, $right) = $c->workers;
my $room = $p->room(qw(alice bob carol));
my %id = map { $_ => $p->user($_) } qw(alice bob carol);

my $a = Conference::Signal->new($p, alice => $room, worker => $left);
my $b = Conference::Signal->new($p, bob => $room, b => 1, worker => $right);

$a->join;
$b->join;
is($a->hear('user-joined')->{data}{peer_id}, 'peer-bob', 'names hear numbers');

$a->say('offer', { sdp => 1, list => [{}] }, to => $id{bob}, id => 'o');
my $got = $b->hear('offer');
is_deeply($got->{data}, { sdp => 1, list => [{}] }, 'an offer by name');
is_deeply([@{$got}{qw(id from)}], ['o', $id{alice}], 'arrives as a number');
$b->say('answer', { sdp => 2 }, to => $id{alice});
is($a->hear('answer')->{from}, $id{bob}, 'and an answer the other way');

$a->say('chat', { content => 'one' });
is($_->hear('chat')->{data}{content}, 'one', 'one log') for $a, $b;
$b->say('chat', { content => 'two' });
is($_->hear('chat')->{data}{content}, 'two', 'one order') for $a, $b;


# Frames as the document has them.

my $to = $id{alice};
my $d = Conference::Signal->new($p, carol => $room);
$d->join;
$a->all(0.2);

for my $frame ({ type => 'answer', from => 1, to => $to, meeting_id => $room,
                 data => { sdp => 'x' } },
               { type => 'ice-candidate', from => 1, to => $to,
                 meeting_id => $room, data => { candidate => 'x' } },
               { type => 'media-state', from => 1, meeting_id => $room,
                 data => { audio_enabled => JSON::PP::true() } })
{
    $d->ws->send_json($frame);
    $got = $a->hear($frame->{type});
    is($got->{from}, $id{carol}, $frame->{type});
}

$d->ws->send_json({ type => 'screen-share', meeting_id => $room,
                    data => { enabled => JSON::PP::true() } });
is($a->hear('media-state')->{data}{media_type}, 'screen', 'screen-share');
$d->ws->send_json({ type => 'ai-live-claim', meeting_id => $room,
                    data => { enable => JSON::PP::true() } });
ok($a->hear('ai-live-status')->{data}{enabled}, 'ai-live-claim');
$d->ws->send_json({ type => 'ai-live-result', meeting_id => $room,
                    data => { line_id => '1', tags => [] } });
is($a->hear('ai-live-result')->{data}{line_id}, '1', 'ai-live-result');
$d->ws->send_json({ type => 'leave', from => 1, meeting_id => $room,
                    data => {} });
is($d->closed, 1000, 'leave');


# peer_id makes one guess; the first frame says.

$d = Conference::Signal->new($p, carol => $room,
                             query => { peer_id => 'mine' });
$d->ws->send_json({ type => 'join' });
$got = $d->ws->recv_json;
is($got->{type}, 'room-info', 'a name settles for names');
is($got->{data}{peer_id}, 'mine', 'whatever the query has');
$d->ws->send_json({ type => 11 });
is($d->ws->recv_until(sub { ref $_ && ($_->{type} || '') eq 'pong' })
   ->{type}, 'pong', 'once and for all');
$d->ws->close;

$d = Conference::Signal->new($p, carol => $room);
$d->ws->send_json({ type => 4 });
is($d->ws->recv_json->{type}, 14, 'a number for numbers');
$d->ws->close;

$d = Conference::Signal->new($p, carol => $room);
$d->ws->send_text('{"no":"type"}');
is($d->ws->recv_json->{type}, 'error', 'what says nothing settles nothing');
$d->ws->send_json({ type => 4 });
is($d->ws->recv_json->{type}, 14, 'the next one does');
$d->ws->close;


# Flood.

$a->say('ping') for 1 .. 330;
is($a->closed, 4008, 'who says too much is closed');
is($b->hear('user-left', sub { $_[0]{from} == $id{alice} })->{from},
   $id{alice}, 'and gone');

# A frame that is too big.

$b->say('offer', { sdp => 'x' x 70000 }, to => $id{carol});
is($b->closed, 1009, 'too big');

is($p->settle(0), 1, 'nobody is left');
$c->done;
done_testing();
