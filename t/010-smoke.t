# The thinnest path from end to end: two users, a room, a message that both
# sockets hear, history, all on two workers.

use strict;
use warnings;

use Test::More;
use Conference;

my $c = Conference->new(workers => 2);
my %token;

for my $name (qw(alice bob)) {
    my $in = { username => $name, password => 'password1' };

    is($c->http(POST => '/register', json => $in)->{json}{code}, 0,
       "$name registers");
    $token{$name} = $c->http(POST => '/login', json => $in)
        ->{json}{data}{token};
    ok($token{$name}, "$name logs in");
}

my $room = $c->http(POST => '/api/room/create', token => $token{alice},
                    json => { name => 'room1' })->{json}{data}{ID};
is($room, 1, 'a room');
is($c->http(POST => '/api/room/add_user', token => $token{alice},
            json => { room_id => $room, user_id => 2 })->{json}{code}, 0,
   'bob is added');

my $alice = $c->ws('/api/message/ws', token => $token{alice});
is_deeply($alice->recv_json, { code => 0, msg => "\x{8fde}\x{63a5}\x{6210}"
                               . "\x{529f}", data => undef }, 'greeting');

my $bob = $c->ws("/ws/join?token=Bearer%20$token{bob}");
ok($bob->ok, 'bob joins with the token in the query');

$bob->send_json({ room_id => $room, type => 'text', content => 'hello' });

for my $ws ($alice, $bob) {
    my $got = $ws->recv_until(sub { $_[0]{code} == 0 }, 5);
    is($got->{data}{content}, 'hello', 'the message arrives');
    is($got->{data}{sender_name}, 'bob', 'with its sender');
}

my $list = $c->http(GET => "/api/message/list?room_id=$room",
                    token => $token{alice})->{json};
is(scalar @{$list->{data}}, 1, 'history');
is($list->{data}[0]{content}, 'hello', 'has it');

$c->done;
done_testing;
