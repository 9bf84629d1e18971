# A worker that has just looked into its inbox is not woken at once; one that
# does not look again by itself is woken soon, not only by its regular work.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference;
use Conference::Chat;
use Time::HiRes qw(time);

use constant { MESSAGES => 40, TICK => 0.25 };

my $c = Conference::Chat->new(workers => 2);
my @workers = $c->workers;
my ($alice, $bob) = map { $c->user($_) } qw(alice bob);
my $room = $c->room($alice, $bob);

my $from = $c->socket($alice, worker => $workers[0]);
my $to = $c->socket($bob, worker => $workers[1]);
my $heard = 0;
my $start = time;

for my $n (1 .. MESSAGES) {
    $from->send_json({ room_id => $room, type => 'video', content => "$n" });
    $heard += $to->recv_until(sub { $_[0]{msg} eq '新消息' }, 30)
              ->{data}{content} eq $n;
}

# Half a tick a message is what regular work alone would take.

is($heard, MESSAGES, 'one after another, all are heard');
cmp_ok(time - $start, '<', MESSAGES * TICK / 4, 'none waits for the tick');

$_->close for $from, $to;
$c->done;
done_testing;
