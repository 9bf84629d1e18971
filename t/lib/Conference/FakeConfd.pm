package Conference::FakeConfd;

# Something that sits on confd's socket and is not quite confd.
#
#   my $fake = Conference::FakeConfd->new($path, sub { my ($sock) = @_; ... });
#   ...
#   $fake->stop;
#
# The sub gets each connection in a process of its own.  calls() reads frames,
# welcome() answers a HELLO as confd does, relay() joins two sockets.

use strict;
use warnings;

use Conference::Rpc;
use Data::MessagePack;
use IO::Select;
use IO::Socket::UNIX;

use Exporter 'import';

our @EXPORT_OK = qw(frame_of welcome reply relay);

my $packer = Data::MessagePack->new;


sub new {
    my ($class, $path, $sub) = @_;

    unlink $path;
    my $server = IO::Socket::UNIX->new(Local => $path, Listen => 64)
        or die "cannot listen on $path: $!";
    chmod 0666, $path;

    my $pid = fork;
    die "fork: $!" unless defined $pid;

    if ($pid == 0) {
        serve($server, $sub);
        POSIX::_exit(0);
    }

    return bless { pid => $pid, owner => $$, path => $path }, $class;
}


sub serve {
    my ($server, $sub) = @_;
    my @children;

    $SIG{CHLD} = 'IGNORE';
    $SIG{PIPE} = 'IGNORE';
    $SIG{TERM} = sub { kill 'KILL', @children; POSIX::_exit(0) };
    alarm 120;

    while (1) {
        my $sock = $server->accept or next;
        my $pid = fork;

        if (defined $pid && $pid == 0) {
            $SIG{TERM} = 'DEFAULT';
            alarm 120;
            eval { $sub->($sock) };
            POSIX::_exit(0);
        }

        push @children, $pid;
    }
}


# The next [kind, id, code, rev, body], or undef.

sub frame_of {
    my ($sock) = @_;
    my $in = '';

    while (length $in < 4) {
        sysread $sock, $in, 4 - length $in, length $in or return undef;
    }

    my $len = unpack 'N', $in;
    $in = '';

    while (length $in < $len) {
        sysread $sock, $in, $len - length $in, length $in or return undef;
    }

    return $packer->unpack($in);
}


sub reply {
    my ($id, $code, $body) = @_;
    return Conference::Rpc::frame(Conference::Rpc::REPLY, $id, $code, $body);
}


sub welcome {
    my ($sock) = @_;
    my $hello = frame_of($sock) or return 0;

    return syswrite $sock, reply($hello->[1], 0,
                                 [$Conference::Rpc::Version, 4711]);
}


# Bytes both ways, at most size at a time.

sub relay {
    my ($left, $right, $size) = @_;
    my $select = IO::Select->new($left, $right);

    while (my @ready = $select->can_read) {
        for my $sock (@ready) {
            my $bytes;
            my $n = sysread $sock, $bytes, $size;
            return unless $n;
            syswrite $sock == $left ? $right : $left, $bytes;
        }
    }
}


sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid};

    return unless $pid && $$ == $self->{owner};
    kill 'TERM', $pid;
    waitpid $pid, 0;
    unlink $self->{path};
}


sub DESTROY { local ($?, $!); $_[0]->stop }


1;
