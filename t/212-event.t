# What is done over REST is heard on the sockets of who is in the room.

use strict;
use warnings;

use Test::More;
use Conference;
use Conference::People;

my $c = Conference->new(workers => 2, confd_config => "scrypt_log_n 4\n");
my $p = Conference::People->new($c);
my $room = $p->room(qw(alice bob));
my %token = map { $_ => $p->token($_) } qw(alice bob);
my $alice = $c->ws('/ws/join', token => $token{alice});
my $events = 0;

# The bytes of the first frame that has this sentence.

sub heard {
    my ($ws, $sentence) = @_;

    while (my $frame = $ws->recv(20)) {
        return $frame->{payload} if $frame->{payload} =~ /"\Q$sentence\E"/;
    }

    return undef;
}


sub post {
    my ($path, $name, %in) = @_;
    my $reply = $c->http(POST => $path, token => $token{$name}, json => \%in);

    is($reply->{json}{code}, 0, "$name: $path");
}

my $bob = $c->ws('/ws/join', token => $token{bob});

like(heard($alice, '在线状态'),
     qr/\A\{"code":3,"msg":"在线状态","data":\{"type":"presence",
        "room_id":$room,"user_id":\d+,.*"online":true,
        "online_count":[12]\}\}\z/x, 'who comes is seen');

post('/api/room/update', 'alice', room_id => $room, name => 'other');

for my $ws ($alice, $bob) {
    like(heard($ws, '聊天室信息已修改'),
         qr/\A\{"code":3,"msg":"聊天室信息已修改",
            "data":\{"type":"room_updated","room_id":$room,"name":"other",
            "description":"[^"]*","epoch":\d+,"seq":0\}\}\z/x,
         'a room has changed');
}

post('/api/message/send', 'bob', room_id => $room, type => 'text',
     content => 'hello', client_id => 'c1');

like(heard($alice, '新消息'),
     qr/\A\{"code":0,"msg":"新消息","data":\{"ID":\d+,
        "send_time":"\d{4}-\d\d-\d\d[ ]\d\d:\d\d:\d\d","room_id":$room,
        "sender_id":\d+,"sender_name":"bob",
        "sender_avatar":"\/static\/avatars\/nopic.png","type":"text",
        "content":"hello","epoch":\d+,"seq":1,"client_id":"c1"\}\}\z/x,
     'a message');

# Sent again it is the same message: the next that alice hears is another.

post('/api/message/send', 'bob', room_id => $room, type => 'text',
     content => 'hello', client_id => 'c1');
post('/api/message/send', 'bob', room_id => $room, type => 'text',
     content => 'next');
like(heard($alice, '新消息'), qr/"content":"next".*"seq":2/,
     'a repeated one is not heard again');

post('/api/room/leave', 'alice', room_id => $room,
     user_id => $p->user('bob'));
like(heard($bob, '已离开聊天室'),
     qr/\A\{"code":3,"msg":"已离开聊天室",
        "data":\{"type":"room_left","room_id":$room\}\}\z/x, 'who is out');
like(heard($alice, '在线状态'), qr/"online":false/, 'is seen to go');

post('/api/room/add_user', 'alice', room_id => $room, user_name => 'bob');
like(heard($bob, '已加入聊天室'),
     qr/\A\{"code":3,"msg":"[^"]+","data":\{"type":"room_joined",
        "room_id":$room,"name":"other","description":"[^"]*",
        "epoch":\d+,"seq":2\}\}\z/x, 'who is in again');

is($c->http(DELETE => "/api/room/delete?room_id=$room",
            token => $token{alice})->{json}{code}, 0, 'the room is deleted');
ok(heard($_, '已离开聊天室'), 'which all hear') for $alice, $bob;

$c->done;
done_testing;
