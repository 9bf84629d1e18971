# A client that lost its connection goes on where it was: what it has missed
# is told again, or it learns that too much is missing.

use strict;
use warnings;

use Test::More;
use Conference::Signal;

my ($c, $p) = Conference::Signal::server(workers => 2,
    main => "worker_shutdown_timeout 1s;\n");
my ($left, $right) = $c->workers;
my $room = $p->room(qw(alice bob carol));
my %id = map { $_ => $p->user($_) } qw(alice bob carol);

my $a = Conference::Signal->new($p, alice => $room, worker => $left);
my $b = Conference::Signal->new($p, bob => $room, worker => $right);
my $d = Conference::Signal->new($p, carol => $room, b => 1, worker => $left);

$_->join for $a, $b, $d;
$a->say('chat', { content => 'before' });

my $seq = $b->hear('chat')->{seq};

ok($seq > 0 && $seq < 2 ** 53, 'frames are numbered');


# The connection is half open: bob's frames go nowhere, as it seems to him.

$a->say('offer', { sdp => 'for bob' }, to => $id{bob});
$d->say('offer', { sdp => 'for alice' }, to => $id{alice});
ok($a->hear('offer'), 'an offer for another');
$a->say('chat', { content => 'missed' });
$d->hear('chat', sub { $_[0]{data}{content} eq 'missed' }) or fail('chat');
$a->say('media-state', { audio_enabled => JSON::PP::false() });
$d->hear('media-state') or fail('media');

my $b2 = Conference::Signal->new($p, bob => $room, worker => $left,
    query => { session_id => $b->{id}, last_seq => $seq });
my $info = $b2->join;

ok($info->{data}{resumed}, 'resumed');
ok(!exists $info->{data}{resync}, 'with nothing missing');
isnt($b2->{id}, $b->{id}, 'by a session of its own');

my @got = grep { $_->{type} !~ /^(?:user-|room-)/ } $b2->all(0.5);

is(join(' ', map { $_->{type} } @got), 'offer chat media-state',
   'what was missed, in order');
is($got[0]{data}{sdp}, 'for bob', 'what was for him');
is($got[1]{data}{content}, 'missed', 'what was for all');
ok($got[0]{seq} > $seq && $got[1]{seq} > $got[0]{seq}, 'by their numbers');
is($b->closed, 1000, 'the old connection is closed');
is($a->hear('user-left')->{data}{session_id}, $b->{id}, 'and gone');

$a->say('chat', { content => 'after' });
is($b2->hear('chat')->{data}{content}, 'after', 'goes on');
is_deeply([map { $_->{data}{content} } $b2->all(0.3, 'chat')], [],
          'without hearing it twice');


# From another worker, in the other form.

$seq = $d->all(0.3) && $d->join->{data}{seq};
$d->ws->disconnect;
$a->hear('user-left', sub { $_[0]{from} == $id{carol} });
$a->say('chat', { content => "more $_" }) for 1 .. 3;
$b2->hear('chat', sub { $_[0]{data}{content} eq 'more 3' });
$a->say('offer', { sdp => 'lost' }, to => $id{carol});
is($a->hear('error')->{data}{reason}, 'TARGET_NOT_FOUND',
   'who is not there is not kept for');

my $d2 = Conference::Signal->new($p, carol => $room, b => 1,
    worker => $right, query => { session_id => 'x', last_seq => $seq });
ok($d2->join->{data}{resumed}, 'resumed in another worker');
is(join(' ', map { $_->{data}{content} } $d2->all(0.5, 'chat')),
   'more 1 more 2 more 3', 'all of it');


# Too much is missing.

for my $bad (1, $seq - 100000, '4503599627370496') {
    my $w = Conference::Signal->new($p, carol => $room,
        query => { session_id => $d2->{id}, last_seq => $bad });

    $info = $w->join;
    ok($info->{data}{resync} && !$info->{data}{resumed},
       "nothing is known of $bad");
    is_deeply([$w->all(0.3, 'chat')], [], 'nothing is told again');
    $w->ws->close;
}

$a->say('ping') for 1 .. 2;
for my $n (1 .. 280) {
    $a->say('media-state', { audio_enabled => JSON::PP::true() });
    select undef, undef, undef, 0.01 if $n % 5 == 0;
}
ok($a->join, 'many events later');

my $w = Conference::Signal->new($p, carol => $room,
    query => { last_seq => $seq });
ok($w->join->{data}{resync}, 'a ring holds so much');


# A reload: old workers close, new ones know the ring.

$seq = $b2->join->{data}{seq};
ok($c->reload, 'reloaded');
is($b2->closed, 1001, 'the old worker says so');
$b = Conference::Signal->new($p, bob => $room,
    query => { session_id => $b2->{id}, last_seq => $seq });
$info = $b->join;
ok($info->{data}{resumed} || $info->{data}{resync}, 'an answer in any case');

$c->done;
done_testing();
