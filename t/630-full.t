# Limits that are reached: the zone, connections, confd's map, confd's queue.
# Each has a defined answer, is counted, and clears by itself.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::People;

my $builder = Test::More->builder;
binmode $builder->$_, ':utf8' for qw(output failure_output todo_output);


sub refused {
    my ($reply, $sentence, $name) = @_;

    is($reply->{status}, 503, "$name: 503");
    like($reply->{headers}{'retry-after'} || '', qr/^[1-9]\d*$/,
         "$name: Retry-After");
    is($reply->{json}{msg}, $sentence, "$name: the sentence");
}


# The zone: sockets of users who are in many rooms, until no more fit.

{
    my $c = Conference->new(
        workers => 2, confd_config => "scrypt_log_n 4\n",
        http => "conf_zone main:1m;\nconf_backend unix:%CONFD%;\n"
                . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
                . "conf_rate_limit off;\n",
        locations => $Conference::People::Locations,
    );
    my $p = Conference::People->new($c);
    my @names = map { "u$_" } 1 .. 60;
    my @rooms = map { $p->room(@names) } 1 .. 30;
    my (@ws, $full);

    my $first = $p->socket('u1');
    my $second = $p->socket('u2');
    my $before = $p->status->{zone};

    for my $name ((@names) x 8) {
        my $ws = $c->ws('/ws/join', token => $p->token($name));
        $full = $ws, last unless $ws->ok;
        push @ws, $ws;
    }

    ok($full, 'the zone is full after ' . @ws . ' sockets');
    is($full->status, 503, 'the next one is told so: 503');
    like($full->header('Retry-After') || '', qr/^[1-9]\d*$/, 'Retry-After');
    cmp_ok($p->status->{zone}{zone_full}, '>', 0, 'it is counted');

    # Who is there goes on as far as there is room for an event; nothing that
    # was stored is lost.
    my $sent = 0;

    for (1 .. 20) {
        my $reply = $c->http(POST => '/api/message/send',
                             token => $p->token('u1'),
                             json => Conference::People::message($rooms[0],
                                                                 "full $_"));
        $sent++ if $reply->{json} && $reply->{json}{code} == 0;
    }

    is($sent, 20, 'messages are stored');

    my $sessions = $p->status->{zone}{sessions};
    is($sessions, 2 + @ws, 'what did not fit left nothing behind');

    $_->disconnect for splice @ws, 0, @ws / 2;
    ok(wait_for(sub { $p->status->{zone}{sessions} == 2 + @ws }, 30),
       'half of them leave');
    my $again = $c->ws('/ws/join', token => $p->token('u5'));
    ok($again->ok, 'there is room again');

    is(scalar(grep { !$p->hear($first, "full $_", 20) } 1 .. 20), 0,
       'what was sent meanwhile is heard, in order');
    $p->post($second, $rooms[0], 'after');
    ok($p->hear($first, 'after'), 'all goes on');

    $_->disconnect for @ws, $again;
    ok(wait_for(sub { $p->status->{zone}{sessions} == 2 }, 30), 'all leave');
    ok(wait_for(sub {
        $p->status->{zone}{free_pages} >= $before->{free_pages} - 8;
    }, 10), 'the pages are free again')
        or diag("$before->{free_pages}, then "
                . $p->status->{zone}{free_pages});
    $_->close for $first, $second;
    $c->done;
}


# Connections: nginx refuses, nothing else breaks, and it clears.

{
    my $c = Conference->new(
        workers => 1, confd_config => "scrypt_log_n 4\n",
        events => 'worker_connections 32;',
        allow_alert => qr/worker_connections are not enough/,
        locations => $Conference::People::Locations,
    );
    my $p = Conference::People->new($c);
    my $room = $p->room(qw(alice bob));
    my $alice = $p->socket('alice');
    my $bob = $p->socket('bob');
    my @more;

    for (1 .. 60) {
        my $ws = eval { $c->ws('/ws/join', token => $p->token('alice'),
                               timeout => 1) };
        last unless $ws && $ws->ok;
        push @more, $ws;
    }

    cmp_ok(scalar @more, '<', 32, 'connections end at ' . @more);
    cmp_ok(scalar @more, '>', 10, 'not before');

    $p->post($bob, $room, 'crowded');
    ok($p->hear($_, 'crowded'), 'who is there goes on') for $alice, $bob;

    # The link to confd is one of the connections: it has to come back.
    $c->kill_confd;
    $c->start_confd;
    $_->disconnect for splice @more, 0, 8;
    ok(wait_for(sub {
        $p->post($bob, $room, 'linked');
        $alice->recv_until(sub { ($_->{data}{content} || '') eq 'linked' },
                           0.5);
    }, 30), 'the link comes back');

    $_->disconnect for @more;
    ok(wait_for(sub {
        my $ws = eval { $c->ws('/ws/join', token => $p->token('alice')) };
        $ws && $ws->ok;
    }, 20), 'it clears');
    $_->close for $alice, $bob;
    $c->done;
}


# Files that may be open.

{
    my $c = Conference->new(
        workers => 1, confd_config => "scrypt_log_n 4\n",
        main => 'worker_rlimit_nofile 40;',
        allow_alert => qr/Too many open files|exceed open file/,
        locations => $Conference::People::Locations,
    );
    my $p = Conference::People->new($c);
    my $room = $p->room(qw(alice bob));
    my ($alice, $bob) = map { $p->socket($_) } qw(alice bob);
    my @more;

    for (1 .. 60) {
        my $ws = eval { $c->ws('/ws/join', token => $p->token('alice'),
                               timeout => 1) };
        last unless $ws && $ws->ok;
        push @more, $ws;
    }

    cmp_ok(scalar @more, '<', 40, 'files end at ' . @more);
    $p->post($bob, $room, 'no files');
    ok($p->hear($_, 'no files'), 'who is there goes on') for $alice, $bob;

    $_->disconnect for @more;
    ok(wait_for(sub {
        my $ws = eval { $c->ws('/ws/join', token => $p->token('alice'),
                               timeout => 2) };
        $ws && $ws->ok;
    }, 20), 'it clears');
    $_->close for $alice, $bob;
    $c->done;
}


# confd's map: writes are refused, reads go on; more room or less data and
# all is well.

{
    my $config = "scrypt_log_n 4\nmap_min 1m\nmap_max 3m\n";
    my $c = Conference->new(workers => 2, confd_config => $config,
                            locations => $Conference::People::Locations);
    my $p = Conference::People->new($c);
    my $room = $p->room(qw(alice bob));
    my $alice = $p->socket('alice');
    my $bob = $p->socket('bob');
    my $text = 'x' x 30000;
    my $reply;
    my $n = 0;

    for (1 .. 300) {
        $reply = $c->http(POST => '/api/message/send',
                          token => $p->token('alice'),
                          json => Conference::People::message($room, $text));
        last if $reply->{status} != 200;
        $n++;
    }

    cmp_ok($n, '>', 10, "the map is full after $n messages");
    refused($reply, 'Failed to send message', 'the map is full');

    $p->post($alice, $room, $text, 'id-full');
    my $got = $alice->recv_until(sub { ($_->{client_id} || '') eq 'id-full'
                                       && $_->{code} == 1 }, 20);
    is($got && $got->{msg}, '创建新信息失败', 'on a socket, too');

    is(scalar @{$p->history($room, 'bob')}, $n, 'reads go on');
    is($c->http(POST => '/login', json => {
        username => 'alice', password => 'password1' })->{json}{code}, 0,
       'and logins');
    my $stat = $p->status->{backend}{confd};
    cmp_ok($stat->{map_used}, '>', 0.8 * $stat->{map_size},
           'the status tells');

    # More room.
    $c->stop_confd;
    $c->confd->{config} = "scrypt_log_n 4\nmap_min 1m\nmap_max 64m\n";
    $c->start_confd;

    ok(wait_for(sub {
        my $json = $c->http(POST => '/api/message/send',
                            token => $p->token('alice'),
                            json => Conference::People::message($room,
                                                                'grown'))
                   ->{json};
        $json && $json->{code} == 0;
    }, 30), 'with more room it goes on');
    ok($p->hear($bob, 'grown'), 'and is heard');

    my $all = $p->history($room, 'alice');
    is(join(' ', map { $_->{seq} } @$all), join(' ', 1 .. @$all),
       'without a gap');
    $_->close for $alice, $bob;
    $c->done;
}


# confd's queue.

{
    my $c = Conference->new(workers => 2,
                            confd_config => "scrypt_log_n 14\n"
                                            . "hash_threads 1\n"
                                            . "hash_queue_max 2\n",
                            locations => $Conference::People::Locations);
    my $p = Conference::People->new($c);
    my $room = $p->room(qw(alice bob));
    my $bob = $p->socket('bob');
    my $body = '{"username":"bob","password":"password1"}';
    my @socks;

    for (1 .. 40) {
        my $sock = $c->connect;
        syswrite $sock, "POST /login HTTP/1.1\r\nHost: a\r\n"
                        . "Connection: close\r\nContent-Length: "
                        . length($body) . "\r\n\r\n$body";
        push @socks, $sock;
    }

    my %count;

    for my $sock (@socks) {
        local $/;
        my $text = <$sock>;
        my ($status) = $text =~ /^HTTP\/1.1 (\d+)/;
        $count{$status}++;
        $count{retry}++ if $text =~ /^Retry-After: [1-9]/m;
    }

    cmp_ok($count{503} || 0, '>', 0, 'the queue was full');
    cmp_ok($count{200} || 0, '>', 0, 'not for all');
    is(($count{200} || 0) + ($count{503} || 0), 40, 'all were answered');
    is($count{retry}, $count{503}, 'with Retry-After');
    cmp_ok($p->status->{backend}{confd}{busy}, '>', 0, 'it is counted');

    is($c->http(POST => '/login', json => {
        username => 'bob', password => 'password1' })->{json}{code}, 0,
       'it clears');
    $p->post($bob, $room, 'hello');
    ok($p->hear($bob, 'hello'), 'other queues were not');
    $bob->close;
    $c->done;
}

done_testing;
