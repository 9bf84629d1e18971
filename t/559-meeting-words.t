# meeting: what the rows of meetings say, and what all rows do, word by word.

use strict;
use warnings;

use Test::More;
use Conference::JWT qw(jwt);
use Conference::Meeting;

my $c = Conference::Meeting->new(confd_config => "user_rooms_max 3\n");
my ($alice, $bob) = map { $c->user($_) } qw(alice bob);

sub words {
    my ($who, $method, $path, $json) = @_;
    my $r = $c->api($who, $method, $path, $json);

    return "$r->{status} $r->{json}{code} $r->{json}{message}";
}

my $id = $c->meeting($alice)->{id};

is(words($alice, PUT => "/api/v1/meetings/$id", { title => '  ' }),
   '400 400 title too short', 'no title');
is(words($bob, GET => '/api/v1/meetings/999'),
   '404 2001 Meeting not found', 'one that is not there');
is(words($bob, GET => "/api/v1/meetings/$id"),
   '403 403 Access denied', 'one of others');
is(words($alice, POST => "/api/v1/meetings/$id/end"),
   '400 400 Meeting not started', 'one that has not begun');
is(words($alice, POST => "/api/v1/meetings/$id/start"),
   '200 200 Meeting started successfully', 'started');
is(words($alice, PUT => "/api/v1/meetings/$id", { status => 'cancelled' }),
   '400 400 Only a scheduled meeting can be cancelled', 'not any more');
is(words($alice, PUT => "/api/v1/meetings/$id", {
       start_time => $c->stamp(7200), end_time => $c->stamp(3600) }),
   '400 400 end_time must be after start_time', 'a time that is none');
is(words($alice, POST => "/api/v1/meetings/$id/participants",
         { user_id => $bob->{id} }),
   '200 200 Participant added successfully', 'somebody');
is(words($alice, PUT =>
         "/api/v1/meetings/$id/participants/$bob->{id}/role",
         { role => 'moderator' }),
   '200 200 Participant role updated successfully', 'who may more');
is(words($alice, DELETE => "/api/v1/meetings/$id/participants/$bob->{id}"),
   '200 200 Participant removed successfully', 'and is gone');
is(words($alice, POST => "/api/v1/meetings/$id/end"),
   '200 200 Meeting ended successfully', 'ended');
is(words($alice, DELETE => "/api/v1/meetings/$id"),
   '200 200 Meeting deleted successfully', 'deleted');

$c->meeting($alice) for 1 .. 3;
is(words($alice, POST => '/api/v1/meetings', {
       title => 'x', start_time => $c->stamp(60), end_time => $c->stamp(120),
       max_participants => 2, meeting_type => 'audio' }),
   '403 403 Too many meetings', 'one too many');

# What all rows have in common.

is(words(jwt({ user_id => 'x', exp => time + 60 }),
         GET => '/api/v1/users/profile'),
   '401 401 Invalid token claims', 'a token of nobody');
is(words($alice, POST => '/api/v1/meetings', { title => 'x' x 300_000 }),
   '400 400 Request body too large', 'too much');

my $r = $c->http(POST => '/api/v1/users/change-password', json => {},
                 headers => { Cookie => "access_token=$alice->{token}",
                              Origin => 'http://elsewhere' });
is("$r->{status} $r->{json}{message}", '403 CSRF token missing',
   'a cookie from elsewhere');

$c->done;
done_testing;
