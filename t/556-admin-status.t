# The server's figures and its live meetings, for admins.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt);

my $c = Conference->new(workers => 2, locations =>
    "location /api/v1/ { conf_api meeting mount=/; }\n"
    . "location = /status { conf_status; }\n"
    . "location / { conf_api roomchat; }\n");

my %token;

for my $name (qw(root user)) {
    my $in = { username => $name, password => 'password1' };

    $c->http(POST => '/register', json => $in);
    $token{$name} = $c->http(POST => '/login', json => $in)
                      ->{json}{data}{token};
    ok($token{$name}, $name);
}

for my $path ('/api/v1/admin/status', '/api/v1/admin/meetings') {
    is($c->http(GET => $path)->{status}, 401, "$path: not without a token");

    my $reply = $c->http(GET => $path, token => $token{user});
    is($reply->{status}, 403, 'nor for others');
    is($reply->{json}{message}, 'Insufficient permissions', 'with a word');
}

$c->done;
done_testing;
