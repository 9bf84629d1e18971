# meeting: meetings.  What one is, who sees it, how it is changed, how it
# begins and ends.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;

my $c = Conference::Meeting->new(workers => 2);
my ($alice, $bob, $carol, $eve, $root) =
    map { $c->user($_) } qw(alice bob carol eve root);
my $m = '/api/v1/meetings';
my $time = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
my ($true, $false) = (JSON::PP::true(), JSON::PP::false());

is(system("$c->{daemon}{binary} -s " . $c->confd->socket
          . ' admin root >/dev/null'), 0, 'root is an admin');


sub message { return $_[0]{json}{message} }


# Creating

{
    my $r = $c->api($alice, POST => $m,
                    { title => 'Weekly 周会', description => 'all of us',
                      start_time => $c->stamp(600),
                      end_time => $c->stamp(4200), max_participants => 50,
                      meeting_type => 'audio', password => 's3cret',
                      settings => { enable_recording => $true,
                                    mute_on_join => $true,
                                    enable_video => $true } });
    my $d = $r->{json}{data};

    is("$r->{status} $r->{json}{code} " . message($r),
       '201 201 Meeting created successfully', 'created');
    is($d->{meeting_id}, $d->{id}, 'its id, twice');
    is($d->{title}, 'Weekly 周会', 'its title');
    is("$d->{description} $d->{max_participants} $d->{meeting_type} "
       . "$d->{status} $d->{creator_id}",
       "all of us 50 audio scheduled $alice->{id}", 'what it is');
    like($d->{$_}, $time, $_) for qw(start_time end_time created_at);
    is($d->{settings}{enable_recording}, $true, 'settings: as wanted');
    is($d->{settings}{enable_chat}, $true, 'settings: by default');
    is($d->{settings}{enable_waiting_room}, $false, 'settings: not wanted');
    is($d->{settings}{enable_video}, $true, 'settings: kept as they came');
    is($d->{has_password}, $true, 'it has a password');
    unlike($r->{body}, qr/s3cret|"password"/, 'which nobody sees');
    is($d->{meeting}{id}, $d->{id}, 'one level deeper, too');
    ok(!ref $d->{room_id} && length $d->{room_id} >= 16, 'a room');

    $r = $c->api($alice, POST => "$m/",
                 { title => 'x', start_time => $c->stamp(-60),
                   end_time => $c->stamp(60) =~ s/Z$//r });
    is($r->{status}, 201, 'with a slash; a little late; without a zone');
    is("$r->{json}{data}{meeting_type} $r->{json}{data}{max_participants}",
       'video 100', 'by default');

    $r = $c->api($alice, POST => $m,
                 { title => 'x', start_time => '2199-01-01T10:00:00.926+08:00',
                   end_time => '2199-01-01T03:00:00Z' });
    is($r->{json}{data}{start_time}, '2199-01-01T02:00:00Z',
       'an offset and a fraction');

    is($c->says(undef, POST => $m, {}), '401 401', 'not by nobody');
}

my %good = (title => 'x', start_time => $c->stamp(600),
            end_time => $c->stamp(1200));

for my $try ([title => undef], [title => ''], [title => 'x' x 101],
             [title => 5], [description => 'x' x 501],
             [start_time => undef], [start_time => 'soon'],
             [start_time => $c->stamp(-3600)], [end_time => undef],
             [end_time => $c->stamp(500)], [max_participants => 0],
             [max_participants => 1001], [max_participants => 'many'],
             [meeting_type => 'tv'], [password => 'x' x 51],
             [settings => 'x'], [settings => { enable_chat => 'maybe' }])
{
    my ($name, $value) = @$try;
    my $text = !defined $value ? 'null' : ref $value ? 'of objects'
             : substr $value, 0, 12;
    is($c->says($alice, POST => $m, { %good, $name => $value }), '400 400',
       "$name: $text");
}


# Seeing

my $id = $c->meeting($alice, title => 'Round', password => 'pw')->{id};

is($c->says($bob, POST => "$m/$id/join", { password => 'pw' }), '200 200',
   'bob is in it');
is($c->says($alice, POST => "$m/$id/participants",
            { user_id => $carol->{id}, role => 'moderator' }), '200 200',
   'carol is its moderator');

for my $path ('', '/participants', '/messages') {
    is($c->says($_->[1], GET => "$m/$id$path"), $_->[2],
       "GET $path by $_->[0]")
        for ['host', $alice, '200 200'], ['moderator', $carol, '200 200'],
            ['participant', $bob, '200 200'], ['outsider', $eve, '403 403'],
            ['admin', $root, '200 200'], ['nobody', undef, '401 401'];
    is($c->says($alice, GET => "$m/99999$path"), '404 2001',
       "GET $path of none");
    is($c->says($alice, GET => "$m/x$path"), '400 400', 'of what is none');
}

{
    my $d = $c->api($bob, GET => "$m/$id")->{json}{data};

    is("$d->{role} $d->{my_status}", 'participant online', 'what one is in it');
    is($d->{meeting}{id}, $id, 'the same deeper');
    is($d->{participant_count}, 3, 'how many');
    is($d->{status}, 'ongoing', 'who joins starts it');
    like($d->{started_at}, $time, 'when');
}


# Lists

{
    my @ids = map {
        $c->meeting($carol, title => "List $_", description => 'blue',
                    start_time => $c->stamp(3600 * $_),
                    end_time => $c->stamp(3600 * $_ + 60))->{id}
    } 1 .. 5;

    my $list = sub {
        my $r = $c->api($carol, GET => $_[0]);
        return join ' ', $r->{status}, map { $_->{id} }
                         @{$r->{json}{data}{meetings} || []};
    };

    my $r = $c->api($carol, GET => $m);
    my $d = $r->{json}{data};

    is("$d->{total} $d->{page} $d->{page_size} $d->{total_pages}",
       '6 1 20 1', 'a page');
    is($list->($m), "200 @ids[4, 3, 2, 1, 0] $id", 'the latest first');
    is($list->("$m/?page=2&page_size=2"), "200 @ids[2, 1]", 'by pages');
    is($list->("$m?keyword=list%203"), "200 $ids[2]", 'by title');
    is($list->("$m?keyword=BLUE&page_size=1"), "200 $ids[4]",
       'by description');
    is($list->("$m?status=ongoing"), "200 $id", 'by state');
    is($list->("$m?status=2"), "200 $id", 'by its number');
    is($list->("$m?page=9"), '200', 'behind the last');

    $c->api($carol, PUT => "$m/$ids[0]", { status => 'cancelled' });
    $c->api($carol, POST => "$m/$ids[1]/start");
    $c->api($carol, POST => "$m/$ids[1]/end");

    is($list->('/api/v1/my/meetings'), "200 @ids[4, 3, 2, 1, 0] $id",
       'my meetings');
    is($list->('/api/v1/my/meetings?status=cancelled'), "200 $ids[0]",
       'my cancelled ones');
    is($list->('/api/v1/my/meetings/upcoming'), "200 $id @ids[2, 3, 4]",
       'what comes, the next first');
    is($list->('/api/v1/my/meetings/history'), "200 @ids[1, 0]",
       'what is over, the latest first');

    for my $path ($m, map { "/api/v1/my/meetings$_" } '', '/upcoming',
                  '/history')
    {
        is($c->says($carol, GET => "$path?$_"), '400 400', "$path?$_")
            for qw(page=0 page=x page_size=0 page_size=101);
        is($c->says(undef, GET => $path), '401 401', 'of nobody');
    }

    is($c->says($carol, GET => "$m?status=lost"), '400 400', 'no such state');
    is($c->api($eve, GET => $m)->{json}{data}{total}, 0,
       'others see nothing of it');
}


# Changing

{
    is($c->says($_->[1], PUT => "$m/$id", { description => $_->[0] }),
       $_->[2], "changed by $_->[0]")
        for ['host', $alice, '200 200'], ['moderator', $carol, '403 403'],
            ['participant', $bob, '403 403'], ['outsider', $eve, '403 403'],
            ['admin', $root, '200 200'], ['nobody', undef, '401 401'];

    my $r = $c->api($alice, PUT => "$m/$id",
                    { title => 'Square', max_participants => 7,
                      settings => { enable_chat => $false }, password => '' });
    my $d = $r->{json}{data};
    is(message($r), 'Meeting updated successfully', 'the sentence');
    is("$d->{title} $d->{description} $d->{max_participants}",
       'Square admin 7', 'some of it');
    is($d->{settings}{enable_chat}, $false, 'one setting');
    is($d->{settings}{enable_screen_share}, $true, 'not the others');
    is($d->{has_password}, $false, 'no password any more');

    is($c->says($alice, PUT => "$m/$id", { @$_ }), '400 400', $_->[0])
        for [title => ''], [max_participants => 0], [status => 'ended'],
            [status => 'scheduled'], [meeting_type => 'x'],
            [end_time => '2001-01-01T00:00:00Z'];
    is($c->says($alice, PUT => "$m/99999", { title => 'x' }), '404 2001',
       'none');
}


# Beginning, ending, deleting

{
    my $new = sub { $c->meeting($alice)->{id} };
    my $one = $new->();

    $c->api($alice, POST => "$m/$one/participants",
            { user_ids => [$bob->{id}] });
    $c->api($alice, POST => "$m/$one/participants",
            { user_id => $carol->{id}, role => 'moderator' });

    is($c->says($alice, POST => "$m/$one/end"), '400 400',
       'what has not begun does not end');
    is($c->says($_->[1], POST => "$m/$one/start"), $_->[2],
       "started by $_->[0]")
        for ['participant', $bob, '403 403'], ['outsider', $eve, '403 403'],
            ['nobody', undef, '401 401'], ['moderator', $carol, '200 200'],
            ['host', $alice, '200 200'];

    my $d = $c->api($alice, POST => "$m/$one/start")->{json}{data};
    is("$d->{meeting_id} $d->{status}", "$one ongoing", 'once more');
    ok($d->{room_id} && $d->{room_url}, 'where');

    is($c->says($_->[1], POST => "$m/$one/end"), $_->[2],
       "ended by $_->[0]")
        for ['participant', $bob, '403 403'], ['outsider', $eve, '403 403'],
            ['nobody', undef, '401 401'], ['moderator', $carol, '200 200'];
    is($c->api($alice, GET => "$m/$one")->{json}{data}{status}, 'ended',
       'it is over');

    is($c->says($alice, @$_), '400 2002', "then no $_->[0] $_->[1]")
        for [POST => "$m/$one/start"], [POST => "$m/$one/end"],
            [POST => "$m/$one/join"], [PUT => "$m/$one", { title => 'x' }],
            [POST => "$m/$one/messages", { content => 'x' }],
            [POST => "$m/$one/participants", { user_id => $eve->{id} }];

    my $other = $new->();
    is($c->says($root, POST => "$m/$other/start"), '200 200',
       'an admin starts');
    is($c->says($root, POST => "$m/$other/end"), '200 200', 'and ends');

    $other = $new->();
    my $r = $c->api($alice, PUT => "$m/$other", { status => 'cancelled' });
    is("$r->{status} $r->{json}{data}{status}", '200 cancelled', 'cancelled');
    is($c->says($alice, POST => "$m/$other/$_"), '400 2002', "no $_ then")
        for qw(start join);

    my $gone = $new->();
    $c->api($alice, POST => "$m/$gone/participants",
            { user_id => $carol->{id}, role => 'moderator' });
    is($c->says($_->[1], DELETE => "$m/$gone"), $_->[2],
       "deleted by $_->[0]")
        for ['moderator', $carol, '403 403'], ['outsider', $eve, '403 403'],
            ['nobody', undef, '401 401'], ['host', $alice, '200 200'],
            ['host', $alice, '404 2001'];
    is($c->says($alice, GET => "$m/$gone"), '404 2001', 'it is gone');
    is($c->says($root, DELETE => "$m/$other"), '200 200',
       'an admin deletes, too');
}

is($c->says($alice, PATCH => "$m/1"), '405 405', 'no such method');


# An account that ends

{
    my $dave = $c->user('dave');
    my $planned = $c->meeting($dave)->{id};
    my $running = $c->meeting($dave)->{id};
    my $lonely = $c->meeting($dave)->{id};

    for my $one ($planned, $running, $lonely) {
        $c->api($dave, POST => "$m/$one/participants",
                { user_id => $bob->{id} });
    }

    $c->api($dave, POST => "$m/$running/participants",
            { user_id => $carol->{id}, role => 'moderator' });
    $c->api($_, POST => "$m/$running/join") for $dave, $carol;
    $c->api($dave, POST => "$m/$lonely/join");
    is($c->says($dave, DELETE => '/api/v1/users/account'), '200 200',
       'dave is gone');

    is($c->api($bob, GET => "$m/$planned")->{json}{data}{status},
       'cancelled', 'what he had planned');
    my $d = $c->api($carol, GET => "$m/$running")->{json}{data};
    is("$d->{status} $d->{role}", 'ongoing host',
       'his moderator goes on');
    is($c->api($bob, GET => "$m/$lonely")->{json}{data}{status}, 'ended',
       'without one it ends');
}

$c->done;
done_testing;
