package Conference::Page;

# The example configuration with its pages, and headless Chromium.
#
#   my $c = Conference::Page::server();         with $c->{locations}
#   Conference::Page::run($c, 'page.mjs', action => sub { ... });
#
# t/browser/page.mjs drives the browser, prints its results, and asks for
# actions on the server's side with "do action"; they tell how it went.

use strict;
use warnings;

use Conference;
use Conference::Node;
use Conference::Process qw(slurp);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IO::Handle;
use IPC::Open2;
use Test::More;

my $root = abs_path(dirname(__FILE__) . '/../../..');


# Ends the test when there is no browser.

sub server {
    my %o = @_;
    my $tools = Conference::Node::packages('browser');

    if (!ok($tools, 'the browser driver is installed')
        || !ok(-x '/usr/bin/chromium',
               'chromium is installed, as auto/deps test does'))
    {
        done_testing;
        exit 1;
    }

    $ENV{PAGE_TOOLS} = $tools;

    my $c = Conference->new(
        workers => 2, start => 0, main => "worker_shutdown_timeout 1s;",
        http_extra => "include /etc/nginx/mime.types;\ncharset utf-8;\n"
                      . ($o{http_extra} || ''),
    );

    $c->{locations} = locations($c->dir);
    mkdir $c->dir . '/files';
    $c->start_confd;
    $c->start_nginx;

    return $c;
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


sub run {
    my ($c, $script, %do) = @_;

    local $ENV{PAGE_URL} = 'http://127.0.0.1:' . $c->port . '/';
    local $ENV{PAGE_DIR} = $c->dir;

    my $pid = open2(my $from, my $to, 'node', "$root/t/browser/$script");
    my $ended = 0;

    $to->autoflush;
    local $SIG{ALRM} = sub {
        kill 'TERM', $pid;
        fail('the browser is in time');
    };
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
}


1;
