# One meeting through two dialects: the same people, the same presence, the
# same messages in one order, over HTTP and over both kinds of sockets.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::People;

my $c = Conference::Meeting->new(workers => 2);
my $p = Conference::People->new($c);
my ($host, $part, $third, $out) = map { $c->user($_) } qw(host part third out);
my $at = '/api/v1/meetings';


sub chat {
    my ($who, $method, $path, $json) = @_;
    return $c->api($who, $method => "/chat$path", $json)->{json};
}

sub names {
    my ($who, $room) = @_;
    my $list = chat($who, GET => "/api/room/members?room_id=$room")->{data};
    return join ' ', map { $_->{username} . ($_->{online} ? '*' : '') }
           sort { $a->{ID} <=> $b->{ID} } @{$list || []};
}

sub people {
    my ($who, $room) = @_;
    my $list = $c->api($who, GET => "$at/$room/participants")
               ->{json}{data}{participants};
    return join ' ', map { $_->{username}
                           . ($_->{status} eq 'online' ? '*' : '') }
           sort { $a->{user_id} <=> $b->{user_id} } @{$list || []};
}


# A meeting is a room

my $m = $c->meeting($host, description => 'about');
my $room = $m->{id};

$c->api($part, POST => "$at/$room/join");

is(names($host, $room), 'host part', 'a room has its people');
my $info = chat($host, GET => "/api/room/info?room_id=$room")->{data};
is("$info->{name} $info->{description} $info->{owner_id} $info->{role}",
   "meeting about $host->{id} owner", 'its name, its owner');
is(chat($out, GET => "/api/room/info?room_id=$room")->{code}, 1,
   'and nobody else');
is(chat($host, POST => '/api/room/add_user',
        { room_id => $room, user_id => $third->{id} })->{code}, 0,
   'added as to a room');
is(people($third, $room), 'host part* third', 'takes part');
is(chat($host, POST => '/api/room/update',
        { room_id => $room, name => 'new name' })->{code}, 0, 'renamed');
is($c->api($part, GET => "$at/$room")->{json}{data}{title}, 'new name',
   'the title');


# Sockets of both kinds

my $a = $c->ws("/ws/signaling?meeting_id=$room", token => $part->{token});
my $b = $c->ws('/chat/ws/join', token => $third->{token});

ok($a->ok && $b->ok, 'two sockets');
$a->send_json({ type => 'join', data => {} });
ok($a->recv_until(sub { ref $_[0] && $_[0]{type} eq 'room-info' }), 'joined');
ok(wait_for(sub { names($host, $room) eq 'host part* third*' }, 10),
   'one presence');


# One log

sub heard_a {
    my ($text) = @_;
    my $got = $a->recv_until(sub { ref $_[0] && $_[0]{type} eq 'chat'
                                   && $_[0]{data}{content} eq $text }, 10);
    return $got ? $got->{data} : {};
}

is($c->says($host, POST => "$at/$room/messages", { content => 'one' }),
   '200 200', 'said over HTTP');
is(heard_a('one')->{username}, 'host', 'heard by signaling');
is(($p->hear($b, 'one') || {})->{seq}, 1, 'heard by a room');

is(chat($host, POST => '/api/message/send',
        { room_id => $room, type => 'text', content => 'two' })->{code}, 0,
   'said in the room');
is(heard_a('two')->{user_id}, $host->{id}, 'heard by signaling');
is(($p->hear($b, 'two') || {})->{seq}, 2, 'heard by a room');

$p->post($b, $room, 'three', 'id-3');
is(heard_a('three')->{username}, 'third', 'said on a socket');
$a->send_json({ type => 'chat', data => { content => 'four' } });
is(heard_a('four')->{username}, 'part', 'said by signaling');
is(($p->hear($b, 'four') || {})->{seq}, 4, 'heard by a room');

my $log = $c->api($part, GET => "$at/$room/messages")->{json}{data};
is_deeply([map { "$_->{seq} $_->{content}" } @{$log->{messages}}],
          ['4 four', '3 three', '2 two', '1 one'], 'one log');
$log = chat($third, GET => "/api/message/list?room_id=$room")->{data};
is_deeply([map { "$_->{seq} $_->{content}" } @$log],
          ['1 one', '2 two', '3 three', '4 four'], 'for both');


# Leaving through either

is(chat($third, POST => '/api/room/leave', { room_id => $room })->{code}, 0,
   'leaves as a room');
is(people($host, $room), 'host part*', 'takes no part');
$a->close;
is($c->says($host, DELETE => "$at/$room/participants/$part->{id}"),
   '200 200', 'removed from the meeting');
is(names($host, $room), 'host', 'is not in the room');
is(chat($part, POST => '/api/message/send',
        { room_id => $room, type => 'text', content => 'x' })->{msg},
   '当前用户已不在聊天室中', 'says nothing');
is(chat($host, POST => '/api/room/add_user',
        { room_id => $room, user_id => $third->{id} })->{code}, 0, 'back');
is(chat($third, POST => '/api/room/add_user',
        { room_id => $room, user_id => $part->{id} })->{msg},
   '添加用户到聊天室失败，没有权限', 'who was removed is not let in behind');


# The end

my $c1 = $c->ws('/chat/ws/join', token => $third->{token});
is($c->says($host, POST => "$at/$room/start"), '200 200', 'begun');
is($c->says($host, POST => "$at/$room/end"), '200 200', 'ended');
is(chat($third, POST => '/api/message/send',
        { room_id => $room, type => 'text', content => 'x' })->{msg},
   '聊天室已关闭', 'the room is closed');
ok(@{chat($third, GET => "/api/message/list?room_id=$room")->{data}} == 4,
   'and can be read');
is(chat($host, DELETE => "/api/room/delete?room_id=$room")->{code}, 0,
   'deleted');
is($c->says($host, GET => "$at/$room"), '404 2001', 'for both');


# A room is a meeting

$room = chat($host, POST => '/api/room/create',
             { name => 'chat', description => '' })->{data}{ID};
is($c->api($host, GET => "$at/$room")->{json}{data}{status}, 'ongoing',
   'which goes on');
is($c->says($part, POST => "$at/$room/join"), '403 403',
   'for its members only');
is($c->says($host, POST => "$at/$room/join"), '200 200', 'who may join');
is($c->says($host, POST => "$at/$room/end"), '403 403', 'and not end it');
is($c->says($host, POST => "$at/$room/messages", { content => 'hi' }),
   '200 200', 'talk');
is(chat($host, GET => "/api/message/list?room_id=$room")->{data}[0]{content},
   'hi', 'in the room');

done_testing();
