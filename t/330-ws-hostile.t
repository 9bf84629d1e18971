# Clients that flood, do not read, or go without a word.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(json_encode wait_for);
use Conference::Chat;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(time);

my $c = Conference::Chat->new(workers => 2, locations => <<'END');
location / { conf_api roomchat; }
location /limited/ { conf_api roomchat; conf_rate_limit on; }
location /narrow/ {
    conf_api roomchat;
    conf_ws_max_message 60k;
    conf_ws_queue 128k;
}
location = /status { conf_status; }
END

my ($left, $right) = $c->workers;
my ($alice, $bob, $carol) = map { $c->user($_) } qw(alice bob carol);


sub text {
    my ($room, $content, $type) = @_;

    return json_encode({ room_id => $room, type => $type || 'text',
                         content => $content, client_id => substr $content, 0, 60 });
}


# All contents that history has, in order.

sub history {
    my ($room) = @_;
    my ($seq, @list) = (0);

    while (1) {
        my $page = $c->api($alice, GET => "/api/message/list?room_id=$room"
                           . "&after_seq=$seq&limit=100")->{data};

        last unless @$page;
        push @list, @$page;
        $seq = $page->[-1]{seq};
    }

    is_deeply([map { $_->{seq} } @list], [1 .. @list], 'history has no gap');
    return map { $_->{content} } @list;
}


# What comes until the code is satisfied: answers and messages by client_id.

sub collect {
    my ($ws, $enough, $seconds) = @_;
    my $end = time + ($seconds || 60);
    my %got = (seen => [], refused => []);

    while (time < $end && !$enough->(\%got)) {
        my $data = $ws->recv_json($end - time) or last;

        if ($data->{code} == 1) {
            push @{$got{refused}}, $data->{client_id};
        } elsif ($data->{msg} eq '新消息') {
            push @{$got{seen}}, $data->{data}{content};
        }
    }

    return \%got;
}


# Floods.

{
    my $room = $c->room($alice, $bob);
    my $sender = $c->socket($alice, worker => $left);
    my $reader = $c->socket($bob, worker => $right);
    my $n = 2000;

    # All of it before a byte is read.
    $sender->send_raw(join '', map { $sender->frame(
        payload => text($room, "flood-$_")) } 1 .. $n);

    for my $ws ($sender, $reader) {
        my $got = collect($ws, sub { @{$_[0]{seen}} == $n });
        is_deeply($got->{seen}, [map { "flood-$_" } 1 .. $n],
                  'a flood comes through, in order');
        is_deeply($got->{refused}, [], 'with nothing refused');
    }

    is_deeply([history($room)], [map { "flood-$_" } 1 .. $n],
              'and is stored');
    $_->close(1000) for $sender, $reader;
}

{
    my $room = $c->room($alice, $bob);
    my $sender = $c->socket($alice, path => '/limited/ws/join');
    my $n = 900;

    $sender->send_raw(join '', map { $sender->frame(
        payload => text($room, "limit-$_")) } 1 .. $n);

    my $got = collect($sender, sub {
        @{$_[0]{seen}} + @{$_[0]{refused}} == $n });
    my @seen = @{$got->{seen}};

    ok(@seen >= 600 && @seen < $n, 'a flood is limited')
        or diag(scalar @seen);
    is(@seen + @{$got->{refused}}, $n, 'every message is answered');
    is_deeply([history($room)], \@seen,
              'what was acknowledged is stored, and nothing else');
    $sender->close(1000);
}

# Pings without end from a client that does not read.
{
    my $ws = $c->socket($alice, worker => $left);
    my $other = $c->socket($bob, worker => $left);
    my $burst = join '', map { $ws->frame(opcode => 9, payload => 'p' x 125) }
                1 .. 100;

    for (1 .. 400) {
        last unless $ws->{sock} && syswrite_all($ws, $burst);
    }

    $other->send_text('{"room_id":0,"type":"ping"}');
    is($other->recv_json->{code}, 2, 'a flood of pings harms no other');

    my $pongs = 0;
    $ws->ping('the last one');

    # Pongs may have been left out meanwhile, so it is asked again.
    while (my $frame = $ws->recv(30)) {
        $pongs++;
        last if $frame->{payload} eq 'the last one';
        $ws->ping('the last one') if $pongs % 5000 == 0;
    }

    ok($pongs > 0 && !defined $ws->closed, 'and the socket serves again');
    $_->disconnect for $ws, $other;
}


# Everything or, when the peer takes no more for a while, a part of it, but
# whole frames.

sub syswrite_all {
    my ($ws, $bytes) = @_;
    my $end = time + 5;

    while (length $bytes) {
        my $n = syswrite $ws->sock, $bytes;

        if ($n) {
            substr($bytes, 0, $n) = '';
            next;
        }

        return 0 if time > $end && length($bytes) % 131 == 0;
        return 0 unless $!{EAGAIN};
        select undef, undef, undef, 0.01;
        return $ws->send_raw($bytes) if time > $end;
    }

    return 1;
}


# A reader that stops.

$c->settled(sessions => 0);

{
    my $room = $c->room($alice, $bob, $carol);
    my $sender = $c->socket($alice, worker => $left);
    my $reader = $c->socket($bob, worker => $right);
    my @slow = map { $c->socket($carol, worker => $_,
                                path => '/narrow/ws/join') } $left, $right;
    my ($sent, $heard, $echo) = (0, 0, 0);
    my $log = $c->error_log_size;

    setsockopt $_->sock, SOL_SOCKET, SO_RCVBUF, 65536 for @slow;

    while ($sent < 600) {
        my $content = ++$sent . ' ' . 'v' x 59000;

        $sender->send_text(text($room, $content, 'video'));

        for ([$sender, \$echo], [$reader, \$heard]) {
            my ($ws, $count) = @$_;
            my $got = $ws->recv_until(sub {
                ($_[0]{data}{type} || '') eq 'video' }, 30) or last;
            $$count++ if $got->{data}{content} eq $content;
        }

        last if $sent % 10 == 0
                && (() = $c->error_log($log) =~ /client does not read/g) == 2;
    }

    is(() = $c->error_log($log) =~ /client does not read/g, 2,
       "readers that stop are told to go");
    is($heard, $sent, 'another hears everything');
    is($echo, $sent, 'as does the sender');
    is($c->settled(sessions => 2), 2, 'they are gone');
    ok(wait_for(sub { $c->status->{traffic}{sockets_slow} == 2 }, 20),
       'and counted');

    # One that reads again at last finds the end.
    for my $ws (@slow) {
        setsockopt $ws->sock, SOL_SOCKET, SO_RCVBUF, 1 << 20;
        my $code = $ws->closed(60);
        ok(defined $code && ($code == 1008 || $code == 1006),
           'what was under way ends') or diag($code);
    }

    $_->disconnect for @slow;
    $sender->send_text(text($room, 'after'));
    is($_->recv_until(sub { ($_[0]{data}{content} || '') eq 'after' }, 30)
       ->{data}{sender_name}, 'alice', 'the room goes on')
        for $sender, $reader;
    $_->close(1000) for $sender, $reader;
}


# One that pauses for long: what waits goes out in pieces, whole and in order.

{
    my $room = $c->room($alice, $bob);
    my $sender = $c->socket($alice, worker => $left);
    my $reader = $c->socket($bob, worker => $left);
    my $n = 3000;
    my @sent = map { "$_ " . 'w' x ($_ * 37 % 300) } 1 .. $n;

    setsockopt $reader->sock, SOL_SOCKET, SO_RCVBUF, 4096;

    for my $i (0 .. $n - 1) {
        $sender->send_text(text($room, $sent[$i], 'video'));

        # A part is read now and then: the queue moves while it grows.
        $reader->recv(30) if $i % 50 == 0;
    }

    $sender->recv_until(sub { ($_[0]{data}{content} || '') eq $sent[-1] },
                        30);
    setsockopt $reader->sock, SOL_SOCKET, SO_RCVBUF, 1 << 20;

    my $got = collect($reader, sub {
        @{$_[0]{seen}} && $_[0]{seen}[-1] eq $sent[-1] });
    my $skip = $n - @{$got->{seen}};

    cmp_ok($skip, '<=', 60, 'nearly all waited');
    is_deeply($got->{seen}, [@sent[$skip .. $n - 1]],
              'what waited comes whole and in order');
    $_->close(1000) for $sender, $reader;
}


# Gone without a word, with a message under way: who is left hears it.

{
    my $room = $c->room($alice, $bob);
    my $reader = $c->socket($bob, worker => $right);
    my @ways = (
        ['half closed', sub { shutdown $_[0]->sock, 1 }],
        ['disconnected', sub { $_[0]->disconnect }],
        ['reset', sub { $_[0]->abort }],
        ['closed', sub { $_[0]->send_frame(opcode => 8) }],
    );

    for my $worker ($left, $right) {
        for my $way (@ways) {
            my ($name, $code) = @$way;
            my $ws = $c->socket($alice, worker => $worker);

            $ws->send_text(text($room, "$name on $worker"));
            $code->($ws);

            if ($name eq 'half closed') {
                ok(wait_for(sub { $ws->recv(1); $ws->eof }, 30),
                   'a half-closed socket is closed');
            }

            $ws->disconnect;
            is($c->settled(sessions => 1), 1, "$name: no session");
        }
    }

    # A reset may take the message with it, whatever is stored is heard.
    $c->api($alice, POST => '/api/message/send',
            { room_id => $room, type => 'text', content => 'end' });

    my @stored = history($room);
    my $got = collect($reader, sub {
        @{$_[0]{seen}} && $_[0]{seen}[-1] eq 'end' });

    is_deeply($got->{seen}, \@stored, 'what is stored was heard, in order');
    ok((grep { /^(?:half )?closed/ } @stored) == 4,
       'and a message before a close is stored') or diag("@stored");
    $reader->close(1000);
}

# What comes behind a close frame is not heard.
{
    my $room = $c->room($alice);
    my $ws = $c->socket($alice);

    $ws->send_raw($ws->frame(payload => text($room, 'before'))
                  . $ws->frame(opcode => 8, payload => pack 'n', 1000)
                  . $ws->frame(payload => text($room, 'behind')));
    is($ws->closed(30), 1000, 'closed');
    $ws->send_text(text($room, 'later'));
    $ws->disconnect;
    $c->settled(sessions => 0);
    $c->api($alice, POST => '/api/message/send',
            { room_id => $room, type => 'text', content => 'end' });
    is_deeply([history($room)], ['before', 'end'],
              'what comes behind a close is not heard');
}


# Removed from the room in the middle of a flood.

for my $worker ($left, $right) {
    my $room = $c->room($alice, $bob);
    my $watch = $c->socket($alice, worker => $left);
    my $ws = $c->socket($bob, worker => $worker);
    my $n = 300;

    $ws->send_raw(join '', map { $ws->frame(
        payload => text($room, "f-$_")) } 1 .. $n);
    $watch->recv_until(sub { ($_[0]{data}{content} || '') eq 'f-20' }, 30);
    is($c->api($alice, POST => '/api/room/leave',
               { room_id => $room, user_id => $bob->{id} })->{code}, 0,
       'removed in the middle');

    # Every frame is read and answered, or was heard by the room.
    $ws->send_text(text(999_999, 'the end'));
    my $got = collect($ws, sub { grep { $_ eq 'the end' }
                                 @{$_[0]{refused}} });
    my @stored = history($room);
    my %refused = map { $_ => 1 } @{$got->{refused}};

    is_deeply([grep { !$refused{$_} } map { "f-$_" } 1 .. $n], \@stored,
              'what was not refused is stored');
    $c->api($alice, POST => '/api/message/send',
            { room_id => $room, type => 'text', content => 'end' });

    my $all = collect($watch, sub {
        @{$_[0]{seen}} && $_[0]{seen}[-1] eq 'end' });
    is_deeply([map { "f-$_" } grep { $_ > 20 } map { /f-(\d+)/ } @stored],
              [grep { $_ ne 'end' } @{$all->{seen}}],
              'and heard by who is left');
    is(scalar(grep { !/^f-\d+$/ } @{$got->{seen}}), 0,
       'but not by who is gone');
    $_->close(1000) for $watch, $ws;
}


# Two hundred come and go, in every way, twice: the zone is as it was.

{
    my $room = $c->room($alice, $bob, $carol);
    my @users = ($alice, $bob, $carol);

    my $round = sub {
        my @ws = map { $c->socket($users[$_ % 3]) } 1 .. 200;

        is($c->settled(sessions => 200), 200, 'two hundred sockets');

        for my $i (0 .. $#ws) {
            my $ws = $ws[$i];

            $ws->send_text(text($room, "last of $i", 'video'))
                if $i % 10 == 0;
            $i % 5 == 0 ? $ws->disconnect
            : $i % 5 == 1 ? $ws->abort
            : $i % 5 == 2 ? $ws->send_frame(opcode => 8)
            : $i % 5 == 3 ? $ws->send_raw("\x81\xfe\xff")
            : shutdown $ws->sock, 1;
        }

        $_->disconnect for @ws;
        is($c->settled($_ => 0), 0, "no $_")
            for qw(sessions events channels users rooms);
    };

    $round->();
    my $pages = $c->status->{zone}{free_pages};

    $round->();
    is($c->settled(free_pages => $pages), $pages, 'the zone is as it was');
    is($c->status->{zone}{zone_full}, 0, 'and was never full');
    is($c->status->{zone}{dropped}, 0, 'nor an inbox');
    ok(wait_for(sub {
        my $traffic = $c->status->{traffic};
        return $traffic->{sockets_opened} == $traffic->{sockets_closed};
    }, 20), 'what was opened is closed');
}

$c->done;
done_testing;
