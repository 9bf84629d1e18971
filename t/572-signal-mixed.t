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
$b->say('chat', { content => 'two' });
is($_->hear('chat')->{data}{content}, 'one', 'one log') for $a, $b;
is($_->hear('chat')->{data}{content}, 'two', 'one order') for $a, $b;


# peer_id makes one guess; the first frame says.

my $d = Conference::Signal->new($p, carol => $room,
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
