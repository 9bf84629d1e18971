# A worker that stands still while others talk: its inbox overflows.  When it
# goes on its sockets get what was stored, whole and in order.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::People;

my $c = Conference->new(workers => 2, confd_config => "scrypt_log_n 4\n",
                        http_extra => "conf_ws_queue 64m;\n",
                        locations => $Conference::People::Locations);
my $p = Conference::People->new($c);
my $room = $p->room(qw(alice bob));


# alice's worker, when bob has another one.

sub apart {
    for (1 .. 60) {
        my $alice = $p->socket('alice');
        my ($one) = grep { $_->{sessions} == 1 } @{$p->status->{workers}};
        my $bob = $p->socket('bob');

        return ($alice, $bob, $one->{pid})
            if !grep { $_->{sessions} == 2 } @{$p->status->{workers}};

        $_->close for $alice, $bob;
        $p->settle(0);
    }

    die "both sockets are always in one worker\n";
}


my ($alice, $bob, $pid) = apart();
my $text = 'x' x 60000;
my $n = 0;

$p->post($bob, $room, 'before');
ok($p->hear($_, 'before'), 'both hear') for $alice, $bob;

kill 'STOP', $pid;

# More bytes than an inbox may hold.
for (1 .. 150) {
    $n++;
    $p->post($bob, $room, "$n $text");
    $p->hear($bob, "$n $text") or last;
}

is($n, 150, 'the other worker goes on');
cmp_ok($p->status->{zone}{dropped}, '>', 0, 'the inbox overflows');
kill 'CONT', $pid;

my @seen;
$alice->recv_until(sub {
    push @seen, $_->{data}{seq} if ref $_ && ref $_->{data}
                                   && $_->{data}{seq};
    @seen == $n;
}, 60);
is("@seen", join(' ', 2 .. $n + 1), 'nothing is missing, nothing twice');

$p->post($alice, $room, 'after');
ok($p->hear($_, 'after'), 'and it goes on') for $alice, $bob;

$_->close for $alice, $bob;
ok($p->settle(0), 'the zone is empty');

$c->done;
done_testing;
