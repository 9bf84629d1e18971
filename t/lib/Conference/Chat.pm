package Conference::Chat;

# Conference with users and rooms at hand, for tests of sockets.
#
#   my $c = Conference::Chat->new(workers => 2);
#   my ($alice, $bob) = map { $c->user($_) } qw(alice bob);
#   my $room = $c->room($alice, $bob);
#   my $ws = $c->socket($alice, worker => ($c->workers)[1]);
#
# A user is { name, id, token, password }.

use strict;
use warnings;

use parent 'Conference';

use Conference::Process qw(slurp wait_for);
use Conference::Rpc;


# As Conference->new; without locations, /status is there besides the API.

sub new {
    my ($class, %o) = @_;

    $o{locations} = "location / { conf_api roomchat; }\n"
                    . "location = /status { conf_status; }\n"
        unless defined $o{locations};

    return $class->SUPER::new(%o);
}


# Registered and logged in.

sub user {
    my ($self, $name) = @_;
    my $in = { username => $name, password => "password of $name" };
    my $reply = $self->http(POST => '/register', json => $in, timeout => 30);

    die "cannot register $name: $reply->{raw}\n"
        unless $reply->{json} && $reply->{json}{code} == 0;

    $reply = $self->http(POST => '/login', json => $in, timeout => 30);
    die "cannot log $name in: $reply->{raw}\n"
        unless $reply->{json} && $reply->{json}{code} == 0;

    return { name => $name, password => $in->{password},
             id => $reply->{json}{data}{user}{ID},
             token => $reply->{json}{data}{token} };
}


# The id of a new room of the first with the others in it.

sub room {
    my ($self, $owner, @others) = @_;
    my $id = $self->api($owner, POST => '/api/room/create',
                        { name => 'room' })->{data}{ID};

    $self->add($owner, $id, $_) for @others;
    return $id;
}


sub add {
    my ($self, $by, $room, $user) = @_;
    my $reply = $self->api($by, POST => '/api/room/add_user',
                           { room_id => $room, user_id => $user->{id} });

    die "cannot add $user->{name}: $reply->{msg}\n" if $reply->{code} != 0;
    return $reply;
}


# A call as this user; the reply's JSON.

sub api {
    my ($self, $user, $method, $path, $json) = @_;
    my $reply = $self->http($method => $path, token => $user->{token},
                            timeout => 30,
                            defined $json ? (json => $json) : ());

    return $reply->{json} || die "$method $path: $reply->{raw}\n";
}


# confd itself, for what the API does not offer.

sub rpc {
    my ($self, $op, $body) = @_;

    $self->{rpc} ||= do {
        my $rpc = Conference::Rpc->new($self->confd->socket)
            or die 'confd does not listen';
        $rpc->hello(node => 1);
        $rpc;
    };

    my $reply = $self->{rpc}->call($op, $body)
        or die "$op: no reply\n";

    return $reply;
}


# Banned for ever, or no longer; returns the error's name, if any.

sub ban {
    my ($self, $user, $banned) = @_;

    return $self->rpc(USER_BAN => [$user->{id},
                                   Conference::Rpc::bool($banned), 0, ''])
        ->{error};
}


# An open socket.  path (/ws/join), worker: the pid that shall have it, and
# what Conference::WS takes.

sub socket {
    my ($self, $user, %o) = @_;
    my $path = delete $o{path};
    my $worker = delete $o{worker};
    my @others = defined $worker ? grep { $_ != $worker } $self->workers : ();
    my $ws;

    $path = '/ws/join' unless defined $path;
    $o{timeout} = 30 unless defined $o{timeout};

    stop_workers(@others);
    eval { $ws = $self->ws($path, token => $user->{token}, %o) };
    kill 'CONT', @others if @others;

    die $@ if $@;
    die "no socket for $user->{name}: " . $ws->status . ' ' . $ws->body . "\n"
        unless $ws->ok;

    return $ws;
}


# Not before they sleep is a connection safe from them.

sub stop_workers {
    my @pids = @_;

    kill 'STOP', @pids if @pids;
    wait_for(sub { !grep { slurp("/proc/$_/stat") !~ /\) T / } @pids }, 10);
}


# What conf_status says.

sub status {
    my ($self) = @_;
    return $self->http(GET => '/status')->{json};
}


# Waits until the zone's figure is what it should be; returns what it is.

sub settled {
    my ($self, $name, $value, $seconds) = @_;

    wait_for(sub { $self->status->{zone}{$name} == $value },
             defined $seconds ? $seconds : 20);

    return $self->status->{zone}{$name};
}


# How many sessions each worker has, by pid.

sub sessions {
    my ($self) = @_;
    return map { $_->{pid} => $_->{sessions} } @{$self->status->{workers}};
}


1;
