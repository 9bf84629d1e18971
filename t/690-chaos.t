# kill -9 at random under load: confd, a worker, all of nginx.  What was
# confirmed is there afterwards, once and in order; nobody stays online, and
# the zone is as it was.
#
#   CHAOS_KILLS=200 prove -It/lib t/690-chaos.t        (make chaos N=200)

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Chaos;
use Conference::Crowd;
use Conference::People;
use Time::HiRes qw(time sleep);

my $kills = $ENV{CHAOS_KILLS} || 12;
my $seed = $ENV{CHAOS_SEED} || int rand 1e9;

srand $seed;
diag("CHAOS_SEED=$seed") if $kills > 12;

my $c = Conference->new(workers => 2, confd_config => "scrypt_log_n 4\n",
                        allow_alert => qr/was locked by/,
                        locations => $Conference::People::Locations);
my $p = Conference::People->new($c);
my $chaos = Conference::Chaos->new($c);

my @names = map { "crowd$_" } 1 .. 10;
my $room = $p->room(@names);
my $owner = $p->token('owner');

my %confirmed = (users => {}, rooms => {}, members => {});
my ($next, $number) = (0, 0);


sub post {
    my ($path, $token, $in) = @_;
    my $json = eval {
        $c->http(POST => $path, token => $token, json => $in, timeout => 10)
            ->{json};
    };

    return $json && exists $json->{code} && $json->{code} == 0 ? $json->{data}
           || {} : undef;
}


# Now and then a user, who gets a room, and is added to the crowd's owner's.

sub register {
    return if time < $next;
    $next = time + 0.2;

    my $name = 'user' . ++$number;
    my $user = post('/register', undef, { username => $name,
                                          password => 'password1' });
    return unless $user;
    $confirmed{users}{$name} = $user->{ID};

    my $made = post('/api/room/create', $owner, { name => "of $name" });
    return unless $made;
    $confirmed{rooms}{$made->{ID}} = $name;

    my $member = post('/api/room/add_user', $owner,
                      { room_id => $made->{ID}, user_id => $user->{ID} });
    $confirmed{members}{$made->{ID}} = $name if $member;
}


# The zone at rest.

sub at_rest {
    ok($p->settle(0), "$_[0]: sessions and events are gone");

    my $status = $p->status;
    my $zone = $status->{zone};
    is("$zone->{channels} $zone->{users} $zone->{rooms}", '0 0 0',
       "$_[0]: channels are gone");
    ok(wait_for(sub { @{$p->status->{workers}} == 2 }, 20),
       "$_[0]: two workers");
    return $zone;
}


my $crowd = Conference::Crowd->new($p, $room, \@names);
$crowd->{on_turn} = \&register;
$crowd->{posting} = 1;
$crowd->run(1);
$crowd->finish;
$crowd->close;
my $before = at_rest('before');

$_->{retry} = 0 for @{$crowd->{members}};

for (1 .. $kills) {
    $crowd->{posting} = 1;
    $crowd->run(0.2 + rand 0.6);
    $chaos->any;
    last if $crowd->problem;
}

$crowd->run(1);
my $n = $crowd->finish;
is($crowd->problem, undef, 'messages: none lost, none doubled, in order')
    or diag(join "\n", @{$crowd->{problems}});
cmp_ok($n, '>', $kills * 5, 'there was traffic');
note("$n messages; killed: "
     . join ' ', map { "$_ $chaos->{counts}{$_}" }
                 sort keys %{$chaos->{counts}});

is(scalar(grep { $_->{ws} } @{$crowd->{members}}), 10, 'all are connected');
ok(wait_for(sub { (() = $p->online($room, 'crowd1')) == 10 }, 20),
   'and online');

# Registrations, rooms, memberships.
cmp_ok(scalar keys %{$confirmed{members}}, '>', 3, 'there were others');

my @lost = grep {
    my $name = $_;
    my $json = $c->http(POST => '/login', json => {
        username => $name, password => 'password1' })->{json};
    !$json || $json->{code} != 0
        || $json->{data}{user}{ID} != $confirmed{users}{$name};
} keys %{$confirmed{users}};
is("@lost", '', 'users who were registered are there');

my %listed = map { $_->{ID} => 1 }
             @{$c->http(GET => '/api/room/list', token => $owner)
               ->{json}{data}};
@lost = grep { !$listed{$_} } keys %{$confirmed{rooms}};
is("@lost", '', 'rooms that were made are there');

@lost = grep {
    my $room = $_;
    my $json = $c->http(GET => "/api/room/members?room_id=$room",
                        token => $owner)->{json};
    !grep { $_->{username} eq $confirmed{members}{$room} } @{$json->{data}};
} keys %{$confirmed{members}};
is("@lost", '', 'members that were added are there');

$crowd->close;
my $after = at_rest('after');
is_deeply([$p->online($room, 'crowd1')], [], 'nobody stays online');

# Hot copies come and go, a dozen a page; what would leak is sessions, seats
# and events, hundreds of each a kill.
my $held = sub { $_[0]{free_pages} + $_[0]{cached} / 8 };
cmp_ok($held->($after), '>=', $held->($before) - 16, 'no page is lost')
    or diag(explain([$before, $after]));
note("free pages $before->{free_pages} ($before->{cached} cached), "
     . "then $after->{free_pages} ($after->{cached})");

$c->done;
done_testing;
