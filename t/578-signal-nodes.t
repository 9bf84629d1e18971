# Signaling between old and new nginx, each with a zone of its own, that meet
# through confd: here after a reload that changes the zone's size.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Signal;

my $http = "conf_backend unix:%CONFD%;\n"
           . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
           . "conf_rate_limit off;\n";
my ($c, $p) = Conference::Signal::server(workers => 2,
                                         http => "conf_zone main:4m;\n$http");
my $room = $p->room(qw(alice bob carol));
my %id = map { $_ => $p->user($_) } qw(alice bob carol);

my $a = Conference::Signal->new($p, alice => $room);
$a->join;

ok($c->reload(http => "conf_zone main:8m;\n$http"), 'a zone of another size');
ok(wait_for(sub { $p->rpc->turn(0.1); $p->rpc->{several} }, 20),
   'two nodes');

my $b = Conference::Signal->new($p, bob => $room, b => 1);
my $d = Conference::Signal->new($p, carol => $room);
$_->join for $b, $d;

for my $who (qw(bob carol)) {
    is($a->hear('user-joined', sub { $_[0]{from} == $id{$who} })
       ->{data}{username}, $who, "the old one hears of $who");
}

$a->say('offer', { sdp => 'over' }, to => $id{bob}, id => 'x');
my $got = $b->hear('offer');
is_deeply([$got->{data}, $got->{from}, $got->{id}],
          [{ sdp => 'over' }, $id{alice}, 'x'], 'an offer goes over');
is_deeply([grep { $_->{type} eq 'offer' } $d->all(0.3)], [],
          'and to nobody else');
$b->say('answer', { sdp => 'back' }, to => $id{alice});
is($a->hear('answer')->{data}{sdp}, 'back', 'an answer comes back');
is_deeply([grep { $_->{type} eq 'answer' } $d->all(0.3)], [],
          'to nobody else, too');

$a->say('media-state', { audio_enabled => JSON::PP::false() });
is($_->hear('media-state')->{from}, $id{alice}, 'media') for $b, $d;
$d->say('chat', { content => 'hello' });
is($_->hear('chat')->{data}{content}, 'hello', 'chat') for $a, $b, $d;

$d->ws->close;
is($a->hear('user-left')->{from}, $id{carol}, 'who leaves the new one');
$a->ws->close;
is($b->hear('user-left', sub { $_[0]{from} == $id{alice} })->{from},
   $id{alice}, 'who leaves the old one');

ok(wait_for(sub { $c->old_workers == 0 }, 20), 'the old one ends');
$a = Conference::Signal->new($p, alice => $room);
$a->join;
$a->say('offer', { sdp => 'one' }, to => $id{bob});
is($b->hear('offer')->{data}{sdp}, 'one', 'it goes on');

$c->done;
done_testing();
