# meeting: what is said in one, by REST.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;

my $c = Conference::Meeting->new(workers => 2);
my ($alice, $bob, $carol, $eve) = map { $c->user($_) }
                                  qw(alice bob carol eve);
my $m = '/api/v1/meetings';
my $id = $c->meeting($alice)->{id};
my $p = "$m/$id/messages";

$c->api($alice, POST => "$m/$id/participants",
        { user_id => $carol->{id}, role => 'moderator' });
$c->api($_, POST => "$m/$id/join") for $alice, $bob;

my $r = $c->api($bob, POST => $p, { content => 'Grüße 你好' });
is("$r->{status} $r->{json}{message}", '200 Message sent successfully',
   'said');
ok($r->{json}{data}{message_id} > 0, 'its id');
like($r->{json}{data}{timestamp}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
     'when');

is($c->says($alice, POST => $p, { content => $_ }), '400 400',
   'content: ' . substr $_ // 'null', 0, 8)
    for undef, '', 'x' x 1001, 5, [];
is($c->says($alice, POST => $p, { content => 'x' x 1000 }), '200 200',
   'a thousand characters');
is($c->says($eve, POST => $p, { content => 'x' }), '403 403', 'an outsider');
is($c->says(undef, POST => $p, { content => 'x' }), '401 401', 'nobody');
is($c->says($alice, POST => "$m/99999/messages", { content => 'x' }),
   '404 2001', 'no meeting');

my $list = $c->api($alice, GET => $p)->{json}{data};
my ($first) = grep { $_->{user_id} == $bob->{id} } @{$list->{messages}};
is("$list->{total} $list->{page} $list->{page_size}", '2 1 50', 'a page');
is("$first->{content} $first->{username} $first->{from_user_id} "
   . "$first->{from_username} $first->{message_id}",
   "Grüße 你好 bob $bob->{id} bob $r->{json}{data}{message_id}", 'what');

$c->api($bob, POST => $p, { content => "line $_" }) for 1 .. 60;
is(scalar @{$c->api($bob, GET => $p)->{json}{data}{messages}}, 50,
   'fifty a page');
my @pages = map {
    map { $_->{content} }
    @{$c->api($bob, GET => "$p?page=$_&page_size=25")
      ->{json}{data}{messages}}
} 1 .. 3;
is(scalar(@pages), 62, 'all pages have all');
my %seen = map { $_ => 1 } @pages;
is(scalar keys %seen, 62, 'each once');
is($c->says($bob, GET => "$p?$_"), '400 400', $_)
    for qw(page=0 page_size=101 page=x);

# Chat can be switched off, but not for who runs the meeting.

$c->api($alice, PUT => "$m/$id",
        { settings => { enable_chat => JSON::PP::false() } });
is($c->says($bob, POST => $p, { content => 'x' }), '403 403', 'chat is off');
is($c->says($_, POST => $p, { content => 'x' }), '200 200', 'not for these')
    for $alice, $carol;

$c->done;
done_testing;
