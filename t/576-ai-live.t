# AI live: one leads, tells results, gives the lead back, or loses it with its
# connection, whatever ends it.

use strict;
use warnings;

use Test::More;
use Conference::Signal;

my ($c, $p) = Conference::Signal::server(workers => 2);
my ($left, $right) = $c->workers;
my $room = $p->room(qw(alice bob carol));
my %id = map { $_ => $p->user($_) } qw(alice bob carol);
my $true = JSON::PP::true();
my $false = JSON::PP::false();

my $a = Conference::Signal->new($p, alice => $room, worker => $left);
my $b = Conference::Signal->new($p, bob => $room, b => 1, worker => $right);

$a->say('ai-live-claim', { enable => $true });
is($a->hear('error')->{data}{message}, 'Join the meeting first',
   'who is not in it does not lead');
$_->join for $a, $b;

$b->say('ai-live-result', { line_id => '1', text => 'x' });
my $got = $b->hear('error');
is_deeply([@{$got->{data}}{qw(code message)}], [403, 'AI Live denied'],
          'nobody leads');

$b->say('ai-live-claim', { enable => $true });

for my $who ($a, $b) {
    $got = $who->hear('ai-live-status');
    is_deeply([@{$got->{data}}{qw(enabled leader_user_id leader_session_id
                                  leader_username)}],
              [$true, $id{bob}, $b->{id}, 'bob'], 'the first one leads');
    like($got->{data}{updated_at}, qr/Z$/, 'since when');
}

$a->say('ai-live-claim', { enable => $true });
is($a->hear('error')->{data}{message}, 'AI Live denied', 'one at a time');
$a->say('ai-live-claim', { enable => $false });
is($a->hear('error')->{data}{message}, 'AI Live denied',
   'who does not lead does not give it back');
is($a->join->{data}{ai_live}{leader_username}, 'bob', 'shown in the room');

my $line = { line_id => '1', speaker_key => 's', text => 'hello',
             tags => [{ text => 'ok', kind => 'ok' }] };
$b->say('ai-live-result', $line);
is_deeply($_->hear('ai-live-result')->{data}, $line, 'a result for all')
    for $a, $b;
$a->say('ai-live-result', $line);
is($a->hear('error')->{data}{message}, 'AI Live denied', 'not by another');
$b->say('ai-live-result', 'text');
is($b->hear('error')->{data}{message}, 'Invalid message format',
   'no object');
$b->say('ai-live-result', { text => 'x' x 20000 });
is($b->hear('error')->{data}{message}, 'Invalid message format', 'too long');

$b->say('ai-live-claim', { enable => $true });
is($b->hear('ai-live-status')->{data}{enabled}, $true, 'again is no change');
is_deeply([$a->all(0.3, 'ai-live-status')], [], 'for the others');

$b->say('ai-live-claim', { enable => $false });
$got = $a->hear('ai-live-status');
is_deeply([@{$got->{data}}{qw(enabled leader_user_id)}], [$false, undef],
          'given back');

# Its end.

$a->say('ai-live-claim', { enable => $true });
$b->hear('ai-live-status', sub { $_[0]{data}{enabled} });
$a->say('leave', {});
is($b->hear('ai-live-status')->{data}{enabled}, $false, 'by a leave');

$a = Conference::Signal->new($p, alice => $room, worker => $left);
$a->join;
$a->say('ai-live-claim', { enable => $true });
$b->hear('ai-live-status', sub { $_[0]{data}{enabled} });
$a->ws->abort;
is($b->hear('ai-live-status')->{data}{enabled}, $false, 'by a lost one');

my $d = Conference::Signal->new($p, carol => $room, worker => $left);
$d->join;
$d->say('ai-live-claim', { enable => $true });
$b->hear('ai-live-status', sub { $_[0]{data}{enabled} });
$c->kill_worker($left);
is($b->hear('ai-live-status', undef, 30)->{data}{enabled}, $false,
   'by the death of its worker');
is($b->hear('user-left', sub { $_[0]{from} == $id{carol} }, 30)
   ->{data}{session_id}, $d->{id}, 'with which it has gone');

$c->done;
done_testing();
