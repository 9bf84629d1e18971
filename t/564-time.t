# meeting: meetings end by themselves, across a restart of confd, and whoever
# has a socket in one hears of it.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Time::HiRes qw(sleep);

my $c = Conference::Meeting->new(workers => 2,
                                 confd_config => "room_grace 1s\n");
my ($alice, $bob) = map { $c->user($_) } qw(alice bob);
my $m = '/api/v1/meetings';


sub short {
    return $c->meeting($alice, start_time => $c->stamp(-30),
                       end_time => $c->stamp(2))->{id};
}

sub state {
    return $c->api($alice, GET => "$m/$_[0]")->{json}{data}{status} // '';
}

my ($unstarted, $empty, $full) = map { short() } 1 .. 3;

is($c->says($alice, POST => "$m/$empty/start"), '200 200', 'one begins');
$c->api($_, POST => "$m/$full/join") for $alice, $bob;
my $ws = $c->ws("/ws/signaling?meeting_id=$full", token => $bob->{token});
$ws->send_json({ type => 'join', data => {} });
ok($ws->recv_until(sub { $_[0]{type} eq 'room-info' }, 10), 'bob is there');

is(state($unstarted), 'scheduled', 'in time');
$c->stop_confd;
$c->start_confd;

ok(wait_for(sub { state($unstarted) eq 'cancelled' }, 20),
   'what was not started is cancelled');
ok(wait_for(sub { state($empty) eq 'ended' }, 20), 'what is empty ends');
is(state($full), 'ongoing', 'what goes on is not cut');

is($c->says($alice, POST => "$m/$full/end"), '200 200', 'until it is ended');
ok($ws->recv_until(sub { $_[0]{type} eq 'meeting-ended' }, 10),
   'bob hears of it');
is($ws->closed(5), 4002, 'and the socket is closed: ended');

$c->done;
done_testing;
