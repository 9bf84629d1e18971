# meeting: what passes by itself.  Meetings that nobody starts, those that
# nobody ends, people that leave without a word, and restarts.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::People;

my $c = Conference::Meeting->new(workers => 2,
                                 confd_config => "room_grace 1s\n");
my $p = Conference::People->new($c);
my ($host, $part) = map { $c->user($_) } qw(host part);
my $at = '/api/v1/meetings';


# Past its start, with an end that is near.

sub soon {
    my ($seconds, %o) = @_;
    return $c->meeting($host, start_time => $c->stamp(-60),
                       end_time => $c->stamp($seconds), %o);
}

sub status {
    my ($m) = @_;
    my $r = $c->api($host, GET => "$at/$m->{id}");
    return $r->{json}{data}{status} || $r->{status};
}

sub mine {
    my ($m, $who) = @_;
    return $c->api($who, GET => "$at/$m->{id}")->{json}{data}{my_status};
}


# A socket in the meeting.

sub socket_ {
    my ($m, $who) = @_;
    my $ws = $c->ws("/ws/signaling?meeting_id=$m->{id}",
                    token => $who->{token});

    $ws->send_json({ type => 'join', data => {} });
    $ws->recv_until(sub { ref $_[0] && $_[0]{type} eq 'room-info' })
        or die "no room-info\n";
    return $ws;
}

my $planned = soon(2);
my $empty = soon(2);
my $full = soon(2);
my $far = soon(100);

$c->api($host, POST => "$at/$empty->{id}/start");
$c->api($part, POST => "$at/$full->{id}/join");

my $ws = socket_($full, $part);

ok(wait_for(sub { status($planned) eq 'cancelled' }, 15),
   'what nobody has started is cancelled at its end');
ok(wait_for(sub { status($empty) eq 'ended' }, 15),
   'what is empty at its end is over a while later');
is(status($full), 'ongoing', 'nobody is cut off');
is(status($far), 'scheduled', 'nothing before its time');
is($c->says($part, POST => "$at/$planned->{id}/join"), '400 2002',
   'too late');


# The last one leaves

is($c->says($part, POST => "$at/$full->{id}/leave"), '200 200', 'leaves');
ok(wait_for(sub { status($full) eq 'ended' }, 15), 'a while later it ends');
is($ws->closed(10), 4002, 'and whoever is left hears of it');


# A meeting that ends while confd is down is over when it is up again

my $over = soon(2);

$c->confd->stop;
select undef, undef, undef, 3;
$c->confd->start;

ok(wait_for(sub { status($over) eq 'cancelled' }, 20), 'after a restart');
ok(wait_for(sub { status($far) eq 'scheduled' }, 10), 'nothing else');


# Ends for all, over every worker

{
    my $m = soon(100);
    my @ws;

    $c->api($_, POST => "$at/$m->{id}/join") for $host, $part;
    push @ws, socket_($m, $_) for ($host, $part) x 3;

    is($c->says($host, POST => "$at/$m->{id}/end"), '200 200', 'ended');
    is($_->closed(10), 4002, 'a socket is closed') for @ws;
    is(mine($m, $part), 'offline', 'nobody is in it');

    $m = soon(100);
    $c->api($part, POST => "$at/$m->{id}/join");
    my $w = socket_($m, $part);
    $c->api($host, DELETE => "$at/$m->{id}");
    is($w->closed(10), 4002, 'deleted is ended');
}


# Who has joined without a socket is seen for half a minute; who has lost it
# has left a quarter of a minute later.

{
    my $m = soon(300);

    $c->api($_, POST => "$at/$m->{id}/join") for $host, $part;

    my $w = socket_($m, $host);

    is(mine($m, $part), 'online', 'joined');
    ok(wait_for(sub { mine($m, $part) eq 'offline' }, 45),
       'not for ever without a socket');
    is(mine($m, $host), 'online', 'with one');
    ok(wait_for(sub {
        $c->api($host, GET => "$at/$m->{id}")
          ->{json}{data}{online_count} == 1
    }, 40), 'has left');

    $w->close;
    ok(wait_for(sub {
        $c->api($host, GET => "$at/$m->{id}")
          ->{json}{data}{online_count} == 0
    }, 40), 'as has who closed his');
}

done_testing();
