# The page that shows the OpenAPI documents, in headless Chromium.

use strict;
use warnings;

use Test::More;
use Conference::Page;

my $c = Conference::Page::server();
my $page = $c->http(GET => '/api/');

is($page->{status}, 200, 'the page');
unlike($page->{body}, qr/<script>|<style|\sstyle=|\son\w+=|https?:/,
       'nothing inline, nothing from elsewhere');
like($page->{headers}{'content-security-policy'},
     qr/^default-src 'self'(?!.*unsafe)/, 'with a strict policy');
is($c->http(GET => '/api/room/list')->{status}, 401, 'beside the APIs');
is($c->http(GET => '/api/v1/nothing')->{json}{code}, 404, 'both of them');

Conference::Page::run($c, 'api.mjs');

$c->done;
done_testing;
