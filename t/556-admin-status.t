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

is($c->confd->command('admin', 'root'), 0, 'an admin');

my $status = $c->http(GET => '/api/v1/admin/status', token => $token{root});

is($status->{status}, 200, 'may see the status');
$status = $status->{json}{data}{status};
is_deeply([sort keys %$status],
          [sort keys %{$c->http(GET => '/status')->{json}}],
          'the same that conf_status tells');
is($status->{backend}{confd}{users}, 2, 'with the figures of confd');
is_deeply($status->{history}{samples}, [], 'and of the last hour');

my $live = $c->http(GET => '/api/v1/admin/meetings', token => $token{root});
is_deeply($live->{json}{data}, { meetings => [], total => 0, page => 1,
                                 page_size => 20, total_pages => 0 },
          'nobody has joined anything');

for my $query ('page=0', 'page=x', 'page_size=0', 'page_size=101') {
    is($c->http(GET => "/api/v1/admin/meetings?$query",
                token => $token{root})->{status}, 400, $query);
}

# Without confd the zone is told all the same, while it is known who asks.

$c->kill_confd;
$status = $c->http(GET => '/api/v1/admin/status', token => $token{root});
is($status->{status}, 200, 'the status without confd');
is($status->{json}{data}{status}{backend}{confd}, undef, 'tells the rest');
ok(!$status->{json}{data}{status}{backend}{up}, 'and that it is away');
is($c->http(GET => '/api/v1/admin/meetings',
            token => $token{root})->{status}, 503, 'the meetings are there');
$c->start_confd;

$c->done;
done_testing;
