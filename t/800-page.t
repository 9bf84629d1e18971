# The page of the example configuration, in headless Chromium with two users.
# t/browser/page.mjs drives it, prints the results, and asks this script for
# what only the server's side can do.
#
#   PAGE_SHOTS=DIR prove -It/lib t/800-page.t      leaves screenshots there

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for json_encode json_decode);
use Conference::Process qw(slurp spew);
use File::Copy qw(copy);
use File::Path qw(make_path);
use IO::Handle;
use IPC::Open2;
use Cwd qw(abs_path);

my $root = abs_path('.');
my $tools = "$root/build/browser";

sub tools {
    my @files = qw(package.json package-lock.json);
    my $have = "$tools/node_modules/.package-lock.json";

    return 1 if -f $have && !grep { slurp("$tools/$_")
                                    ne slurp("$root/t/browser/$_") } @files;
    make_path($tools);
    copy("$root/t/browser/$_", "$tools/$_") or die "$_: $!" for @files;

    my $out = `npm ci --prefix "$tools" --ignore-scripts --no-audit \\
               --no-fund 2>&1`;
    my $good = $? == 0 && -f $have;

    diag($out) unless $good;
    return $good;
}

# The locations of the example are what is tested, on paths of ours.

sub locations {
    my ($dir) = @_;
    my $text = slurp("$root/conf/nginx.conf");

    $text =~ s/\A.*^    server \{\n//ms or die 'no server block';
    $text =~ s/^    \}\n.*\z//ms;
    $text =~ s/^\s*(?:listen|server_name)\s[^;]*;\n//mg;
    $text =~ s{\bhtml/}{$root/html/}g;
    $text =~ s{(conf_files\s+)files;}{$1$dir/files;}g;
    return $text;
}

my $tools_ok = ok(tools(), 'the browser driver is installed');
my $browser_ok = ok(-x '/usr/bin/chromium',
                    'chromium is installed, as auto/deps test does');

if (!$tools_ok || !$browser_ok) {
    done_testing;
    exit 1;
}

my $c = Conference->new(
    workers => 2, start => 0, main => "worker_shutdown_timeout 1s;",
    http_extra => "include /etc/nginx/mime.types;\ncharset utf-8;",
);
my $locations = locations($c->dir);

$c->{locations} = $locations;
mkdir $c->dir . '/files';
$c->start_confd;
$c->start_nginx;

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

$ENV{PAGE_URL} = 'http://127.0.0.1:' . $c->port . '/';
$ENV{PAGE_DIR} = $c->dir;
$ENV{PAGE_TOOLS} = $tools;

my $pid = open2(my $from, my $to, 'node', "$root/t/browser/page.mjs");
my $ended = 0;

$to->autoflush;
local $SIG{ALRM} = sub { kill 'TERM', $pid; fail('the browser is in time') };
alarm 300;

while (my $line = <$from>) {
    chomp $line;

    if ($line =~ /^(not )?ok (.*)/) {
        ok(!$1, $2);

    } elsif ($line =~ /^do (\w+)$/ && $do{$1}) {
        print $to $do{$1}->() ? "done\n" : "failed\n";

    } elsif ($line eq 'end') {
        $ended = 1;

    } else {
        diag($line);
    }
}

waitpid $pid, 0;
alarm 0;
is($?, 0, 'the browser script ends well');
ok($ended, 'and has run to its end');

$c->done;
done_testing;
