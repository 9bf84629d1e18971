package Conference::People;

# Users, rooms and sockets for scripts with many of them.  What is durable is
# made over confd's own socket, which is quicker than by HTTP.
#
#   my $c = Conference->new(confd_config => "scrypt_log_n 4\n");
#   my $p = Conference::People->new($c);
#   my $room = $p->room(qw(alice bob));     # registers who is new
#   my $ws = $p->socket('alice');
#   $p->post($ws, $room, 'hello', 'id-1');
#   is_deeply([$p->online($room, 'bob')], ['alice']);

use strict;
use warnings;

use Conference qw(jwt wait_for);
use Conference::Rpc;
use Time::HiRes qw(time);


sub new {
    my ($class, $c) = @_;
    return bless { c => $c, id => {}, rooms => 0 }, $class;
}


# confd's socket, anew when confd was restarted.

sub rpc {
    my ($self) = @_;
    my $pid = $self->{c}->confd->pid;

    if (!$self->{rpc} || $self->{rpc}{eof} || $self->{pid} != $pid) {
        $self->{rpc} = Conference::Rpc->new($self->{c}->confd->socket)
            or die "confd does not listen\n";
        $self->{rpc}->hello(node => 0);
        $self->{pid} = $pid;
    }

    return $self->{rpc};
}


sub ask {
    my ($self, $op, $body) = @_;
    my $reply = $self->rpc->call($op, $body, 60) or die "no reply to $op\n";

    die "$op: $reply->{error}\n" if defined $reply->{error};
    return $reply->{body};
}


# The user's id.

sub user {
    my ($self, $name) = @_;

    $self->{id}{$name} = $self->ask(USER_REGISTER => [$name, 'password1', '',
                                                      '', ''])->[0]
        unless $self->{id}{$name};
    return $self->{id}{$name};
}


sub token {
    my ($self, $name, %claims) = @_;
    return jwt({ user_id => $self->user($name), exp => int(time) + 3600,
                 %claims });
}


# The first one owns it.

sub room {
    my ($self, $owner, @members) = @_;
    my $room = $self->ask(ROOM_CREATE => [$self->user($owner),
                                          'room' . ++$self->{rooms},
                                          ''])->[0];

    $self->add($room, $owner, $_) for @members;
    return $room;
}


sub add {
    my ($self, $room, $by, $name) = @_;
    $self->ask(MEMBER_ADD => [$self->user($by), $room + 0,
                              $self->user($name), '', 1]);
}


sub remove {
    my ($self, $room, $by, $name) = @_;
    $self->ask(MEMBER_REMOVE => [$self->user($by), $room + 0,
                                 $self->user($name)]);
}


# A socket that is in its rooms.  %o goes to Conference::WS.

sub socket {
    my ($self, $name, %o) = @_;
    my $ws;

    # As a client does that is told to come again: a worker's link may be
    # down a little longer than another's.

    for (1 .. 20) {
        $ws = $self->{c}->ws('/ws/join', token => $self->token($name), %o);
        last if $ws->ok || $ws->status != 503;
        select undef, undef, undef, 0.5;
    }

    die "no socket for $name: " . $ws->status . "\n" unless $ws->ok;
    return $ws;
}


# Sockets of these users, so that each worker has at least one.

sub spread {
    my ($self, @names) = @_;

    for (1 .. 50) {
        my @sockets = map { $self->socket($_) } @names;
        my @busy = grep { $_->{sessions} } @{$self->status->{workers}};

        return @sockets if @busy >= $self->{c}{workers_n};
        $_->close for @sockets;
        $self->settle(0);
    }

    die "all sockets are in one worker\n";
}


sub message {
    my ($room, $text, $id) = @_;
    return { room_id => $room + 0, type => 'text', content => $text,
             defined $id ? (client_id => $id) : () };
}


sub post {
    my ($self, $ws, $room, $text, $id) = @_;
    return $ws->send_json(message($room, $text, $id));
}


# What a message with this text is to the socket, or undef.

sub hear {
    my ($self, $ws, $text, $seconds) = @_;
    my $got = $ws->recv_until(sub {
        ref $_ && ref $_->{data} && defined $_->{data}{content}
            && $_->{data}{content} eq $text;
    }, $seconds || 20);

    return $got ? $got->{data} : undef;
}


sub presence {
    my ($self, $ws, $name, $online, $seconds) = @_;
    my $id = $self->user($name);
    my $got = $ws->recv_until(sub {
        ref $_ && ref $_->{data} && ($_->{data}{type} || '') eq 'presence'
            && $_->{data}{user_id} == $id
            && !$_->{data}{online} == !$online;
    }, $seconds || 20);

    return $got ? $got->{data} : undef;
}


# Names of who is online in the room, as one of its members is told.

sub online {
    my ($self, $room, $asker) = @_;
    my $json = $self->{c}->http(GET => "/api/room/members?room_id=$room",
                                token => $self->token($asker))->{json};

    return () unless $json && $json->{data};
    return map { $_->{username} } grep { $_->{online} } @{$json->{data}};
}


# All messages of the room after seq, page by page.

sub history {
    my ($self, $room, $asker, $seq) = @_;
    my @all;

    $seq ||= 0;

    while (1) {
        my $json = $self->{c}->http(
            GET => "/api/message/list?room_id=$room&after_seq=$seq&limit=100",
            token => $self->token($asker))->{json};

        return undef unless $json && $json->{data};
        last unless @{$json->{data}};

        push @all, @{$json->{data}};
        $seq = $all[-1]{seq};
    }

    return \@all;
}


# What conf_status says; the location /status must be there.

sub status {
    my ($self) = @_;
    my $json = $self->{c}->http(GET => '/status')->{json};

    return $json || { zone => {}, workers => [], backend => {} };
}


# Waits until the zone has this many sessions and holds no event.

sub settle {
    my ($self, $sessions, $seconds) = @_;

    return wait_for(sub {
        my $zone = $self->status->{zone};
        return defined $zone->{sessions} && $zone->{sessions} == $sessions
               && $zone->{events} == 0;
    }, $seconds || 30);
}


our $Locations = "location / { conf_api roomchat; }\n"
                 . "location = /status { conf_status; }\n";


1;
