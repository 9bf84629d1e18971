package Conference::Crowd;

# Many sockets in one room, driven by one loop: clients that post, wait for
# their own frame, reconnect, catch up by sync, and post again with the same
# client_id what was not confirmed.  What each has seen is kept and checked.
#
#   my $crowd = Conference::Crowd->new($p, $room, \@names);
#   $crowd->{posting} = 1;
#   $crowd->run(3);                  # seconds
#   $crowd->{posting} = 0;
#   $crowd->finish;                  # all is confirmed, all have caught up
#   is($_, undef) for $crowd->problem;
#
# A member's live frames must be in order without a gap, but for its own
# messages that it had to post twice.  %o: reconnect => 0: a socket that ends
# is a problem; pause => seconds between two posts of a member; on_turn => sub.

use strict;
use warnings;

use JSON::PP ();
use Time::HiRes qw(time sleep);

my $json = JSON::PP->new->utf8->canonical;


sub new {
    my ($class, $p, $room, $names, %o) = @_;

    my $self = bless {
        p => $p, room => $room + 0, reconnect => 1, pause => 0.05,
        posting => 0, problems => [], acked => {}, number => 0, %o,
    }, $class;

    for my $name (@$names) {
        push @{$self->{members}}, {
            name => $name, id => $p->user($name), token => $p->token($name),
            seen => {}, last => 0, epoch => 0, next_post => 0, retry => 0,
        };
    }

    $self->connect($_) for @{$self->{members}};
    return $self;
}


sub bad {
    my ($self, $m, $text) = @_;
    push @{$self->{problems}}, "$m->{name}: $text" if @{$self->{problems}} < 9;
}


sub problem { return $_[0]{problems}[0] }


# One try; a member without a socket tries again later.

sub connect {
    my ($self, $m) = @_;

    $m->{ws} = undef;
    $m->{prev} = undef;
    $m->{synced} = 0;
    $m->{sent} = undef;
    $m->{retry} = time + 0.1 + rand 0.1;

    my $ws = eval {
        $self->{p}{c}->ws('/ws/join', token => $m->{token}, timeout => 4);
    };

    return 0 unless $ws;

    if (!$ws->ok) {
        my $status = $ws->status;
        $self->bad($m, "handshake: $status")
            if $status && $status != 503 && $status != 500;
        $ws->disconnect;
        return 0;
    }

    $m->{ws} = $ws;
    $m->{connects}++;
    $self->sync($m);
    return 1;
}


sub sync {
    my ($self, $m) = @_;

    $m->{sync_at} = time;
    $m->{ws}->send_json({ room_id => $self->{room}, type => 'sync',
                          seq => $m->{last} });
}


# Where one of the sockets has something to say, at most seconds.

sub turn {
    my ($self, $seconds) = @_;
    my $now = time;
    my $bits = '';

    for my $m (@{$self->{members}}) {
        if (!$m->{ws}) {
            $self->connect($m) if $now >= $m->{retry};
            next unless $m->{ws};
        }

        $self->work($m, $now);
        vec($bits, fileno $m->{ws}->sock, 1) = 1 if $m->{ws};
    }

    select my $ready = $bits, undef, undef, $seconds;

    for my $m (@{$self->{members}}) {
        my $ws = $m->{ws} or next;

        while ($m->{ws} && (my $frame = $ws->recv(0))) {
            $self->frame($m, $frame);
        }

        $self->lost($m) if $m->{ws} && $ws->eof;
    }
}


sub lost {
    my ($self, $m) = @_;
    my $code = $m->{ws}->closed;

    $self->bad($m, 'the socket ended with ' . (defined $code ? $code : '?'))
        unless $self->{reconnect};
    $m->{ws}->disconnect;
    $m->{ws} = undef;
    $m->{retry} = time + rand 0.1;
}


# What there is to send.

sub work {
    my ($self, $m, $now) = @_;

    if (!$m->{synced} && $now - $m->{sync_at} > 3) {
        $self->sync($m);
    }

    if (!$m->{pending} && $self->{posting} && $now >= $m->{next_post}) {
        my $number = ++$self->{number};
        $m->{pending} = { id => "$m->{name}-$number",
                          text => "$m->{name} says $number" };
    }

    my $post = $m->{pending} or return;

    # Asked again on a new socket, after an error, or after a long silence.

    return if defined $m->{sent} && $now - $m->{sent} < 8;
    return if $now < ($post->{not_before} || 0);

    $m->{sent} = $now;
    $m->{again}{$post->{id}} = 1 if $post->{tries}++;
    $m->{ws}->send_json({ room_id => $self->{room}, type => 'text',
                          content => $post->{text},
                          client_id => $post->{id} });
}


sub frame {
    my ($self, $m, $frame) = @_;

    return $self->lost($m) if $frame->{opcode} == 8;
    return if $frame->{opcode} != 1;

    my $data = $json->decode($frame->{payload});
    my $body = ref $data->{data} ? $data->{data} : {};

    if ($data->{code} == 1) {
        if ($m->{pending} && defined $data->{client_id}
            && $data->{client_id} eq $m->{pending}{id})
        {
            $m->{sent} = undef;
            $m->{pending}{not_before} = time + 0.1;
        } elsif (!$m->{synced}) {
            $m->{sync_at} = time - 2.8;
        }

    } elsif ($data->{code} == 3 && ($body->{type} || '') eq 'sync') {
        $self->saw($m, $_) for @{$body->{messages}};

        if ($body->{more}) {
            $self->sync($m);
        } else {
            $m->{synced} = 1;
        }

    } elsif ($data->{code} == 3 && ($body->{type} || '') eq 'presence') {
        $m->{online}{$body->{user_id}} = $body->{online} ? 1 : 0;

    } elsif ($data->{code} == 0 && $body->{seq}) {
        $self->live($m, $body);
    }
}


sub live {
    my ($self, $m, $body) = @_;
    my $seq = $body->{seq};

    # What is posted twice may be answered with what was stored before.
    my $again = $body->{sender_id} == $m->{id}
                && $m->{again}{$body->{client_id} || ''};

    if (!$again || defined $m->{prev} && $seq == $m->{prev} + 1) {
        $self->bad($m, "live seq $seq after $m->{prev}")
            if defined $m->{prev} && $seq != $m->{prev} + 1;
        $m->{prev} = $seq;
    }

    $self->saw($m, $body);
}


sub saw {
    my ($self, $m, $body) = @_;
    my $seq = $body->{seq};

    $self->bad($m, "seq $seq is two messages")
        if $m->{seen}{$seq} && $m->{seen}{$seq} != $body->{ID};
    $m->{seen}{$seq} = $body->{ID};

    # Only what is whole counts for the next sync.
    $m->{last}++ while $m->{seen}{$m->{last} + 1};

    my $post = $m->{pending};

    if ($post && defined $body->{client_id} && $body->{client_id} eq $post->{id}
        && $body->{sender_id} == $m->{id})
    {
        $self->{acked}{$post->{id}} = $seq;
        $m->{pending} = undef;
        $m->{sent} = undef;
        $m->{next_post} = time + rand(2 * $self->{pause});
    }
}


sub run {
    my ($self, $seconds, $until) = @_;
    my $end = time + $seconds;

    while (time < $end) {
        $self->turn(0.05);
        $self->{on_turn}->() if $self->{on_turn};
        return 1 if $until && $until->();
    }

    return $until ? 0 : 1;
}


# All posts are confirmed and everybody has everything; the number of
# messages, or undef.

sub finish {
    my ($self, $seconds) = @_;

    $self->{posting} = 0;
    $self->run($seconds || 60, sub {
        !grep { $_->{pending} || !$_->{ws} || !$_->{synced} }
              @{$self->{members}};
    }) or $self->bad({ name => 'all' }, 'not everything was confirmed');

    my $all;
    $self->run(20, sub {
        $all = $self->{p}->history($self->{room}, $self->{members}[0]{name});
    });

    if (!$all) {
        $self->bad({ name => 'all' }, 'no history');
        return undef;
    }

    my $n = @$all;

    $self->run(20, sub {
        !grep { $_->{last} < $n } @{$self->{members}};
    });

    $self->check($all);
    return $n;
}


sub check {
    my ($self, $all) = @_;
    my (%by_id, $seq);
    my $who = { name => 'store' };

    for my $message (@$all) {
        my $id = defined $message->{client_id} ? $message->{client_id}
               : $message->{content};

        $self->bad($who, "seq $message->{seq} follows " . $seq++)
            if $message->{seq} != ++$seq;
        $self->bad($who, "$id is there twice") if $by_id{$id};
        $by_id{$id} = $message;
    }

    for my $id (sort keys %{$self->{acked}}) {
        (my $text = $id) =~ s/-/ says /;
        my $found = $by_id{$id} || $by_id{$text};

        $self->bad($who, "$id was confirmed and is not there"), next
            unless $found;
        $self->bad($who, "$id was seq $self->{acked}{$id}, "
                         . "is $found->{seq}")
            if $found->{seq} != $self->{acked}{$id};
    }

    for my $m (@{$self->{members}}) {
        $self->bad($m, 'has seen ' . keys(%{$m->{seen}}) . ' of ' . @$all
                       . " messages, whole up to $m->{last}")
            if $m->{last} != @$all || keys %{$m->{seen}} != @$all;

        for my $message (@$all) {
            next if !$m->{seen}{$message->{seq}}
                    || $m->{seen}{$message->{seq}} == $message->{ID};
            $self->bad($m, "saw another message as $message->{seq}");
            last;
        }
    }
}


sub close {
    my ($self) = @_;

    for my $m (@{$self->{members}}) {
        $m->{ws}->disconnect if $m->{ws};
        $m->{ws} = undef;
        $m->{retry} = time + 1e9;
    }
}


1;
