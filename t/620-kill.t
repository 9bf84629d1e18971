# kill -9: of a worker, of confd, of all of nginx.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Chaos;
use Conference::Crowd;
use Conference::People;
use Socket ();
use Time::HiRes qw(time sleep);

my $c = Conference->new(workers => 2, confd_config => "scrypt_log_n 4\n",
                        allow_alert => qr/was locked by/,
                        locations => $Conference::People::Locations);
my $p = Conference::People->new($c);
my $chaos = Conference::Chaos->new($c);


# A worker: its users go offline for the others, who notice nothing else.

my @names = map { "user$_" } 1 .. 8;
my $room = $p->room(@names);
my %ws;
@ws{@names} = $p->spread(@names);

my $before = $p->status->{zone};
my ($victim) = grep { $_->{sessions} } @{$p->status->{workers}};

$c->kill_worker($victim->{pid});

my @gone;
wait_for(sub {
    @gone = grep { $ws{$_}->recv_until(sub { 0 }, 0); $ws{$_}->eof } @names;
    @gone == $victim->{sessions};
}, 20);
my @left = grep { my $n = $_; !grep { $_ eq $n } @gone } @names;

is(scalar @gone, $victim->{sessions}, 'the sockets of the worker end');
is_deeply([map { $ws{$_}->closed } @gone], [map { 1006 } @gone],
          'without a word');

my %offline;
my $note = sub {
    my $data = ref $_[0] && ref $_[0]{data} ? $_[0]{data} : {};
    $offline{$data->{user_id}}++
        if ($data->{type} || '') eq 'presence' && !$data->{online};
    return keys %offline == @gone;
};
$note->($_) for @{$ws{$left[0]}->skipped};
$ws{$left[0]}->recv_until($note, 20) if keys %offline < @gone;
is_deeply(\%offline, { map { $p->user($_) => 1 } @gone },
          'their users go offline, each once');
is_deeply([sort { $a cmp $b } $p->online($room, $left[0])], \@left,
          'the others stay');
is($p->status->{zone}{sessions}, scalar @left, 'no session is left behind');

$p->post($ws{$left[0]}, $room, 'still here');
is(scalar(grep { $p->hear($ws{$_}, 'still here') } @left), scalar @left,
   'the others go on');
is($ws{$left[0]}->closed, undef, 'on their sockets');

# Back and caught up.
for my $name (@gone) {
    $ws{$name} = $p->socket($name);
    $ws{$name}->send_json({ room_id => $room, type => 'sync', seq => 0 });
    my $got = $ws{$name}->recv_until(sub {
        ref $_->{data} && ($_->{data}{type} || '') eq 'sync';
    }, 20);
    is_deeply([map { $_->{content} } @{$got->{data}{messages}}],
              ['still here'], "$name catches up");
}

is(scalar(() = $p->online($room, 'user1')), 8, 'all are online again');


# Workers under traffic, by the status of the zone.

my @crowd = map { "crowd$_" } 1 .. 12;
my $place = $p->room(@crowd);

$_->close for values %ws;
ok($p->settle(0), 'the zone is empty');

my $crowd = Conference::Crowd->new($p, $place, \@crowd);
$crowd->{posting} = 1;
$crowd->run(0.5);

for (1 .. 4) {
    $chaos->kill_worker;
    $crowd->run(0.4);
}

my $n = $crowd->finish;
is($crowd->problem, undef, 'workers killed: nothing is lost')
    or diag(join "\n", @{$crowd->{problems}});
cmp_ok($n, '>', 50, 'there was traffic');


# confd: what was acknowledged is there.

my @named;
$crowd->{posting} = 1;

for my $i (1 .. 4) {
    $crowd->run(0.3);
    my $json = $c->http(POST => '/register', json => {
        username => "kept$i", password => 'password1' })->{json};
    push @named, "kept$i" if $json && $json->{code} == 0;
    $chaos->kill_confd;
}

$n = $crowd->finish;
is($crowd->problem, undef, 'confd killed: nothing is lost')
    or diag(join "\n", @{$crowd->{problems}});
ok(@named, 'users were registered');

for my $name (@named) {
    ok(wait_for(sub {
        my $json = $c->http(POST => '/login', json => {
            username => $name, password => 'password1' })->{json};
        $json && $json->{code} == 0;
    }, 10), "$name is there");
}


# All of nginx.

$crowd->{posting} = 1;

for (1 .. 2) {
    $crowd->run(0.5);
    $chaos->kill_nginx;
}

$n = $crowd->finish;
is($crowd->problem, undef, 'nginx killed: nothing is lost')
    or diag(join "\n", @{$crowd->{problems}});

is($p->status->{zone}{sessions}, 12, 'all are back');
$crowd->close;
ok($p->settle(0), 'sessions and events are gone');
is($p->status->{zone}{$_}, 0, "no $_") for qw(channels users rooms);
ok(wait_for(sub { @{$p->status->{workers}} == 2 }, 20), 'two workers');


# A worker that dies while it holds the zone's lock: the zone begins anew,
# and everybody who is there stays.

SKIP: {
    $crowd = Conference::Crowd->new($p, $place, \@crowd, number => 100000);
    $crowd->run(20, sub { !grep { !$_->{synced} } @{$crowd->{members}} });
    $crowd->{posting} = 1;

    my $generation = $p->status->{zone}{generation};
    my ($hit, $anew);

    # nginx's mutex is held a moment longer than the zone is being changed:
    # who dies at its edges leaves the zone whole, and another has to die.

    for (1 .. 4) {
        $hit = $chaos->kill_holder("/api/room/members?room_id=$place",
                                   $p->token($crowd[0]),
                                   sub { $crowd->run(0.03) }, 20);
        skip 'no worker was met with the lock', 4 unless $hit;

        $anew = wait_for(sub {
            $crowd->run(0.1);
            $p->status->{zone}{generation} > $generation;
        }, 8);
        last if $anew;
    }

    ok($anew, 'the zone begins anew');

    $n = $crowd->finish;
    is($crowd->problem, undef, 'nothing is lost')
        or diag(join "\n", @{$crowd->{problems}});

    ok(wait_for(sub { $p->online($place, $crowd[0]) == 12 }, 20),
       'all are online') or diag(join ' ', $p->online($place, $crowd[0]));
    $crowd->close;
    ok($p->settle(0), 'and leave nothing behind');
}



# Clients that reset while they are answered, many at a time.

my $request = "GET /api/room/members?room_id=$place HTTP/1.1\r\nHost: a\r\n"
              . 'Authorization: Bearer ' . $p->token($crowd[0])
              . "\r\n\r\n";

for (1 .. 40) {
    my $sock = $c->connect;
    setsockopt $sock, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), 4096;
    setsockopt $sock, Socket::SOL_SOCKET(), Socket::SO_LINGER(),
               pack 'ii', 1, 0;
    syswrite $sock, $request x 200;
    sysread $sock, my $some, 1000;
    close $sock;
}

is($c->http(GET => "/api/room/members?room_id=$place",
            token => $p->token($crowd[0]))->{status}, 200,
   'clients that reset do no harm');

$c->done;
done_testing;
