# One meeting, two dialects: a member of roomchat and a participant of meeting
# are in the same room, seen by both, and hear each other.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;

my $c = Conference::Meeting->new(workers => 2);
my ($alice, $bob) = map { $c->user($_) } qw(alice bob);
my $m = '/api/v1/meetings';
my $id = $c->meeting($alice, title => 'Both')->{id};


sub chat {
    my ($who, $method, $path, $json) = @_;
    return $c->api($who, $method, "/chat$path", $json)->{json};
}

is($c->says($alice, POST => "$m/$id/join"), '200 200', 'alice, by meeting');
is(chat($alice, POST => '/api/room/add_user',
        { room_id => $id, user_id => $bob->{id} })->{code}, 0,
   'bob, by roomchat');


# One list

my $list = $c->api($alice, GET => "$m/$id/participants")->{json}{data};
is(join(' ', sort map { "$_->{username}=$_->{role}" }
        @{$list->{participants}}), 'alice=host bob=participant',
   'the participants');
is(join(' ', sort map { "$_->{username}=$_->{role}" }
        @{chat($bob, GET => "/api/room/members?room_id=$id")->{data}}),
   'alice=owner bob=member', 'are the members');
is(chat($bob, GET => "/api/room/info?room_id=$id")->{data}{name}, 'Both',
   'of the same room');


# One presence

my $there = $c->ws('/chat/ws/join', token => $bob->{token});
my $here = $c->ws("/ws/signaling?meeting_id=$id", token => $alice->{token});
$here->send_json({ type => 'join', data => {} });

my $info = $here->recv_until(sub { $_[0]{type} eq 'room-info' }, 10);
is(join(' ', sort map { $_->{username} } @{$info->{data}{participants}}),
   'alice bob', 'both are there');
my $came = $there->recv_until(sub { ref $_[0]{data}
    && ($_[0]{data}{type} || '') eq 'presence' }, 10);
is("$came->{data}{username} $came->{data}{online}", 'alice 1',
   'roomchat says so');
my ($online) = grep { $_->{username} eq 'bob' }
    @{$c->api($alice, GET => "$m/$id/participants")
      ->{json}{data}{participants}};
is($online->{status}, 'online', 'the list says so');


# One chat with one seq, from four sides to two sockets and two lists

my @said = (
    ['by meeting', sub { $c->api($alice, POST => "$m/$id/messages",
                                 { content => $_[0] }) }],
    ['by roomchat', sub { chat($bob, POST => '/api/message/send',
        { room_id => $id, type => 'text', content => $_[0] }) }],
    ['by its socket', sub { $there->send_json(
        { room_id => $id, type => 'text', content => $_[0] }) }],
    ['by signaling', sub { $here->send_json(
        { type => 'chat', data => { content => $_[0] } }) }],
);

for my $way (@said) {
    $way->[1]->($way->[0]);
    ok($here->recv_until(sub { $_[0]{type} eq 'chat'
           && $_[0]{data}{content} eq $way->[0] }, 10),
       "$way->[0]: the meeting hears it");
    ok($there->recv_until(sub { ref $_[0]{data}
           && ($_[0]{data}{content} || '') eq $way->[0] }, 10),
       'roomchat too');
}

my $log = chat($bob, GET => "/api/message/list?room_id=$id")->{data};
is(join(' ', map { $_->{seq} } @$log), '1 2 3 4', 'one sequence');
is(join('|', map { $_->{content} } @$log),
   join('|', map { $_->[0] } @said), 'one order');
my $same = $c->api($alice, GET => "$m/$id/messages")
           ->{json}{data}{messages};
is(join('|', sort map { $_->{content} } @$same),
   join('|', sort map { $_->[0] } @said), 'one log');


# A room of roomchat is a meeting that goes on

my $room = chat($bob, POST => '/api/room/create', { name => 'Open' })
           ->{data}{ID};
my $d = $c->api($bob, GET => "$m/$room")->{json}{data};
is("$d->{title} $d->{status} $d->{role}", 'Open ongoing host', 'a room');


# The end is one, too

$c->api($alice, POST => "$m/$id/end");
is($here->closed(5), 4002, 'the meeting ends');
is(chat($bob, POST => '/api/message/send',
        { room_id => $id, type => 'text', content => 'late' })->{msg},
   "\x{804a}\x{5929}\x{5ba4}\x{5df2}\x{5173}\x{95ed}", 'for roomchat, too');
is(scalar @{chat($bob, GET => "/api/message/list?room_id=$id")->{data}}, 4,
   'what was said stays');

$c->done;
done_testing;
