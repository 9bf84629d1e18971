# Chat over sockets on several workers: everybody hears everything, in one
# order, once.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Chat;
use IO::Select;
use Time::HiRes qw(time);

my $c = Conference::Chat->new(workers => 3, locations => <<'END');
location / { conf_api roomchat; }
location /small/ { conf_api roomchat; conf_ws_max_message 1k; }
location /limited/ { conf_api roomchat; conf_rate_limit on; }
location = /status { conf_status; }
END

my @workers = $c->workers;
my ($alice, $bob, $carol) = map { $c->user($_) } qw(alice bob carol);
my $room = $c->room($alice, $bob);
my $other = $c->room($carol);


sub is_message { return ref $_[0] eq 'HASH' && $_[0]{msg} eq '新消息' }

sub next_message { return $_[0]->recv_until(sub { is_message($_[0]) }, 30) }

sub next_error { return $_[0]->recv_until(sub { $_[0]{code} == 1 }, 30) }

sub next_sync {
    return $_[0]->recv_until(sub { ($_[0]{data}{type} || '') eq 'sync' }, 30);
}

sub text { return { room_id => $room, type => 'text', content => $_[0],
                    defined $_[1] ? (client_id => $_[1]) : () } }


# Everybody: both users, two sockets of each, all workers.

my @all = (
    $c->socket($alice, worker => $workers[0], path => '/api/message/ws'),
    $c->socket($alice, worker => $workers[1]),
    $c->socket($bob, worker => $workers[1]),
    $c->socket($bob, worker => $workers[2]),
);
my $outsider = $c->socket($carol, worker => $workers[0]);
my %sessions = $c->sessions;

is_deeply([map { $sessions{$_} } @workers], [2, 2, 1], 'on three workers');

$all[2]->send_json(text('hello, 世界 <&>', 'c-1'));

for my $ws (@all) {
    my $got = next_message($ws);

    is($got->{code}, 0, 'a message');
    like($got->{data}{send_time}, qr/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
         '... its time');
    ok($got->{data}{epoch} > 0, '... its epoch');
    delete @{$got->{data}}{qw(send_time epoch)};
    is_deeply($got->{data}, {
        ID => 1, room_id => $room, sender_id => $bob->{id},
        sender_name => 'bob', sender_avatar => '/static/avatars/nopic.png',
        type => 'text', content => 'hello, 世界 <&>', seq => 1,
        client_id => 'c-1',
    }, '... and the rest');
}

# REST and socket are the same room.
is($c->api($alice, POST => '/api/message/send', text('by REST'))->{code}, 0,
   'a message by REST');
is(next_message($_)->{data}{content}, 'by REST', 'is heard') for @all;

# Content as it is.
my @contents = (
    ['image', 'http://example.org/a.png'],
    ['file', { file_name => 'a.txt', file_url => '/static/files/1.txt',
               nested => [1, 2.5, JSON::PP::null(), { a => 'ü' }] }],
    ['image', [1, 2, 3]], ['anything', "\t\x{1f600}\\\"/"],
);

for my $case (@contents) {
    my ($type, $content) = @$case;

    $all[0]->send_json({ room_id => $room, type => $type,
                         content => $content });
    my @got = map { next_message($_)->{data} } @all;
    is_deeply([map { $_->{content} } @got], [($content) x 4],
              "$type: the same content");
    is_deeply([map { $_->{type} } @got], [($type) x 4], '... and type');
}

my $list = $c->api($bob, GET => "/api/message/list?room_id=$room&limit=4");
is_deeply([map { $_->{content} } @{$list->{data}}],
          [map { $_->[1] } @contents], 'as history has it');


# Ping, video.

my $stored = $list->{data}[-1]{ID};

$all[3]->send_json({ room_id => 0, type => 'ping', data => 'x' });
is_deeply($all[3]->recv_json, { code => 2, msg => 'ok', data => undef },
          'ping');

$all[1]->send_json({ room_id => $room, type => 'video', client_id => 'v',
                     content => 'data:image/jpeg;base64,AAAA' });

for my $ws (@all) {
    is_deeply(next_message($ws)->{data}, {
        ID => 0, send_time => '', room_id => $room,
        sender_id => $alice->{id}, sender_name => 'alice',
        sender_avatar => '/static/avatars/nopic.png', type => 'video',
        content => 'data:image/jpeg;base64,AAAA', client_id => 'v',
    }, 'video is passed on');
}

is($c->api($bob, GET => "/api/message/list?room_id=$room&limit=1")
   ->{data}[0]{ID}, $stored, 'and not stored');


# Errors; the socket stays.

my $unread = '读取信息失败';
my $absent = '当前用户已不在聊天室中';
my $id = '"client_id":"e"';

my @errors = (
    ['no JSON', 'hello', $unread, 0],
    ['half of it', '{"room_id":1', $unread, 0],
    ['two', "{$id} {}", $unread, 0],
    ['empty', '', $unread, 0],
    ['an array', '[1]', $unread, 0],
    ['a number', '1', $unread, 0],
    ['no fields', '{}', $unread, 0],
    ['no room', "{$id,\"type\":\"text\",\"content\":\"x\"}", $unread, 1],
    ['no type', "{$id,\"room_id\":$room,\"content\":\"x\"}", $unread, 1],
    ['a type that is none', "{$id,\"room_id\":$room,\"type\":5,"
     . '"content":"x"}', $unread, undef],
    ['no content', "{$id,\"room_id\":$room,\"type\":\"text\"}", $unread, 1],
    ['empty content', "{$id,\"room_id\":$room,\"type\":\"text\","
     . '"content":""}', $unread, 1],
    ['room 0', "{$id,\"room_id\":0,\"type\":\"text\",\"content\":\"x\"}",
     $unread, undef],
    ['a negative room', "{$id,\"room_id\":-1,\"type\":\"text\","
     . '"content":"x"}', $unread, undef],
    ['NUL', "{$id,\"room_id\":$room,\"type\":\"text\","
     . '"content":"\u0000"}', $unread, undef],
    ['a lone surrogate', "{$id,\"room_id\":$room,\"type\":\"text\","
     . '"content":"\ud800"}', $unread, undef],
    ['deep', '[' x 60000, $unread, undef],
    ['of another room', "{$id,\"room_id\":$other,\"type\":\"text\","
     . '"content":"x"}', $absent, 1],
    ['of no room', "{$id,\"room_id\":999999,\"type\":\"text\","
     . '"content":"x"}', $absent, 1],
    ['video of another room', "{$id,\"room_id\":$other,\"type\":\"video\","
     . '"content":"x"}', $absent, 1],
    ['sync of another room', "{\"room_id\":$other,\"type\":\"sync\"}",
     $absent, undef],
);

for my $case (@errors) {
    my ($name, $text, $sentence, $named) = @$case;

    $all[0]->send_text($text);
    my $got = $all[0]->recv_json;

    is_deeply([@$got{qw(code msg data)}], [1, $sentence, undef], $name);
    is($got->{client_id}, $named ? 'e' : undef, '... named or not')
        if defined $named;
}

$all[0]->send_json(text('still here'));
is(next_message($_)->{data}{content}, 'still here', 'the sockets stay')
    for @all;
ok(!(grep { is_message($_) } map { @{$_->skipped} } @all),
   'nothing else was heard');

$outsider->send_json({ room_id => 0, type => 'ping' });
is($outsider->recv_json->{code}, 2, 'an outsider answers');
ok(!(grep { is_message($_) } @{$outsider->skipped}), 'and heard nothing');


# As long as the limit says, and over it.

{
    my $small = $c->socket($alice, path => '/small/ws/join');
    my $frame = '{"room_id":' . $room . ',"type":"text","content":"%s"}';
    my $room_for = 1024 - length sprintf $frame, '';

    $small->send_text(sprintf $frame, 'x' x $room_for);
    is(length next_message($small)->{data}{content}, $room_for,
       'as long as the location allows');
    next_message($_) for @all;
    $small->send_text(sprintf $frame, 'x' x ($room_for + 1));
    is($small->closed(20), 1009, 'longer');
    $small->disconnect;
}


# Rate limits are said with the message's own id.

{
    my $ws = $c->socket($carol, path => '/limited/ws/join');
    my $got;

    for my $n (1 .. 2000) {
        $ws->send_json({ room_id => $other, type => 'video', content => 'x',
                         client_id => "free-$n" }) if $n <= 3;
        $ws->send_json({ room_id => $other, type => 'text', content => 'x',
                         client_id => "r-$n" });
        $got = $ws->recv_json until $got && ($got->{data}
            ? $got->{data}{type} eq 'text' : 1);
        last if $got->{code} == 1;
        undef $got;
    }

    is($got->{code}, 1, 'too many messages');
    is($got->{msg}, '操作过于频繁，请稍后再试', '... are refused');
    like($got->{client_id}, qr/^r-\d+$/, '... by their id');
    $ws->disconnect;
}


# A message that is sent again.

my @before = map { scalar @{$_->skipped} } @all;

$all[0]->send_json(text('once', 'again-1'));
my $first = next_message($all[0])->{data};
next_message($_) for @all[1 .. 3];

for my $n (1 .. 3) {
    $all[0]->send_json(text('once', 'again-1'));
    is_deeply(next_message($all[0])->{data}, $first,
              'a retry is answered with the first');
}

# Another user's id is another id; another socket of the user retries too.
$all[2]->send_json(text('of bob', 'again-1'));
is(next_message($_)->{data}{content}, 'of bob', 'ids are the users\' own')
    for @all;
$all[1]->send_json(text('once', 'again-1'));
is_deeply(next_message($all[1])->{data}, $first, 'from another socket');

# Two at once: one message, however many answers.
$all[0]->send_raw(join '', map { $all[0]->frame(payload =>
    Conference::json_encode(text("twice", 'again-2'))) } 1 .. 10);
$all[0]->send_json(text('behind'));
my @twice;
while (my $got = next_message($all[0])) {
    last if $got->{data}{content} eq 'behind';
    push @twice, $got->{data};
}
ok(@twice >= 1 && @twice <= 10, 'ten at once are answered');
is(scalar(grep { $_->{ID} != $twice[0]{ID} } @twice), 0,
   'and are one message');
is(next_message($all[2])->{data}{content}, 'twice', 'once for the others');
is(next_message($all[2])->{data}{content}, 'behind', 'and then the next');

$_->disconnect for @all, $outsider;
$c->settled(sessions => 0);


# Eight sockets on three workers send at once: one order for all.

{
    my $per = 100;
    my $hall = $c->room($alice, $bob, $carol);
    my @users = ($alice, $bob, $carol);
    my @ws = map { $c->socket($users[$_ % 3], worker => $workers[$_ % 3]) }
             0 .. 7;
    my $select = IO::Select->new(map { $_->sock } @ws);
    my $end = time + 120;
    my @left = ($per) x 8;
    my @seen = map { [] } @ws;
    my $total = $per * 8;

    # A few a turn, so that all of them are under way together.
    while (time < $end && grep { @$_ < $total } @seen) {
        for my $i (grep { $left[$_] } 0 .. 7) {
            my $n = $per - $left[$i];

            $ws[$i]->send_json({ room_id => $hall, type => 'text',
                                 content => "$i.$_" })
                for $n .. $n + 4;
            $left[$i] -= 5;
        }

        $select->can_read(0.05);

        for my $i (0 .. 7) {
            while (my $got = $ws[$i]->recv_json(0)) {
                push @{$seen[$i]}, $got->{data}
                    if is_message($got) && $got->{data}{room_id} == $hall;
            }
        }
    }

    is_deeply([map { $_->{seq} } @{$seen[0]}], [1 .. $total],
              'no gap and nothing twice');

    for my $i (1 .. 7) {
        is_deeply([map { [@$_{qw(ID seq content)}] } @{$seen[$i]}],
                  [map { [@$_{qw(ID seq content)}] } @{$seen[0]}],
                  "socket $i has the same order");
    }

    for my $i (0 .. 7) {
        is_deeply([grep { /^$i\./ } map { $_->{content} } @{$seen[0]}],
                  [map { "$i.$_" } 0 .. $per - 1],
                  "and those of sender $i");
    }

    # Catching up, in pages, from anywhere.
    my $epoch = $seen[0][0]{epoch};
    my $ws = $ws[0];
    my ($seq, $pages, @caught) = (123, 0);

    while (1) {
        $ws->send_json({ room_id => $hall, type => 'sync', seq => $seq,
                         epoch => $epoch });
        my $got = next_sync($ws);

        is_deeply([@{$got->{data}}{qw(room_id epoch seq)}],
                  [$hall, $epoch, $total], 'a page and where the room is');
        is($got->{code}, 3, '... of code 3');
        push @caught, @{$got->{data}{messages}};
        $pages++;
        last unless $got->{data}{more};
        $seq = $caught[-1]{seq};
    }

    is($pages, 7, 'pages of 100');
    is_deeply([map { [@$_{qw(ID seq content)}] } @caught],
              [map { [@$_{qw(ID seq content)}] } @{$seen[0]}[123 .. 799]],
              'and all that came after');

    $ws->send_json({ room_id => $hall, type => 'sync', seq => $total,
                     epoch => $epoch });
    my $got = next_sync($ws);
    is_deeply([@{$got->{data}}{qw(messages more)}],
              [[], JSON::PP::false()], 'nothing is missing at the end');

    $ws->send_json({ room_id => $hall, type => 'sync', seq => $total + 9,
                     epoch => $epoch });
    is_deeply(next_sync($ws)->{data}{messages}, [], 'nor beyond it');

    $ws->send_json({ room_id => $hall, type => 'sync', seq => 5,
                     epoch => $epoch + 1 });
    is(next_error($ws)->{msg}, '历史消息已变更，请重新获取',
       'another epoch is told apart');

    $ws->send_json({ room_id => $hall, type => 'sync', limit => 3 });
    is_deeply([map { $_->{seq} } @{next_sync($ws)->{data}{messages}}],
              [1, 2, 3], 'from the beginning');

    # A gap while away, and what goes on meanwhile: caught up without a hole.
    $ws[1]->close(1000);
    $ws[2]->send_json({ room_id => $hall, type => 'text', content => "x$_" })
        for 1 .. 150;
    $ws[2]->recv_until(sub { ($_[0]{data}{content} || '') eq 'x150' }, 30);

    my $back = $c->socket($bob, worker => $workers[0]);
    $ws[2]->send_json({ room_id => $hall, type => 'text', content => "y$_" })
        for 1 .. 50;
    my %have;
    ($seq, my $more) = ($total, 1);

    while ($more) {
        $back->send_json({ room_id => $hall, type => 'sync', seq => $seq,
                           epoch => $epoch });
        my $page = $back->recv_until(sub {
            $have{$_[0]{data}{seq}}++ if is_message($_[0]);
            return ($_[0]{data}{type} || '') eq 'sync';
        }, 30);
        $have{$_->{seq}}++ for @{$page->{data}{messages}};
        $seq = $page->{data}{messages}[-1]{seq}
            if @{$page->{data}{messages}};
        $more = $page->{data}{more};
    }

    wait_for(sub {
        my $live = $back->recv_json(0.1);
        $have{$live->{data}{seq}}++ if $live && is_message($live);
        return $have{$total + 200};
    }, 30);
    is_deeply([sort { $a <=> $b } keys %have],
              [$total + 1 .. $total + 200], 'nothing is missed in between');

    $_->disconnect for @ws, $back;
}

is($c->settled(sessions => 0), 0, 'no session is left');
is($c->settled(events => 0), 0, 'nor an event');
$c->done;
done_testing;
