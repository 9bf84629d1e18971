# The page of the example configuration, in headless Chromium with two users.
# t/browser/page.mjs drives it, prints the results, and asks this script for
# what only the server's side can do.
#
#   PAGE_SHOTS=DIR prove -It/lib t/800-page.t      leaves screenshots there

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Page;

my $c = Conference::Page::server();
my $locations = $c->{locations};

# What is served, and how.

my $page = $c->http(GET => '/');

is($page->{status}, 200, 'the page');
like($page->{headers}{'content-type'}, qr{^text/html; charset=utf-8$},
     'is HTML');
like($page->{headers}{'content-security-policy'},
     qr/^default-src 'self'(?!.*unsafe)/, 'with a strict policy');
is($page->{headers}{'x-content-type-options'}, 'nosniff', 'nosniff');
is($page->{headers}{'referrer-policy'}, 'no-referrer', 'no referrer');
unlike($page->{body}, qr/<script>|<style|\sstyle=|\son\w+=|https?:/,
       'nothing inline, nothing from elsewhere');
like($c->http(GET => '/app/main.js')->{headers}{'content-type'},
     qr{^application/javascript}, 'a module');
is($c->http(GET => '/static/avatars/nopic.png')->{headers}{'content-type'},
   'image/png', 'the picture of who has none');
is($c->http(GET => '/nothing')->{status}, 404, 'what is not there');
is($c->http(GET => '/api/room/list')->{status}, 401, 'the API is beside it');

# What the script may ask for.

my %do = (

    # No new socket is let in, and those that are there are closed.
    sockets_off => sub {
        my $ok = $c->reload(locations => "location = /ws/join { return 503; }\n"
                                         . $locations);
        return $ok && wait_for(sub { !$c->old_workers }, 20);
    },

    sockets_on => sub { $c->reload(locations => $locations) },

    kill_workers => sub {
        my @pids = $c->workers;
        return !grep { !$c->kill_worker($_) } @pids;
    },

    kill_confd => sub { $c->kill_confd; 1 },
    start_confd => sub { $c->start_confd; 1 },
);

Conference::Page::run($c, 'page.mjs', %do);
$c->done;
done_testing;
