# Who is there: events of coming and going, rooms that change while sockets
# are open, and sockets that lose their right to be.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference::Chat;

my $c = Conference::Chat->new(workers => 2);
my ($left, $right) = $c->workers;
my ($alice, $bob, $carol) = map { $c->user($_) } qw(alice bob carol);
my $room = $c->room($alice, $bob);
my $true = JSON::PP::true();
my $false = JSON::PP::false();
my $mark = 0;


# Everything that came for this socket up to a message that is sent now; what
# was to come before has come then.

sub until_now {
    my ($ws, $by, $where) = @_;
    my $text = 'mark ' . ++$mark;

    @{$ws->skipped} = ();
    is($c->api($by, POST => '/api/message/send',
               { room_id => $where, type => 'text', content => $text })
       ->{code}, 0, $text);
    $ws->recv_until(sub { ref $_[0]{data}
                          && ($_[0]{data}{content} || '') eq $text }, 30)
        or fail("$text is heard");

    return splice @{$ws->skipped};
}


sub event {
    my ($ws, $type, $where) = @_;

    return $ws->recv_until(sub {
        ref $_[0]{data} && ($_[0]{data}{type} || '') eq $type
            && $_[0]{data}{room_id} == $where;
    }, 30);
}


sub online {
    my ($user, $where) = @_;
    my $list = $c->api($user, GET => "/api/room/members?room_id=$where");

    return { map { $_->{username} => $_->{online} ? 1 : 0 }
             @{$list->{data}} };
}


sub presence_is {
    my ($got, $user, $online, $count, $name) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is_deeply($got, { code => 3, msg => '在线状态', data => {
        type => 'presence', room_id => $room, user_id => $user->{id},
        username => $user->{name}, online => $online,
        online_count => $count } }, $name);
}


# Coming and going.

is_deeply(online($alice, $room), { alice => 0, bob => 0 }, 'nobody is there');

my $a = $c->socket($alice, worker => $left);
is_deeply(online($alice, $room), { alice => 1, bob => 0 }, 'alice is');

my $b = $c->socket($bob, worker => $right);
presence_is($a->recv_json, $bob, $true, 2, 'alice hears of bob');
is_deeply(online($bob, $room), { alice => 1, bob => 1 }, 'both are there');
is($c->api($bob, GET => "/api/room/info?room_id=$room")
   ->{data}{online_count}, 2, 'two are there');

my $b2 = $c->socket($bob, worker => $left);
my $b3 = $c->socket($bob, worker => $right);
is_deeply([until_now($a, $alice, $room)], [],
          'more sockets of his are no event');
is($c->api($bob, GET => "/api/room/info?room_id=$room")
   ->{data}{online_count}, 2, 'and no more people');

$b->close(1000);
$b2->disconnect;
is($c->settled(sessions => 2), 2, 'two of them are gone');
is_deeply([until_now($a, $alice, $room)], [], 'he is still there');
is_deeply(online($alice, $room), { alice => 1, bob => 1 },
          'as the list says');

$b3->abort;
presence_is($a->recv_json, $bob, $false, 1, 'with the last he goes');
is_deeply(online($alice, $room), { alice => 1, bob => 0 },
          'as the list says');
is_deeply([until_now($a, $alice, $room)], [], 'once');

$b = $c->socket($bob, worker => $right);
presence_is($a->recv_json, $bob, $true, 2, 'and is back');
is_deeply([until_now($b, $alice, $room)], [],
          'nobody hears that he himself came');


# Added to a room while connected.

$b2 = $c->socket($bob, worker => $left);

my $second = $c->room($alice);
is(event($a, 'room_joined', $second)->{data}{name}, 'room',
   'who makes a room is in it');
$c->add($alice, $second, $bob);

for my $ws ($b, $b2) {
    my $got = event($ws, 'room_joined', $second);

    is_deeply([@$got{qw(code msg)}], [3, '已加入聊天室'], 'bob is told');
    is_deeply([@{$got->{data}}{qw(name description seq)}], ['room', '', 0],
              '... what room it is');
    ok($got->{data}{epoch} > 0, '... and its epoch');
}

is_deeply(event($a, 'presence', $second)->{data}{user_id}, $bob->{id},
          'alice sees him there');
is_deeply([grep { ($_->{data}{type} || '') eq 'presence' }
           until_now($a, $alice, $second)], [], 'once');

for my $ws ($b, $b2) {
    is_deeply([grep { ($_->{data}{type} || '') ne 'text' }
               until_now($ws, $alice, $second)], [],
              'and he hears what is said');
}

$b->send_json({ room_id => $second, type => 'text', content => 'from bob' });
for my $ws ($a, $b, $b2) {
    ok($ws->recv_until(sub { ($_[0]{data}{content} || '') eq 'from bob' },
                       30), 'and is heard');
}


# The room is changed.

is($c->api($alice, POST => '/api/room/update',
           { room_id => $second, name => '新名字', description => 'd' })
   ->{code}, 0, 'another name');

for my $ws ($a, $b, $b2) {
    my $got = event($ws, 'room_updated', $second);

    is_deeply([@$got{qw(code msg)}, @{$got->{data}}{qw(name description)}],
              [3, '聊天室信息已修改', '新名字', 'd'], 'everybody hears of it');
}


# Removed, gone by himself, the room deleted.

sub exits {
    my ($name, $where, $code) = @_;

    $code->();

    for my $ws ($b, $b2) {
        is_deeply(event($ws, 'room_left', $where), {
            code => 3, msg => '已离开聊天室',
            data => { type => 'room_left', room_id => $where } },
            "$name: told on every socket");
    }
}

sub deaf {
    my ($name, $where) = @_;

    # What is said there now is not heard; what is said elsewhere is.
    $c->api($alice, POST => '/api/message/send',
            { room_id => $where, type => 'text', content => 'secret' });

    for my $ws ($b, $b2) {
        is_deeply([grep { ref $_->{data} && $_->{data}{room_id} == $where }
                   until_now($ws, $alice, $room)], [],
                  "$name: hears nothing more");
    }

    $b->send_json({ room_id => $where, type => $_, content => 'x',
                    client_id => $_ }) for qw(text video);
    my @got = sort map { $b->recv_until(sub { $_[0]{code} == 1 }, 30)
                         ->{client_id} } 1, 2;
    is_deeply(\@got, [qw(text video)], "$name: and may say nothing");
}

exits('removed', $second, sub {
    is($c->api($alice, POST => '/api/room/leave',
               { room_id => $second, user_id => $bob->{id} })->{code}, 0,
       'removed');
});
presence_is_in($second, $false);
deaf('removed', $second);

sub presence_is_in {
    my ($where, $online) = @_;
    my $got = event($a, 'presence', $where);

    is_deeply([@{$got->{data}}{qw(user_id online)}], [$bob->{id}, $online],
              'alice sees it');
}

$c->add($alice, $second, $bob);
event($_, 'room_joined', $second) for $b, $b2;
presence_is_in($second, $true);

exits('left', $second, sub {
    is($c->api($bob, POST => '/api/room/leave', { room_id => $second })
       ->{code}, 0, 'left');
});
presence_is_in($second, $false);
deaf('left', $second);

$c->add($alice, $second, $bob);
event($_, 'room_joined', $second) for $b, $b2;

exits('deleted', $second, sub {
    is($c->api($alice, DELETE => "/api/room/delete?room_id=$second")
       ->{code}, 0, 'deleted');
});
is_deeply(event($a, 'room_left', $second)->{data}{room_id}, $second,
          'its owner is told, too');
deaf('deleted', $second);


# A name that changes is in what is said next.

is($c->api($bob, POST => '/api/user/update', { nike_name => 'Bobby' })
   ->{code}, 0, 'a nickname');
$b->send_json({ room_id => $room, type => 'video', content => 'v' });
is($a->recv_until(sub { ($_[0]{data}{type} || '') eq 'video' }, 30)
   ->{data}{sender_name}, 'bob', 'the name stays');
$_->close(1000) for $b, $b2;
is(event($a, 'presence', $room)->{data}{nike_name}, 'Bobby',
   'presence has the nickname');


# No longer good: every socket, on every worker, with 1008.

sub cut {
    my ($name, $user, $code) = @_;
    my @mine = map { $c->socket($user, worker => $_) } $left, $right, $left;

    $code->();
    is($_->closed(30), 1008, "$name: closed") for @mine;
    is($_->close_reason, 'token is no longer valid', "$name: why")
        for @mine;
    is($c->settled(sessions => 1), 1, "$name: all sockets are gone");

    my $ws = $c->ws('/ws/join', token => $user->{token});
    is($ws->status, 401, "$name: and there is no way back");
    is($c->http(GET => '/api/room/list', token => $user->{token})->{status},
       401, "$name: by no way");
}

$c->add($alice, $room, $carol);

cut('password', $bob, sub {
    is($c->api($bob, POST => '/api/user/update_password',
               { old_password => $bob->{password},
                 new_password => 'another one' })->{code}, 0,
       'another password');
});

sub returns {
    my ($name) = @_;
    my $reply = $c->http(POST => '/login', timeout => 30, json => {
        username => 'bob', password => 'another one' })->{json};

    $bob->{token} = $reply->{data}{token};

    my $ws = $c->ws('/ws/join', token => $bob->{token});
    ok($ws->ok, "$name: a new token is good");
    $ws->close(1000);
    $c->settled(sessions => 1);
}

returns('password');

cut('ban', $bob, sub {
    is($c->ban($bob, 1), undef, 'banned');
});

is($c->ban($bob, 0), undef, 'no longer');
returns('ban');

cut('deletion', $carol, sub {
    is($c->rpc(USER_DELETE => [0, $carol->{id}])->{error}, undef,
       'deleted');
});

is_deeply(online($alice, $room), { alice => 1, bob => 0 },
          'alice is alone, and deleted users are no members');
is($a->closed, undef, 'her socket has stayed');
is_deeply([grep { ref $_->{data} && ($_->{data}{type} || '') eq 'text' }
           until_now($a, $alice, $room)], [], 'and serves');

$a->close(1000);
is($c->settled(sessions => 0), 0, 'no session is left');
is($c->settled(events => 0), 0, 'nor an event');
is($c->settled(channels => 0), 0, 'nor a channel');
$c->done;
done_testing;
