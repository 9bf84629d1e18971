# auto/run as a stranger uses it: what it prints works as pasted, Ctrl-C
# stops all of it, the data is there the next time.

use strict;
use warnings;

use Test::More;
use Conference::Process qw(slurp wait_for);
use Cwd qw(abs_path);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP ();
use POSIX qw(WNOHANG);

my $dir = tempdir('runXXXXXX', TMPDIR => 1);
our $data = "$dir/data";
my $port = free_port();
my $url = "http://127.0.0.1:$port";
our ($pid, @servers, @shells);


sub free_port {
    my $sock = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);
    return $sock->sockport;
}


# A command in a process group of its own, as a terminal has it.

sub start {
    my ($out, @command) = @_;
    unlink $out;

    my $child = fork;

    return $child if $child;

    setpgrp;
    $SIG{INT} = 'DEFAULT';
    Conference::Process::die_with_parent();
    @ENV{qw(CONF_DATA CONF_PORT)} = ($data, $port);
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', $out;
    open STDERR, '>&', \*STDOUT;
    exec @command or POSIX::_exit(127);
}


sub children {
    my ($of) = @_;
    return split ' ', slurp("/proc/$of/task/$of/children");
}


# It has ended, if not been waited for.

sub gone { return slurp("/proc/$pid/stat") !~ /^\d+ \(.*\) [^Z]/ }


# The first start may have to build.

sub run {
    my (@args) = @_;

    $pid = start("$dir/out", 'auto/run', @args);
    wait_for(sub {
        return slurp("$dir/out") =~ /^Ctrl-C/m || gone();
    }, 600);

    wait_for(sub {
        my @direct = children($pid);
        @servers = (@direct, map { children($_) } @direct);
        return @servers >= 4 || gone();
    }, 30);

    return slurp("$dir/out") =~ /^Ctrl-C/m;
}


# Its exit code, within the time.

sub ended {
    my ($seconds) = @_;
    my $rc;

    wait_for(sub {
        my $got = waitpid $pid, WNOHANG;
        $rc = $? if $got == $pid;
        return $got;
    }, $seconds);
    $pid = undef if defined $rc;
    return defined $rc ? $rc >> 8 : 'still running';
}


sub left { return grep { kill 0, $_ } @servers }


sub json {
    my ($command) = @_;
    return eval { JSON::PP->new->utf8->decode(scalar `$command`) };
}


sub login {
    return json("curl -s $url/login -d "
                . "'{\"username\":\"alice\",\"password\":\"password1\"}'");
}


# Status codes of so many bad requests.

sub flood {
    my @codes = `for i in \$(seq 40); do
        curl -s -o /dev/null -w '%{http_code}\n' $url/login -d '{'; done`;
    my %seen;

    chomp @codes;
    $seen{$_}++ for @codes;
    return join ' ', sort keys %seen;
}


END {
    my $rc = $?;
    local $?;

    kill 'KILL', -$_ for @shells;

    if ($pid) {
        kill 'TERM', $pid;
        ended(20);
    }

    remove_tree($dir) if Test::More->builder->is_passing;
    $? = $rc;
}


# The first start

ok(run(), 'it runs') or BAIL_OUT(slurp("$dir/out"));

my $out = slurp("$dir/out");
like($out, qr/^conference is running$/m, 'it says so');
like($out, qr/\Q$url\E/, 'where');
like($out, qr/\Q$data\E/, 'and where the data is');

my ($examples) = $out =~ /^try it:\n(.*?)\n\n/ms;
my @lines = map { s/^ +//r } split /\n/, $examples;
is(@lines, 4, 'four examples');

my $shell = start("$dir/examples", 'bash', '-ec', join "\n", @lines);
push @shells, $shell;
ok(wait_for(sub { slurp("$dir/examples") =~ /"content":"hello"/
                  || waitpid($shell, WNOHANG) }, 30), 'which work as pasted');

my $said = slurp("$dir/examples");
like($said, qr/"code":0.*"username":"alice"/, 'a user');
like($said, qr/"code":0.*"name":"room1"/, 'a room');
like($said, qr/"sender_name":"alice".*"content":"hello"/, 'a message')
    or diag($said);

my $status = json("curl -s $url/status");
is($status->{backend}{up}, JSON::PP::true, 'the status');
like(scalar `curl -s $url/`, qr/<!doctype html>.*<script/is, 'the page');
my $picture = "$url/static/avatars/nopic.png";
is(scalar `curl -s -o /dev/null -w '%{http_code} %{content_type}' $picture`,
   '200 image/png', 'a picture');
is(flood(), '200 429', 'with limits');

# Ctrl-C, with the WebSocket of the example still open

ok(@servers >= 4, 'nginx, two workers and confd');
kill 'INT', -$pid;
is(ended(30), 0, 'Ctrl-C ends it');
like(slurp("$dir/out"), qr/^stopped; the data is in \Q$data\E$/m, 'cleanly');
like(slurp("$dir/examples"), qr/^closed: 1001 /m, 'sockets are told');
is(scalar left(), 0, 'nobody is left');
unlike(slurp("$data/nginx/logs/error.log"), qr/\[(?:alert|emerg|crit)\]/,
       'no alerts');
is((stat "$data/nginx/conf/jwt.secret")[2] & 077, 0, 'the secret is secret');
unlike(slurp("$data/nginx/logs/access.log"), qr/eyJ/, 'no token in the log');

# The second start

my $secret = slurp("$data/nginx/conf/jwt.secret");

ok(run('--no-limits'), 'it runs again');
is(slurp("$data/nginx/conf/jwt.secret"), $secret, 'with the same secret');

my $token = login()->{data}{token};
my $list = json("curl -s '$url/api/message/list?room_id=1' "
                . "-H 'Authorization: $token'");
is($list->{data}[0]{content}, 'hello', 'the data was kept');
is(flood(), '200', 'without limits');

my @taken = run_beside();
isnt($taken[0], 0, 'a second one on that port ends');
like($taken[1], qr/nginx did not start.*bind\(\)/s, 'and says why');
is(login()->{code}, 0, 'the first one does not mind');

# When one of the two ends by itself the other ends too.

kill 'KILL', grep { slurp("/proc/$_/cmdline") =~ m{/confd\0} } @servers;
is(ended(30), 1, 'without confd it ends');
like(slurp("$dir/out"), qr/ended by itself/, 'and says so');
is(scalar left(), 0, 'nobody is left');

# Wrong calls

is(system("auto/run --bogus >$dir/usage 2>&1") >> 8, 2, 'an unknown option');
like(slurp("$dir/usage"), qr/auto\/run --no-limits/, 'shows the usage');
is(system("CONF_PORT=x auto/run >/dev/null 2>&1") >> 8, 2, 'no port');


# On the same port with data of its own: its exit code and what it says.

sub run_beside {
    my @before = @servers;
    my $first = $pid;

    local $data = "$dir/other";
    local ($pid, @servers);
    $pid = start("$dir/beside", 'auto/run');

    my $rc = ended(60);
    @servers = @before;
    $pid = $first;
    return ($rc, slurp("$dir/beside"));
}

done_testing;
