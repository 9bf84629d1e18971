package Conference::Node;

# Packages of Node.js that tests need: those of t/NAME/package-lock.json, in
# build/NAME.
#
#   my $dir = Conference::Node::packages('browser') or ...

use strict;
use warnings;

use Conference::Process qw(slurp);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use Test::More ();

my $root = abs_path(dirname(__FILE__) . '/../../..');


sub packages {
    my ($name) = @_;
    my @files = qw(package.json package-lock.json);
    my ($from, $to) = ("$root/t/$name", "$root/build/$name");
    my $have = "$to/node_modules/.package-lock.json";

    return $to if -f $have && !grep { !-f "$to/$_" || slurp("$to/$_")
                                      ne slurp("$from/$_") } @files;
    make_path($to);
    copy("$from/$_", "$to/$_") or die "$_: $!" for @files;

    my $out = `npm ci --prefix "$to" --ignore-scripts --no-audit \\
               --no-fund 2>&1`;

    return $to if $? == 0 && -f $have;
    Test::More::diag($out);
    return undef;
}


1;
