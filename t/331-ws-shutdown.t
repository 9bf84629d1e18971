# Workers that go: their sockets are told with 1001, and not before they must.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Chat;

my $c = Conference::Chat->new(workers => 2);
my ($alice, $bob) = map { $c->user($_) } qw(alice bob);
my $room = $c->room($alice, $bob);


sub heard {
    my ($ws, $content) = @_;

    return $ws->recv_until(sub {
        ref $_[0]{data} && ($_[0]{data}{content} || '') eq $content }, 30);
}

sub says {
    my ($from, $content, @to) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $from->send_json({ room_id => $room, type => 'text',
                       content => $content });
    ok(heard($_, $content), $content) for $from, @to;
}


# Without a limit an old worker waits for its sockets.

my ($left, $right) = $c->workers;
my @old = map { $c->socket($alice, worker => $_) } $left, $right;

ok($c->reload(main => 'worker_shutdown_timeout 1s;'), 'reload');

my $new = $c->socket($bob);

says($old[0], 'from an old worker', $old[1], $new);
says($new, 'from a new one', @old);
is(scalar $c->old_workers, 2, 'both old workers are there');


# With one it says goodbye.  Whoever is to hear it may just be writing.

ok($c->reload, 'reload again');

my $last = $c->socket($alice);
my $half = $new->frame(payload => '{"room_id":0,"type":"ping"}');

$new->send_raw(substr $half, 0, 8);
is($new->closed(30), 1001, 'the worker goes');
is($new->close_reason, 'server is going away', 'and says so');
ok(wait_for(sub { $new->recv(1); $new->eof }, 30), 'its socket ends');
is($c->settled(sessions => 3), 3, 'the others stay');
ok(wait_for(sub { $c->old_workers == 2 }, 30), 'as do the oldest workers');
says($old[1], 'from the oldest', $old[0], $last);

# Back again, and nothing is missed.
$new = $c->socket($bob);
$new->send_json({ room_id => $room, type => 'sync', seq => 2 });
is_deeply([map { $_->{content} } @{$new->recv_until(sub {
    ($_[0]{data}{type} || '') eq 'sync' }, 30)->{data}{messages}}],
          ['from the oldest'], 'who comes back catches up');

$_->close(1000) for @old;
ok(wait_for(sub { !$c->old_workers }, 30),
   'old workers leave with their sockets');


# All is as it was.

says($last, 'goodbye', $new);
$_->close(1000) for $last, $new;
is($c->settled(sessions => 0), 0, 'no session is left');
is($c->settled(events => 0), 0, 'nor an event');
$c->done;
done_testing;
