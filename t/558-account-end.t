# meeting: what becomes of the meetings of a user whose account ends.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::Rpc;

my $c = Conference::Meeting->new(workers => 2);
my ($alice, $bob, $eve, $root) = map { $c->user($_) } qw(alice bob eve root);
my $rpc = Conference::Rpc->new($c->confd->socket);
my $m = '/api/v1/meetings';

$rpc->hello(node => 0);
$rpc->call(USER_ROLE => [0, $root->{id} + 0, '', 1]);

sub detail { return $c->api($root, GET => "$m/$_[0]")->{json}{data} }

sub people {
    my ($id) = @_;
    my $list = $c->api($root, GET => "$m/$id/participants")
               ->{json}{data}{participants};

    return join ' ', sort map { "$_->{username}:$_->{role}" } @$list;
}

my ($planned, $held, $alone, $other) =
    map { $c->meeting($_)->{id} } $alice, $alice, $alice, $bob;

is($c->says($alice, POST => "$m/$_/participants", { user_id => $eve->{id} }),
   '200 200', 'somebody is invited') for $planned, $alone;
is($c->says($_->[0], POST => "$m/$_->[1]/join"), '200 200', 'joins')
    for [$alice, $held], [$bob, $held], [$eve, $held], [$alice, $alone],
        [$bob, $other], [$alice, $other];
is($c->says($alice, PUT => "$m/$held/participants/$bob->{id}/role",
            { role => 'moderator' }), '200 200', 'a moderator');
is(people($held), 'alice:host bob:moderator eve:participant', 'who is there');

my $ws = $c->ws("/ws/signaling?meeting_id=$held&token=$alice->{token}");
ok($ws->ok, 'and a socket');

is($c->says($alice, DELETE => '/api/v1/users/account'), '200 200', 'the end');
ok($ws->closed(2), 'its sockets');

is(detail($planned)->{status}, 'cancelled', 'what was planned is off');
is(detail($held)->{status}, 'ongoing', 'what is held goes on');
like(people($held), qr/bob:host/, 'with another host');
is(detail($alone)->{status}, 'ended', 'without one it ends');
is(detail($other)->{status}, 'ongoing', "and others' go on");
unlike(people($other), qr/alice:/, 'without who is gone');
is($c->says($bob, POST => "$m/$held/end"), '200 200', 'the host ends it');


# The same by an admin

my $plan = $c->meeting($eve)->{id};

$c->api($eve, POST => "$m/$plan/participants", { user_id => $bob->{id} });
is($c->says($root, DELETE => "/api/v1/admin/users/$eve->{id}"), '200 200',
   'deleted');
is(detail($plan)->{status}, 'cancelled', 'so is the plan');

$c->done;
done_testing;
