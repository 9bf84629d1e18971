# meeting: meetings themselves.  Planning, looking, changing, beginning,
# ending, deleting; who may.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::People;

my $c = Conference::Meeting->new(workers => 2,
                                 confd_config => "user_rooms_max 30\n");
my $p = Conference::People->new($c);
my ($host, $mod, $part, $out, $admin) =
    map { $c->user($_) } qw(host mod part out admin);
my $at = '/api/v1/meetings';
my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

$p->ask(USER_ROLE => [0, 0, 'admin', 1]);

my %good = (title => 'Weekly 东', start_time => $c->stamp(60),
            end_time => $c->stamp(3600), max_participants => 5,
            meeting_type => 'video');


# A meeting with a moderator and a participant.

sub made {
    my (%o) = @_;
    my $m = $c->meeting($host, %o);

    $c->api($host, POST => "$at/$m->{id}/participants",
            { user_id => $mod->{id}, role => 'moderator' });
    $c->api($host, POST => "$at/$m->{id}/participants",
            { user_id => $part->{id} });
    return $m;
}


# What each of them is answered.

sub each_is {
    my ($name, $call, %want) = @_;
    my %who = (host => $host, moderator => $mod, participant => $part,
               outsider => $out, admin => $admin, anonymous => undef);

    for my $role (sort keys %want) {
        is($call->($who{$role}), $want{$role}, "$name: $role");
    }
}


# Planning

{
    my $r = $c->api($host, POST => $at, {
        %good, description => 'about', password => 'secret',
        settings => { enable_recording => JSON::PP::true,
                      require_approval => JSON::PP::true,
                      enable_ai => JSON::PP::true, layout => { a => [1] } },
    });
    my $m = $r->{json}{data};

    is("$r->{status} $r->{json}{code} $r->{json}{message}",
       '201 201 Meeting created successfully', 'is planned');
    is($m->{meeting_id}, $m->{id}, 'two names of its id');
    is($m->{title}, 'Weekly 东', 'title');
    is($m->{start_time}, $good{start_time}, 'start');
    is($m->{status}, 'scheduled', 'status');
    is($m->{meeting_type}, 'video', 'type');
    is($m->{max_participants}, 5, 'capacity');
    is($m->{creator_id}, $host->{id}, 'creator');
    is($m->{role}, 'host', 'his role');
    is($m->{my_status}, 'offline', 'who is not in it');
    like($m->{room_id}, qr/^[0-9a-f-]{36}$/, 'the room');
    ok($m->{has_password}, 'has a password');
    unlike($r->{body}, qr/secret|"password"/, 'which is not told');
    like($m->{created_at}, $time, 'created');
    is_deeply({ %{$m->{settings}} }, {
        enable_recording => JSON::PP::true, enable_chat => JSON::PP::true,
        enable_screen_share => JSON::PP::true,
        enable_waiting_room => JSON::PP::true,
        mute_on_join => JSON::PP::false, enable_ai => JSON::PP::true,
        layout => { a => [1] } }, 'settings, those that nobody knows too');
    is($m->{meeting}{id}, $m->{id}, 'the same one level deeper');

    is($c->says($host, POST => "$at/", \%good), '201 201', 'with a slash');
    is($c->api($host, POST => $at,
               { map { $_ => $good{$_} } qw(title start_time end_time) })
       ->{json}{data}{max_participants}, 100, 'as many as is usual');
    is($c->says($host, POST => $at,
                { %good, start_time => $c->stamp(0) =~ s/Z$/.926Z/r }),
       '201 201', 'now');
    is($c->api($host, POST => $at, { %good, start_time =>
               '2099-01-01T10:00:00', end_time => '2099-01-01T11:30:00+02:00' })
       ->{json}{error}, 'end_time must be after start_time', 'zones');
}

for my $case (['title', undef], ['title', ''], ['title', 'x' x 101],
              ['title', 7], ['description', 'x' x 501], ['start_time', 'now'],
              ['start_time', undef], ['end_time', undef],
              ['start_time', $c->stamp(-400)], ['end_time', $good{start_time}],
              ['max_participants', 0], ['max_participants', 1001],
              ['max_participants', 'many'], ['meeting_type', 'x'],
              ['password', 'x' x 51], ['settings', 'x'],
              ['settings', { enable_chat => 'maybe' }])
{
    my ($field, $value) = @$case;
    is($c->says($host, POST => $at, { %good, $field => $value }), '400 400',
       "$field: " . (defined $value ? $value : 'none'));
}

is($c->says(undef, POST => $at, \%good), '401 401', 'nobody plans nothing');
is($c->says($host, POST => $at), '400 400', 'nor without a word');


# One, seen by each

{
    my $m = made();

    each_is('detail', sub { $c->says(shift, GET => "$at/$m->{id}") },
            host => '200 200', moderator => '200 200',
            participant => '200 200', outsider => '403 403',
            admin => '200 200', anonymous => '401 401');
    is($c->api($out, GET => "$at/$m->{id}")->{json}{message}, 'Access denied',
       'the sentence');
    is($c->says($host, GET => "$at/999999"), '404 2001', 'none');
    is($c->says($host, GET => "$at/abc"), '400 400', 'no number');

    my $seen = $c->api($part, GET => "$at/$m->{id}")->{json}{data};
    is($seen->{role}, 'participant', 'the role');
    is($seen->{participant_count}, 3, 'three');

    # What is hot follows what changes, in every worker.

    for my $n (1 .. 8) {
        is($c->says($host, PUT => "$at/$m->{id}", { title => "t$n" }),
           '200 200', 'changed');
        is($c->api($part, GET => "$at/$m->{id}")->{json}{data}{title}, "t$n",
           'seen') for 1 .. 3;
    }
}


# Changing

{
    my $m = made(password => 'secret');

    each_is('update', sub { $c->says(shift, PUT => "$at/$m->{id}",
                                     { description => 'x' }) },
            host => '200 200', moderator => '403 403',
            participant => '403 403', outsider => '403 403',
            admin => '200 200', anonymous => '401 401');

    my $r = $c->api($host, PUT => "$at/$m->{id}",
                    { settings => { mute_on_join => JSON::PP::true },
                      password => '', max_participants => 7,
                      meeting_type => 'audio' });
    my $now = $r->{json}{data};

    is($r->{json}{message}, 'Meeting updated successfully', 'the sentence');
    ok($now->{settings}{mute_on_join} && $now->{settings}{enable_chat},
       'only what is named');
    ok(!$now->{has_password}, 'no password any more');
    is("$now->{max_participants} $now->{meeting_type} $now->{title}",
       '7 audio meeting', 'the rest');
    is($c->says($host, PUT => "$at/$m->{id}",
                { end_time => $m->{start_time} }), '400 400', 'no length');
    is($c->says($host, PUT => "$at/$m->{id}", { title => '' }), '400 400',
       'no title');
    is($c->says($host, PUT => "$at/$m->{id}", { status => 'ended' }),
       '400 400', 'not a status to be set');
    is($c->says($host, PUT => "$at/999999", {}), '404 2001', 'none');
    is($c->api($host, PUT => "$at/$m->{id}", { status => 'cancelled' })
       ->{json}{data}{status}, 'cancelled', 'cancelled');
    is($c->says($host, PUT => "$at/$m->{id}", { title => 'x' }), '400 2002',
       'and over');
    is($c->says($host, POST => "$at/$m->{id}/start"), '400 2002',
       'for good');

    $m = made();
    $c->api($host, POST => "$at/$m->{id}/start");
    is($c->api($host, PUT => "$at/$m->{id}", { status => 'cancelled' })
       ->{json}{message}, 'Only a scheduled meeting can be cancelled',
       'what goes on is ended');
}


# Beginning and ending

{
    my $m = made();

    is($c->api($host, POST => "$at/$m->{id}/end")->{json}{message},
       'Meeting not started', 'not yet');

    each_is('start', sub { $c->says(shift, POST => "$at/$m->{id}/start") },
            host => '200 200', moderator => '200 200',
            participant => '403 403', outsider => '403 403',
            admin => '200 200', anonymous => '401 401');

    my $r = $c->api($host, POST => "$at/$m->{id}/start");
    is("$r->{json}{message} $r->{json}{data}{status} "
       . $r->{json}{data}{room_id},
       "Meeting started successfully ongoing $m->{room_id}", 'what is told');

    is($c->says($part, POST => "$at/$m->{id}/end"), '403 403', 'no end');
    is($c->says($out, POST => "$at/$m->{id}/end"), '403 403', 'no end');
    is($c->says(undef, POST => "$at/$m->{id}/end"), '401 401', 'no end');
    $r = $c->api($mod, POST => "$at/$m->{id}/end");
    is("$r->{json}{message} $r->{json}{data}{status}",
       'Meeting ended successfully ended', 'an end');
    is($c->says($host, POST => "$at/$m->{id}/end"), '400 2002', 'once');
    is($c->says($host, POST => "$at/$m->{id}/start"), '400 2002',
       'not again');
    is($c->says($host, POST => "$at/999999/start"), '404 2001', 'none');
    is($c->says($host, POST => "$at/999999/end"), '404 2001', 'none');
    is($c->api($part, GET => "$at/$m->{id}")->{json}{data}{status}, 'ended',
       'and may be looked at');
    $m = made();
    $c->api($host, POST => "$at/$m->{id}/start");
    is($c->says($admin, POST => "$at/$m->{id}/end"), '200 200', 'an admin');
}


# Deleting

{
    my $m = made();

    each_is('delete', sub { $c->says(shift, DELETE => "$at/$m->{id}") },
            moderator => '403 403', participant => '403 403',
            outsider => '403 403', anonymous => '401 401');
    $c->api($host, PUT => "$at/$m->{id}/participants/$mod->{id}/role",
            { role => 'host' });
    is($c->says($mod, DELETE => "$at/$m->{id}"), '403 403',
       'not by a host who did not make it');
    is($c->api($host, DELETE => "$at/$m->{id}")->{json}{message},
       'Meeting deleted successfully', 'by who did');
    is($c->says($host, GET => "$at/$m->{id}"), '404 2001', 'gone');
    is($c->says($host, DELETE => "$at/$m->{id}"), '404 2001', 'gone');
    $m = made();
    is($c->says($admin, DELETE => "$at/$m->{id}"), '200 200', 'an admin');
}


# Lists

{
    my $who = $c->user('lister');
    my @m = map { $c->meeting($who, title => "Title $_",
                              description => $_ == 2 ? 'needle' : '',
                              start_time => $c->stamp(100 * $_)) } 1 .. 3;
    my $list = sub {
        my $r = $c->api($who, GET => shift);
        return join ' ', $r->{status},
               map { $_->{title} =~ s/Title //r }
               @{$r->{json}{data}{meetings} || []};
    };

    is($list->($at), '200 3 2 1', 'the latest first');
    is($list->("$at/"), '200 3 2 1', 'with a slash');
    is($list->('/api/v1/my/meetings'), '200 3 2 1', 'mine');
    is($list->('/api/v1/my/meetings/upcoming'), '200 1 2 3', 'to come');
    is($list->("$at?keyword=NEED"), '200 2', 'by a word');
    is($list->("$at?keyword=title%201"), '200 1', 'of the title');
    is($list->("$at?page=2&page_size=2"), '200 1', 'a page');

    my $data = $c->api($who, GET => "$at?page=2&page_size=2")->{json}{data};
    is(join(' ', @$data{qw(total page page_size total_pages)}), '3 2 2 2',
       'of how many');
    is($list->("$at?$_"), '400', $_)
        for qw(page=0 page=x page_size=0 page_size=101 status=x);

    $c->api($who, POST => "$at/$m[0]{id}/start");
    $c->api($who, POST => "$at/$m[0]{id}/end");
    $c->api($who, PUT => "$at/$m[1]{id}", { status => 'cancelled' });
    is($list->('/api/v1/my/meetings/history'), '200 2 1', 'past');
    is($list->('/api/v1/my/meetings/upcoming'), '200 3', 'to come');
    is($list->("$at?status=ended"), '200 1', 'ended');
    is($list->("$at?status=4"), '200 2', 'by number');
    is($list->('/api/v1/my/meetings?status=scheduled'), '200 3', 'mine');
    is($c->api($out, GET => $at)->{json}{data}{total}, 0, 'nobody else\'s');

    for my $path ($at, map { "/api/v1/my/meetings$_" } '', '/upcoming',
                  '/history')
    {
        is($c->says(undef, GET => $path), '401 401', "$path: anonymous");
    }
}


# No more than one may have

{
    my $who = $c->user('collector');
    my ($n, $r) = (0);

    $n++ while ($r = $c->api($who, POST => $at, \%good))->{status} == 201
               && $n < 100;
    is("$n $r->{status} $r->{json}{message}", '30 403 Too many meetings',
       'thirty');
}


done_testing();
