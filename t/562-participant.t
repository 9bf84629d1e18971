# meeting: participants.  Who adds and removes whom, roles, one host.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;

my $c = Conference::Meeting->new(workers => 2);
my ($alice, $bob, $carol, $dave, $eve, $root) =
    map { $c->user($_) } qw(alice bob carol dave eve root);
my $m = '/api/v1/meetings';

system("$c->{daemon}{binary} -s " . $c->confd->socket
       . ' admin root >/dev/null') == 0 or die 'no admin';

my $id = $c->meeting($alice)->{id};
my $p = "$m/$id/participants";


sub add { return $c->says($_[0], POST => $p, { user_id => $_[1]{id},
                                               @_[2 .. $#_] }) }
sub drop { return $c->says($_[0], DELETE => "$p/$_[1]{id}") }
sub role { return $c->says($_[0], PUT => "$p/$_[1]{id}/role",
                           { role => $_[2] }) }

sub roles {
    my $list = $c->api($alice, GET => $p)->{json}{data}{participants};
    return join ' ', map { "$_->{username}=$_->{role}" }
                     sort { $a->{username} cmp $b->{username} } @$list;
}


# Adding

{
    my $r = $c->api($alice, POST => $p, { user_id => $bob->{id} });
    my $d = $r->{json}{data};

    is("$r->{status} $r->{json}{message}",
       '200 Participant added successfully', 'added');
    is("$d->{user_id} $d->{username} $d->{nickname} $d->{role} $d->{status}",
       "$bob->{id} bob Bob participant offline", 'who');
    is($d->{participant_id}, $d->{id}, 'the id twice');
    is($d->{meeting_id}, $id, 'where');

    is($c->api($alice, POST => $p, { user_id => $bob->{id} })
       ->{json}{data}{id}, $d->{id}, 'once more is the same');
    is(add($alice, $carol, role => 'moderator'), '200 200', 'with a role');
    is(add($alice, { id => 99999 }), '404 1003', 'no such user');
    is(add($alice, $dave, role => 'king'), '400 400', 'no such role');
    is($c->says($alice, POST => $p, $_), '400 400', 'nobody')
        for {}, { user_id => 'x' }, { user_ids => [] };

    is(add($bob, $dave), '403 403', 'not by a participant');
    is(add($eve, $dave), '403 403', 'not by an outsider');
    is(add(undef, $dave), '401 401', 'not by nobody');
    is(add($carol, $dave), '200 200', 'by a moderator');
    is($c->says($alice, POST => "$m/99999/participants",
                { user_id => $bob->{id} }), '404 2001', 'to no meeting');
    is(roles(), 'alice=host bob=participant carol=moderator '
                . 'dave=participant', 'all of them');

    my $list = $c->api($bob, GET => "$p?page_size=2")->{json}{data};
    is($list->{total}, 4, 'how many');
    my ($one) = grep { $_->{username} eq 'bob' }
                @{$c->api($bob, GET => $p)->{json}{data}{participants}};
    ok(exists $one->{$_}, "there is $_")
        for qw(participant_id id meeting_id user_id username nickname
               avatar_url role status joined_at audio_enabled video_enabled
               screen_sharing);
    ok(!exists $one->{email}, 'and no address');
}


# Roles

{
    is(role($bob, $dave, 'moderator'), '403 403', 'not by a participant');
    is(role($carol, $dave, 'moderator'), '403 403', 'not by a moderator');
    is(role($eve, $dave, 'moderator'), '403 403', 'not by an outsider');
    is(role(undef, $dave, 'moderator'), '401 401', 'not by nobody');
    is(role($alice, $eve, 'moderator'), '404 404', 'of who is not in it');
    is(role($alice, $dave, $_), '400 400', 'no such role: ' . ($_ // 'null'))
        for 'king', '', undef, 9;

    my $r = $c->api($alice, PUT => "$p/$dave->{id}/role",
                    { role => 'moderator' });
    is("$r->{status} $r->{json}{message} $r->{json}{data}{role}",
       '200 Participant role updated successfully moderator', 'by the host');
    is(role($alice, $dave, 1), '200 200', 'as a number');
    is(role($root, $dave, 'participant'), '200 200', 'by an admin');

    is(role($alice, $carol, 'host'), '200 200', 'another host');
    is(roles(), 'alice=moderator bob=participant carol=host '
                . 'dave=participant', 'there is one');
    is($c->api($alice, GET => "$m/$id")->{json}{data}{creator_id},
       $alice->{id}, 'the creator is the same');
    is(role($alice, $dave, 'moderator'), '200 200', 'and may what a host may');
    is(role($alice, $alice, 'host'), '200 200', 'takes it back');
    is(role($alice, $dave, 'participant'), '200 200', 'and that, too');
    is(roles(), 'alice=host bob=participant carol=moderator '
                . 'dave=participant', 'as before');
}


# Removing

{
    $c->api($_, POST => "$m/$id/join") for $alice, $bob, $carol, $dave;
    my $ws = $c->ws("/ws/signaling?meeting_id=$id", token => $bob->{token});
    is($ws->status, 101, 'bob has a socket');
    $ws->send_json({ type => 'join', data => {} });
    $ws->recv_until(sub { $_[0]{type} eq 'room-info' }, 10);

    is(drop($dave, $bob), '403 403', 'not by a participant');
    is(drop($eve, $bob), '403 403', 'not by an outsider');
    is(drop(undef, $bob), '401 401', 'not by nobody');
    is(drop($carol, $alice), '403 403', 'not the host, by a moderator');
    is(drop($_, $alice), '400 400', 'not the creator') for $alice, $root;
    is(drop($alice, $eve), '404 404', 'not who is not in it');

    my $r = $c->api($carol, DELETE => "$p/$bob->{id}");
    is("$r->{status} $r->{json}{message}",
       '200 Participant removed successfully', 'by a moderator');
    is($ws->closed(5), 4001, 'the socket is closed: removed');
    is($c->says($bob, GET => "$m/$id"), '403 403', 'bob is out');
    is($c->says($bob, POST => "$m/$id/join"), '403 403', 'and stays out');
    is($c->ws("/ws/signaling?meeting_id=$id", token => $bob->{token})
       ->status, 403, 'of the socket, too');

    is(role($alice, $dave, 'moderator'), '200 200', 'dave is a moderator');
    is(drop($carol, $dave), '403 403', 'and not for another to remove');
    is(drop($dave, $dave), '200 200', 'but himself');
    is(drop($root, $carol), '200 200', 'an admin may');
    is(add($alice, $bob), '200 200', 'bob is asked again');
    is($c->says($bob, POST => "$m/$id/join"), '200 200', 'and comes');
    is(roles(), 'alice=host bob=participant', 'who is left');
}

$c->done;
done_testing;
