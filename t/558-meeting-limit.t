# meeting: each row of meetings has its own limit: exactly
# as many as the document allows, then 429 with the headers that tell.

use strict;
use warnings;

use Test::More;
use Conference;
use Conference::Limits qw(exactly);
use Conference::People;

my $c = Conference->new(
    workers => 2, confd_config => "scrypt_log_n 4\n",
    http => Conference::Limits::http(),
    locations => "location / { conf_api meeting mount=/; "
                 . "conf_files %DIR%/files; }\n",
);
my $p = Conference::People->new($c);
my $users = 0;
my $minute = 60;

my @rows = (
    ['POST', '/api/v1/meetings', 50, $minute, 'user'],
    ['GET', '/api/v1/meetings', 100, $minute, 'user'],
    ['GET', '/api/v1/meetings/1', 100, $minute, 'user'],
    ['PUT', '/api/v1/meetings/1', 50, $minute, 'user'],
    ['DELETE', '/api/v1/meetings/1', 50, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/start', 50, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/end', 50, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/join', 100, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/leave', 100, $minute, 'user'],
    ['GET', '/api/v1/meetings/1/participants', 100, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/participants', 50, $minute, 'user'],
    ['DELETE', '/api/v1/meetings/1/participants/1', 50, $minute, 'user'],
    ['PUT', '/api/v1/meetings/1/participants/1/role', 50, $minute, 'user'],
    ['GET', '/api/v1/meetings/1/messages', 100, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/messages', 100, $minute, 'user'],
    ['GET', '/api/v1/my/meetings', 100, $minute, 'user'],
    ['GET', '/api/v1/my/meetings/upcoming', 100, $minute, 'user'],
    ['GET', '/api/v1/my/meetings/history', 100, $minute, 'user'],
);

exactly($c, \@rows, sub { return $p->token('user' . ++$users) });

$c->done;
done_testing;
