# No frame waits for the client to acknowledge the one before it, unless nginx
# is told so.  The worker's side of a socket is looked at with pidfd_getfd(2).

use strict;
use warnings;

use Test::More;
use Conference;
use Conference::Chat;
use POSIX ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);

use constant { PIDFD_OPEN => 434, PIDFD_GETFD => 438 };

my $c = Conference::Chat->new(workers => 2, locations => <<'END');
location / { conf_api roomchat; }
location /slow/ { conf_api roomchat; tcp_nodelay off; }
END

my $alice = $c->user('alice');


# Of the workers' ends of connections from a port: is Nagle's delay off?

sub nodelay {
    my ($port) = @_;
    my @found;

    # A text would be passed as its address.

    for my $pid ($c->workers) {
        my $of = syscall PIDFD_OPEN, $pid + 0, 0;

        for my $fd (map { m{/(\d+)\z} } glob "/proc/$pid/fd/*") {
            my $copy = syscall PIDFD_GETFD, $of, $fd + 0, 0;
            next if $copy < 0;
            open my $sock, '+<&=', $copy or die "fd $copy: $!\n";
            my $peer = getpeername $sock;

            push @found, unpack 'i', getsockopt $sock, IPPROTO_TCP, TCP_NODELAY
                if $peer && length $peer == 16
                   && (Socket::unpack_sockaddr_in($peer))[0] == $port;
        }

        POSIX::close($of);
    }

    return "@found";
}


for (['', 1], ['/slow', 0]) {
    my ($where, $wanted) = @$_;
    my $ws = $c->ws("$where/ws/join", token => $alice->{token});

    is(nodelay($ws->sock->sockport), $wanted, "sockets of $where/ws/join");
    $ws->disconnect;
}

$c->done;
done_testing;
