# meeting: whose sockets are closed when a meeting ends, and who leaves one
# without a word.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;

my $c = Conference::Meeting->new(workers => 2);
my ($host, $part) = map { $c->user($_) } qw(host part);
my $at = '/api/v1/meetings';


# Past its start, with an end that is near.

sub soon {
    my ($seconds, %o) = @_;
    return $c->meeting($host, start_time => $c->stamp(-60),
                       end_time => $c->stamp($seconds), %o);
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
