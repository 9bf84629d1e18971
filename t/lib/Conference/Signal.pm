package Conference::Signal;

# Signaling sockets, for tests: a server with both dialects, its people, and
# sockets of a meeting.
#
#   my ($c, $p) = Conference::Signal::server(workers => 2);
#   my $room = $p->room(qw(alice bob));
#   my $a = Conference::Signal->new($p, alice => $room);          # names
#   my $b = Conference::Signal->new($p, bob => $room, b => 1);    # numbers
#   $a->join; $b->join;
#   $a->say('offer', { sdp => 'x' }, to => $p->user('bob'));
#   is($b->hear('offer')->{data}{sdp}, 'x');
#
# What is heard is in one form, whatever the socket's: { type (the name), from,
# to, meeting_id, data, id, timestamp, peer_id, session_id, seq }.

use strict;
use warnings;

use Conference;
use Conference::Chat;
use Conference::People;
use Test::More ();
use Time::HiRes qw(time);

our @Names = ('', qw(offer answer ice-candidate join leave user-joined
    user-left chat screen-share media-state ping pong error room-info
    ai-live-claim ai-live-status ai-live-result meeting-updated meeting-ended
    user-waiting admitted rejected));

my %number = map { $Names[$_] => $_ } 1 .. $#Names;

our $Locations = "location / { conf_api roomchat; }\n"
    . "location = /status { conf_status; }\n"
    . "location ~ ^/(api/v1/|ws/signaling|health) {\n"
    . "    conf_api meeting mount=/;\n}\n";


sub server {
    my (%o) = @_;
    my $c = Conference->new(confd_config => "scrypt_log_n 4\n",
                            locations => $Locations, %o);

    return ($c, Conference::People->new($c));
}


# The path of a socket.

sub path {
    my (%query) = @_;

    return '/ws/signaling?'
           . join '&', map { "$_=$query{$_}" } sort keys %query;
}


# b: types are numbers; query: more of it; worker: the pid that shall have it;
# what is left goes to Conference::WS.

sub new {
    my ($class, $p, $name, $room, %o) = @_;
    my $b = delete $o{b};
    my %query = (meeting_id => $room, user_id => $p->user($name),
                 %{delete $o{query} || {}});
    my $worker = delete $o{worker};
    my $token = delete $o{token} || $p->token($name);
    my @others = defined $worker
                 ? grep { $_ != $worker } $p->{c}->workers : ();
    my $ws;

    $query{peer_id} = "peer-$name" if $b && !defined $query{peer_id};

    Conference::Chat::stop_workers(@others);
    eval { $ws = $p->{c}->ws(path(%query), token => $token, %o) };
    kill CONT => @others;

    die $@ unless $ws;
    return bless { ws => $ws, b => $b, room => $room, name => $name },
                 $class;
}


sub ws { return $_[0]{ws} }
sub ok { return $_[0]{ws}->ok }


sub say {
    my ($self, $type, $data, %o) = @_;
    my %frame;

    if ($self->{b}) {
        $o{to_user_id} = delete $o{to} if exists $o{to};
        %frame = (type => $number{$type}, meeting_id => $self->{room},
                  defined $data ? (payload => $data) : (), %o);
    } else {
        %frame = (type => $type, meeting_id => $self->{room},
                  defined $data ? (data => $data) : (), %o);
    }

    return $self->{ws}->send_json(\%frame);
}


sub plain {
    my ($self, $frame) = @_;

    return undef unless ref $frame eq 'HASH';
    return $frame unless $self->{b};

    my %name = (from => 'from_user_id', to => 'to_user_id',
                data => 'payload');
    my %plain = %$frame;

    for my $key (keys %name) {
        $plain{$key} = delete $plain{$name{$key}}
            if exists $plain{$name{$key}};
    }

    $plain{type} = $Names[$plain{type}] || "number $plain{type}"
        if $plain{type} =~ /^\d+$/;
    return \%plain;
}


# The next frame of the type (and for which sub is true), or undef.

sub hear {
    my ($self, $type, $sub, $seconds) = @_;
    my $got = $self->{ws}->recv_until(sub {
        my $frame = $self->plain($_[0]) or return 0;
        return $frame->{type} eq $type && (!$sub || $sub->($frame));
    }, $seconds || 15);

    return $self->plain($got);
}


# Frames of these types that come until there is a silence.

sub all {
    my ($self, $silence, @types) = @_;
    my %want = map { $_ => 1 } @types;

    return grep { !@types || $want{$_->{type}} }
           map { $self->plain($_) } $self->{ws}->drain($silence || 0.5);
}


# In the room; its room-info.

sub join {
    my ($self, %o) = @_;

    $self->say('join', {}, %o);
    my $info = $self->hear('room-info');

    $self->{id} = $info->{data}{session_id} if $info;
    return $info;
}


sub closed { return $_[0]{ws}->closed($_[1] || 15) }


1;
