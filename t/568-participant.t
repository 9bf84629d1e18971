# meeting: the people in a meeting.  Lists, adding, removing, roles; who may.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::People;

my $c = Conference::Meeting->new(workers => 2);
my $p = Conference::People->new($c);
my ($host, $mod, $part, $other, $out, $admin) =
    map { $c->user($_) } qw(host mod part other out admin);
my $at = '/api/v1/meetings';

$p->ask(USER_ROLE => [0, 0, 'admin', 1]);


# With a moderator and two participants.

sub made {
    my $m = $c->meeting($host, @_);

    $c->api($host, POST => "$at/$m->{id}/participants",
            { user_id => $mod->{id}, role => 'moderator' });
    $c->api($host, POST => "$at/$m->{id}/participants",
            { user_ids => [$part->{id}, $other->{id}] });
    return $m;
}

sub people { return "$at/$_[0]{id}/participants" }

sub list {
    my ($m, $query) = @_;
    return $c->api($host, GET => people($m) . ($query || ''))->{json}{data};
}

sub role_of {
    my ($m, $who) = @_;
    my ($one) = grep { $_->{user_id} == $who->{id} }
                @{list($m)->{participants}};
    return $one ? $one->{role} : '';
}


# Looking

{
    my $m = made();

    for my $case ([host => $host, '200 200'], [moderator => $mod, '200 200'],
                  [participant => $part, '200 200'],
                  [outsider => $out, '403 403'], [admin => $admin, '200 200'],
                  [anonymous => undef, '401 401'])
    {
        is($c->says($case->[1], GET => people($m)), $case->[2],
           "list: $case->[0]");
    }

    my $list = list($m);
    is($list->{total}, 4, 'four');
    is_deeply([map { $_->{role} } @{$list->{participants}}],
              [qw(host moderator participant participant)], 'roles');

    my $one = $list->{participants}[2];
    is("$one->{user_id} $one->{username} $one->{nickname} $one->{status}",
       "$part->{id} part Part offline", 'one of them');
    is($one->{id}, $one->{participant_id}, 'two names of a number');
    is($one->{meeting_id}, $m->{id}, 'where');
    is($one->{joined_at}, undef, 'never yet');
    ok(!exists $one->{email}, 'no address');

    $c->api($part, POST => "$at/$m->{id}/join");
    $one = list($m, '?status=online')->{participants}[0];
    is($one->{user_id}, $part->{id}, 'who is online');
    like($one->{joined_at}, qr/Z$/, 'since when');
    $c->api($part, POST => "$at/$m->{id}/leave");
    like(list($m)->{participants}[2]{left_at}, qr/Z$/, 'until when');

    $list = list($m, '?page=2&page_size=3');
    is(join(' ', @$list{qw(total page page_size total_pages)},
            scalar @{$list->{participants}}), '4 2 3 2 1', 'by pages');
    is($c->says($host, GET => people($m) . "?$_"), '400 400', $_)
        for qw(page=0 page_size=101 status=x);
    is($c->says($host, GET => "$at/999999/participants"), '404 2001', 'none');
}


# Adding

{
    my $m = made();
    my $add = sub {
        my ($who, %o) = @_;
        return $c->says($who, POST => people($m), { user_id => $out->{id},
                                                    %o });
    };

    is($add->($out), '403 403', 'add: outsider');
    is($add->($part), '403 403', 'add: participant');
    is($add->(undef), '401 401', 'add: anonymous');
    is($add->($mod, role => 'moderator'), '403 403',
       'a moderator makes no moderators');
    is($add->($mod), '200 200', 'add: moderator');
    is($add->($host, role => 'moderator'), '200 200', 'add: host, again');
    is(role_of($m, $out), 'participant', 'which changes nothing');
    is($add->($admin, user_id => $admin->{id}), '200 200', 'add: admin');

    is($add->($host, user_id => 999999), '404 1003', 'no such user');
    is($add->($host, user_id => 0), '400 400', 'no user');
    is($add->($host, user_id => 'x'), '400 400', 'no number');
    is($add->($host, role => 'x'), '400 400', 'no role');
    is($add->($host, role => 'host'), '400 400', 'not a host');
    is($c->says($host, POST => people($m), {}), '400 400', 'nobody');
    is($c->says($host, POST => people($m), { user_ids => [1 .. 200] }),
       '400 400', 'too many');
    is($c->says($host, POST => "$at/999999/participants", { user_id => 1 }),
       '404 2001', 'none');

    my $r = $c->api($host, POST => people($m),
                    { user_ids => [$out->{id}, $part->{id}], role => 1 });
    is($r->{json}{message}, 'Participant added successfully', 'the sentence');
    is(@{$r->{json}{data}{participants}}, 2, 'several at once');
    is($r->{json}{data}{user_id}, $out->{id}, 'the first of them');

    $c->api($host, PUT => "$at/$m->{id}", { status => 'cancelled' });
    is($add->($host), '400 2002', 'not to what is over');
}


# Removing

{
    my $m = made();
    my $remove = sub {
        my ($who, $whom) = @_;
        return $c->says($who, DELETE => people($m) . "/$whom->{id}");
    };

    $c->api($part, POST => "$at/$m->{id}/join");

    is($remove->($out, $part), '403 403', 'remove: outsider');
    is($remove->(undef, $part), '401 401', 'remove: anonymous');
    is($remove->($other, $part), '403 403', 'remove: participant');
    is($remove->($mod, $host), '403 403', 'a moderator the host');
    is($remove->($mod, { id => $mod->{id} }), '200 200', 'himself');
    $c->api($host, POST => people($m),
            { user_id => $mod->{id}, role => 'moderator' });
    is($remove->($mod, $part), '200 200', 'remove: moderator');
    is($c->says($part, POST => "$at/$m->{id}/join"), '403 403',
       'no way back');
    is($c->says($part, GET => "$at/$m->{id}"), '403 403', 'nor a look');
    is($remove->($mod, $part), '404 404', 'twice');
    is($c->api($mod, DELETE => people($m) . "/$part->{id}")->{json}{message},
       'Participant not found', 'the sentence');
    is($remove->($host, $host), '400 400', 'the creator stays');
    is($c->api($admin, DELETE => people($m) . "/$host->{id}")
       ->{json}{message}, 'The creator cannot be removed', 'whoever asks');
    is($remove->($host, { id => 999999 }), '404 404', 'nobody');
    is($remove->($host, { id => 'x' }), '400 400', 'no number');
    is($c->says($host, DELETE => "$at/999999/participants/1"), '404 2001',
       'none');

    is($c->says($mod, POST => people($m), { user_id => $part->{id} }),
       '200 200', 'added again');
    is($c->says($part, POST => "$at/$m->{id}/join"), '200 200', 'he may');
    is($remove->($host, $mod), '200 200', 'remove: host');
    is($remove->($admin, $other), '200 200', 'remove: admin');
}


# A socket of who is removed

{
    my $m = made();
    my $d = $c->api($part, POST => "$at/$m->{id}/join")->{json}{data};
    my $ws = $c->ws("/ws/signaling?meeting_id=$m->{id}",
                    token => $part->{token});

    ok($ws->ok, 'a socket');
    $ws->send_json({ type => 'join', data => {} });
    $ws->recv_until(sub { ref $_[0] && $_[0]{type} eq 'room-info' });
    $c->api($host, DELETE => people($m) . "/$part->{id}");
    is($ws->closed(5), 4001, 'is closed');
}


# Roles

{
    my $m = made();
    my $role = sub {
        my ($who, $whom, $to) = @_;
        return $c->says($who, PUT => people($m) . "/$whom->{id}/role",
                        { role => $to });
    };

    is($role->($out, $part, 'moderator'), '403 403', 'role: outsider');
    is($role->($part, $part, 'moderator'), '403 403', 'role: participant');
    is($role->($mod, $part, 'moderator'), '403 403', 'role: moderator');
    is($role->(undef, $part, 'moderator'), '401 401', 'role: anonymous');
    is($role->($host, $part, 'moderator'), '200 200', 'role: host');
    is(role_of($m, $part), 'moderator', 'is one');
    is($role->($admin, $part, 'participant'), '200 200', 'role: admin');
    is(role_of($m, $part), 'participant', 'is none');
    is($role->($host, $part, 2), '200 200', 'by number');
    is($role->($host, $part, 'presenter'), '200 200', 'by another name');
    is($role->($host, $part, 'x'), '400 400', 'none');
    is($role->($host, $out, 'moderator'), '404 404', 'not there');
    is($role->($host, $host, 'participant'), '400 400', 'there is a host');
    is($c->api($host, PUT => people($m) . "/$host->{id}/role",
               { role => 'moderator' })->{json}{message},
       'Make another participant the host instead', 'always');
    is($c->says($host, PUT => people($m) . "/$part->{id}/role", {}),
       '400 400', 'no role');
    is($c->says($host, PUT => "$at/999999/participants/1/role",
                { role => 'host' }), '404 2001', 'none');

    my $r = $c->api($host, PUT => people($m) . "/$part->{id}/role",
                    { role => 'host' });
    is("$r->{json}{message} $r->{json}{data}{role}",
       'Participant role updated successfully host', 'passed on');
    is(role_of($m, $host), 'moderator', 'by who was it');
    is(role_of($m, $part), 'host', 'to who is it');
    is($role->($host, $other, 'moderator'), '200 200',
       'who made it keeps his rights');
    is($role->($part, $other, 'participant'), '200 200', 'the host has them');
}

done_testing();
