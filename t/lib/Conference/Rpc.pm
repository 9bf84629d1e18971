package Conference::Rpc;

# A client of confd's wire, for tests.
#
#   my $rpc = Conference::Rpc->new($socket);        # connects
#   $rpc->hello(node => 1);
#   my $reply = $rpc->call(ROOM_CREATE => [$actor, 'name', '']);
#
#   my @ids = map { $rpc->post(MESSAGE_POST => [...]) } 1 .. 10;
#   $rpc->flush;
#   my $first = $rpc->wait($ids[0]);
#
# A reply is { id, code, error, rev, body, order }: error is undef or the
# name behind CONF_E_, body an array of the reply's fields.  An event is
# { topic, payload, rev, order }; those of topic "n" only set {several}.
# order counts frames as they came.  Numbers
# of ops and errors are read from the sources.
#
# A request of two fields or more may leave out the last ones: they are zero.

use strict;
use warnings;

use Data::MessagePack;
use Errno qw(EAGAIN EINTR EWOULDBLOCK);
use File::Basename qw(dirname);
use IO::Select;
use IO::Socket::UNIX;
use Time::HiRes qw(time);

our $Root = dirname(__FILE__) . '/../../..';
our $Version = 2;

use constant { CALL => 0, REPLY => 1, EVENT => 2 };

my $packer = Data::MessagePack->new;
my (%op, %request, %fields, @error);
my %zero = (U64 => 0, I64 => 0, U32 => 0, STR => '', U64S => [], STRS => [],
            LIST => []);


sub text {
    my ($path) = @_;

    open my $fh, '<', "$Root/$path" or die "cannot open $path: $!";
    local $/;
    return scalar <$fh>;
}


sub op {
    my ($name) = @_;

    if (!%op) {
        my @names = text('backend/proto/conf_op.def')
                    =~ /^CONF_OP\((\w+)/mg;
        @op{@names} = (0 .. $#names);
    }

    return $name + 0 if $name =~ /^\d+$/;
    die "no op $name" unless defined $op{$name};
    return $op{$name};
}


sub error {
    my ($code) = @_;

    @error = (undef, text('shm/conf_base.h') =~ /^\s+X\((\w+),\s+"/mg)
        unless @error;

    return undef if $code == 0;
    return defined $error[$code] ? $error[$code] : "error $code";
}


sub bool {
    return $_[0] ? Data::MessagePack::true() : Data::MessagePack::false();
}


# undef when nobody listens.

sub new {
    my ($class, $path) = @_;
    my $sock = IO::Socket::UNIX->new(Peer => $path) or return undef;

    $sock->blocking(0);

    return bless { sock => $sock, id => 0, in => '', out => '', order => 0,
                   replies => {}, events => [], eof => 0 }, $class;
}


# One whole frame; body undef is nil.

sub frame {
    my ($kind, $id, $code, $body) = @_;
    my $text = $packer->pack([$kind, $id, $code, 0, $body]);

    return pack('N', length $text) . $text;
}


sub hello {
    my ($self, %o) = @_;

    return $self->call(HELLO => [$o{version} || $Version, defined $o{node} ? $o{node} : 1, $$]);
}


sub whole {
    my ($op, $body) = @_;

    if (!%request) {
        %request = text('backend/proto/conf_op.def')
                   =~ /^CONF_OP\((\w+),\s*\w+,\s*(\w+)/mg;

        for my $file (qw(conf_rpc.h conf_types.h)) {
            my $text = text("backend/proto/$file") =~ s/\\\n/ /gr;

            while ($text =~ /^#define CONF_(\w+)_FIELDS\(X, s\)(.*)$/mg) {
                my ($name, $list) = (lc $1, $2);
                $fields{$name} = [$list =~ /X\(s,\s*(\w+),/g];
            }
        }
    }

    my $kinds = $fields{$request{$op} || ''};

    return $body unless ref $body eq 'ARRAY' && $kinds && @$body > 1
                        && @$body < @$kinds;

    return [@$body, map { $_ eq 'BOOL' ? bool(0) : $zero{$_} }
                    @$kinds[@$body .. $#$kinds]];
}


# Queues a call; returns its id.

sub post {
    my ($self, $op, $body) = @_;
    my $id = ++$self->{id};

    $self->{out} .= frame(CALL, $id, op($op), whole($op, $body));
    return $id;
}


sub call {
    my ($self, $op, $body, $seconds) = @_;

    return $self->wait($self->post($op, $body), $seconds);
}


sub raw {
    my ($self, $bytes) = @_;

    $self->{out} .= $bytes;
    return $self->flush;
}


# Sends what is queued, reading meanwhile; false when the peer has closed.

sub flush {
    my ($self, $seconds) = @_;
    my $end = time + (defined $seconds ? $seconds : 10);

    while (length $self->{out} && !$self->{eof} && time < $end) {
        $self->turn($end - time);
    }

    return !$self->{eof};
}


# The reply, or undef when it does not come in time or at all.

sub wait {
    my ($self, $id, $seconds) = @_;
    my $end = time + (defined $seconds ? $seconds : 10);

    until ($self->{replies}{$id} || $self->{eof} || time >= $end) {
        $self->turn($end - time);
    }

    return delete $self->{replies}{$id};
}


# All events that have come, after waiting for at least n of them.

sub events {
    my ($self, $n, $seconds) = @_;
    my $end = time + (defined $seconds ? $seconds : 5);

    until (@{$self->{events}} >= $n || $self->{eof} || time >= $end) {
        $self->turn($end - time);
    }

    my @events = splice @{$self->{events}};
    return @events;
}


# True when the peer closes in time; replies that come before are kept.

sub closed {
    my ($self, $seconds) = @_;
    my $end = time + (defined $seconds ? $seconds : 5);

    $self->turn($end - time) until $self->{eof} || time >= $end;
    return $self->{eof};
}


sub close {
    my ($self) = @_;

    $self->{sock}->close;
    $self->{eof} = 1;
}


# Waits for the socket once.

sub turn {
    my ($self, $seconds) = @_;
    my $sock = $self->{sock};
    my ($bits, $rin, $win) = ('', '', '');

    vec($bits, fileno $sock, 1) = 1;
    $rin = $bits;
    $win = $bits if length $self->{out};

    my $n = select $rin, $win, undef, $seconds > 0 ? $seconds : 0;
    return if $n <= 0;

    $self->send_some if $win =~ /[^\0]/;
    $self->read_some if $rin =~ /[^\0]/;
}


sub send_some {
    my ($self) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $n = syswrite $self->{sock}, $self->{out};

    if (defined $n) {
        substr($self->{out}, 0, $n, '');

    } elsif ($! != EAGAIN && $! != EINTR && $! != EWOULDBLOCK) {
        $self->{out} = '';
    }
}


sub read_some {
    my ($self) = @_;
    my $n = sysread $self->{sock}, $self->{in}, 1 << 20, length $self->{in};

    if (!defined $n) {
        return if $! == EAGAIN || $! == EINTR || $! == EWOULDBLOCK;
        $n = 0;
    }

    $self->{eof} = 1 if $n == 0;

    my $at = 0;

    while (length($self->{in}) - $at >= 4) {
        my $len = unpack 'N', substr $self->{in}, $at, 4;
        last if length($self->{in}) - $at < 4 + $len;

        $self->take($packer->unpack(substr $self->{in}, $at + 4, $len));
        $at += 4 + $len;
    }

    substr($self->{in}, 0, $at, '') if $at;
}


sub take {
    my ($self, $frame) = @_;
    my ($kind, $id, $code, $rev, $body) = @$frame;
    my $order = ++$self->{order};

    if ($kind == EVENT && $body->[0] eq 'n') {
        $self->{several} = $packer->unpack($body->[1])->[0] ? 1 : 0;
        return;
    }

    if ($kind == EVENT) {
        push @{$self->{events}}, { topic => $body->[0], payload => $body->[1],
                                   rev => $rev, order => $order };
        return;
    }

    $self->{replies}{$id} = { id => $id, code => $code, rev => $rev,
                              error => error($code), body => $body,
                              order => $order };
}


sub unpack_payload { return $packer->unpack($_[0]) }


1;
