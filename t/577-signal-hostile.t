# Signaling when something is wrong: a user banned, confd gone, a worker
# killed, clients that do not read or send what is no message.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Rpc;
use Conference::Signal;

my ($c, $p) = Conference::Signal::server(workers => 2,
    locations => $Conference::Signal::Locations . "conf_ws_queue 128k;\n");
my ($left, $right) = $c->workers;
my $room = $p->room(qw(alice bob carol dave));
my %id = map { $_ => $p->user($_) } qw(alice bob carol dave);

my $a = Conference::Signal->new($p, alice => $room, worker => $left);
my $b = Conference::Signal->new($p, bob => $room, worker => $right);
my $d = Conference::Signal->new($p, dave => $room, worker => $right);
$_->join for $a, $b, $d;


# A ban ends the token, and with it the socket, wherever it is.

$p->ask(USER_BAN => [$id{dave}, Conference::Rpc::bool(1), 0]);
is($d->closed(5), 4003, 'a ban closes');
ok($a->hear('user-left', sub { $_[0]{from} == $id{dave} }), 'and is heard');


# Without confd what is live goes on.

$c->kill_confd;
$a->say('offer', { sdp => 'dark' }, to => $id{bob});
is($b->hear('offer')->{data}{sdp}, 'dark', 'an offer without confd');
$b->say('media-state', { video_enabled => JSON::PP::false() });
ok($a->hear('media-state'), 'media without confd');
$a->say('chat', { content => 'lost' });
my $error = $a->hear('error', undef, 30);
is_deeply([@{$error->{data}}{qw(code reason)}], [503, 'INTERNAL_ERROR'],
          'a chat is refused, since it would be lost');
is_deeply([$b->all(0.3, 'chat')], [], 'and not shown');
$c->start_confd;
wait_for(sub {
    $a->say('chat', { content => 'again' });
    $b->hear('chat', undef, 1);
}, 30) or fail('chat comes back');


# No messages: closed, and nobody else notices.

for my $case (['binary', 1003, sub { $_[0]->send_binary('x') }],
              ['no UTF-8', 1007,
               sub { $_[0]->send_frame(payload => "\xff") }],
              ['no mask', 1002,
               sub { $_[0]->send_frame(payload => '{}', mask => 0) }],
              ['a reserved bit', 1002,
               sub { $_[0]->send_frame(payload => '{}', rsv => 2) }])
{
    my ($name, $code, $do) = @$case;
    my $w = Conference::Signal->new($p, carol => $room);

    $w->join;
    $do->($w->ws);
    is($w->closed, $code, $name);
    ok($a->hear('user-left', sub { $_[0]{data}{session_id} eq $w->{id} }),
       "$name: gone");
}

# Deep, wide, odd.

for my $data ('[' x 40 . ']' x 40, '{"a":' x 20 . '1' . '}' x 20) {
    $a->ws->send_text("{\"type\":\"offer\",\"to\":$id{bob},"
                      . "\"data\":$data}");
    is($a->hear('error')->{data}{message}, 'Invalid message format',
       'too deep');
}

for my $to ('1e3', '"x"', '{}', '[]', '99999999999999999999', 'true') {
    $a->ws->send_text("{\"type\":\"offer\",\"to\":$to,\"data\":{}}");
    is($a->hear('error')->{data}{message}, 'Invalid message format',
       "to $to");
}

for my $data ('null', '1', '"s"', 'true', '[1,2]') {
    $a->ws->send_text("{\"type\":\"offer\",\"to\":$id{bob},"
                      . "\"data\":$data}");
    ok(defined $b->hear('offer'), "data $data");
}


# A client that does not read is dropped, and the others are not slower.

my $slow = Conference::Signal->new($p, carol => $room, worker => $right);
$slow->join;

my $big = { sdp => 'x' x 30000 };
for (1 .. 200) {
    $a->say('offer', $big, to => $id{carol});
    select undef, undef, undef, 0.02;
    last if $a->ws->recv_until(sub { ref $_ && ($_->{type} || '')
                                     =~ /^(?:user-left|error)$/ }, 0.001);
}
ok($c->error_log =~ /client does not read/, 'a slow reader is noticed');
$slow->ws->abort;


# A worker is killed: its peers are gone, and come back where they were.

my $seq = $b->join->{data}{seq};
$c->kill_worker($left);
ok($b->hear('user-left', sub { $_[0]{data}{session_id} eq $a->{id} }, 30),
   'who was in it has left');
my $a2 = Conference::Signal->new($p, alice => $room,
    query => { session_id => $a->{id}, last_seq => $seq });
ok($a2->join->{data}{resumed}, 'and is back');
ok($b->hear('user-joined', sub { $_[0]{from} == $id{alice} }), 'heard');
$b->say('offer', { sdp => 'alive' }, to => $id{alice});
is($a2->hear('offer')->{data}{sdp}, 'alive', 'and reached');

$_->ws->close for $a2, $b;
is($p->settle(0), 1, 'nothing is left');
$c->done;
done_testing();
