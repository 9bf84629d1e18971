#!/usr/bin/env perl
# Compares with other servers: both sides in the same run, on this machine.
#
#   make bench                all rows; prints a table, writes bench/RESULTS.md
#   make bench FULL=1         stores of a million rooms, ten million messages
#   bench/run.pl ROW...       these rows only, prints the table
#
# Peers are Debian's nchan, redis-server, postgresql; wrk makes HTTP load.
# They are installed when missing; their services are not started.  Servers
# run in temporary folders on 127.0.0.1 and are stopped by their pids.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib";

use Conference;
use Conference::Confd;
use Conference::JWT qw(jwt);
use Conference::Process qw(slurp spew wait_for);
use Cwd qw(abs_path);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IPC::Open2;
use JSON::PP ();
use List::Util qw(sum);
use POSIX ();

my $root = abs_path("$FindBin::Bin/..");
my $bin = $ENV{BENCH_BIN} || "$root/build/release";
my $module = $ENV{BENCH_MODULE}
             || "$root/build/module/ngx_http_conference_module.so";
my $nchan = '/usr/lib/nginx/modules/ngx_nchan_module.so';
my ($pg) = reverse sort glob '/usr/lib/postgresql/*/bin';

$ENV{TEST_NGINX_LOAD_MODULES} = $module;

my $full = $ENV{FULL} ? 1 : 0;
my $secs = $ENV{BENCH_SECONDS} || 8;
my ($load) = slurp('/proc/loadavg') =~ /^(\S+)/;
my @table;

my %row = (
    members => \&row_members,
    fanout => \&row_fanout,
    flood => \&row_flood,
    rooms => \&row_rooms,
    memory => \&row_memory,
    durable => \&row_durable,
    echo => \&row_echo,
    store => \&row_store,
    meeting => \&row_meeting,
    cycles => \&row_cycles,
    login => \&row_login,
    signal => \&row_signal,
);
my @order = qw(members fanout flood rooms memory durable echo store meeting
               cycles login signal);


sub run {
    my (@command) = @_;

    open my $fh, '-|', @command or die "$command[0]: $!";
    local $/;
    my $text = <$fh>;
    close $fh or die "$command[0] failed\n";
    return $text;
}


sub say_now { print STDERR "@_\n" }


# what, ours, peer, ratio, what is wanted, whether it is so.

sub result { push @table, [@_] }


sub ratio {
    my ($ours, $peer) = @_;
    return $peer ? $ours / $peer : 0;
}


sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[@sorted / 2];
}


# Servers.

sub conf_server {
    my (%o) = @_;

    return Conference->new(
        workers => 2, log_level => 'warn',
        main => "worker_rlimit_nofile 20000;\n",
        events => "worker_connections 19000;\n",
        http => "conf_zone main:64m;\nconf_backend unix:%CONFD%;\n"
                . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
                . "conf_rate_limit off;\nconf_ws_queue 16m;\n"
                . "keepalive_requests 1000000000;\n",
        confd_binary => "$bin/confd",
        confd_config => "scrypt_log_n 1\nhash_queue_max 100000\n"
                        . "user_rooms_max 100000\n", %o,
    );
}


sub nchan_server {
    local $ENV{TEST_NGINX_LOAD_MODULES} = $nchan;

    return Conference->new(
        workers => 2, log_level => 'warn', confd => 0,
        main => "worker_rlimit_nofile 20000;\n",
        events => "worker_connections 19000;\n",
        http => "nchan_shared_memory_size 64m;\n",
        locations => "location ~ ^/ws/(\\d+)\$ {\n"
                     . "nchan_pubsub websocket;\n"
                     . "nchan_channel_id \$1;\n"
                     . "nchan_message_buffer_length 100;\n"
                     . "nchan_subscriber_first_message newest;\n}\n",
    );
}


sub stop {
    my ($c) = @_;

    $c->stop_nginx('term');
    $c->stop_confd if $c->{daemon};

    my @bad = $c->bad_lines;
    say_now("error.log: $_") for @bad;
    $c->{done} = 1;
    remove_tree($c->dir) unless @bad;
}


# Workers, and confd behind a colon.

sub pids {
    my ($c) = @_;
    my $text = join ',', $c->workers;

    $text .= ':' . $c->confd->pid if $c->{daemon};
    return $text;
}


sub fill {
    my ($c, @args) = @_;
    run("$bin/bench/rpc_load", '-s', $c->confd->socket, @args);
}


sub load {
    my ($c, @args) = @_;
    my $kind = $c->{daemon} ? 'conf' : 'nchan';
    my $text = run("$bin/bench/ws_load", '-P', $c->port, '-t', $kind,
                   '-d', $secs, '-c', pids($c), @args);
    my $r = JSON::PP::decode_json($text);

    $r->{cpu_us} = $r->{delivered}
                   ? 1e6 * sum(@{$r->{cpu}}) / $r->{delivered} : 0;
    $r->{rate} = $r->{delivered} / $r->{seconds};
    say_now("  $kind @args: $text");
    return $r;
}


# Rows.

sub row_members {
    my $c = conf_server();
    my $token = jwt({ user_id => 1, exp => time + 86400 });

    fill($c, -u => 10, -r => 1, -m => 10);
    against_same($c, 'roomchat', '/api/room/members?room_id=1', $token,
                 'GET members, 10 members', 0.6);
}


sub row_meeting {
    my $c = conf_server();
    my $token = jwt({ user_id => 1, exp => time + 86400 });

    fill($c, -u => 1, -r => 1, -m => 1);

    my $id = meetings($c, 1, $token);

    against_same($c, 'meeting', "/api/v1/meetings/$id", $token,
                 'GET meeting', 0.5);
}


# A hot answer beside the same bytes from the configuration; stops the server.

sub against_same {
    my ($c, $api, $path, $token, $what, $reach) = @_;
    my $api_location = "location / { conf_api $api"
                       . ($api eq 'meeting' ? ' mount=/' : '') . "; }\n";
    my (%rate, %cpu);

    $c->reload(locations => $api_location) or die 'reload';

    my $body = $c->http(GET => $path, token => $token)->{body};
    my $text = $body =~ s/(["\\])/\\$1/gr;

    $c->reload(locations => $api_location
        . "location = /same { default_type application/json;\n"
        . "return 200 \"$text\"; }\n") or die 'reload';

    for (1 .. 3) {
        for my $of ($path, '/same') {
            my ($rate, $cpu) = wrk($c, $of, $token);

            push @{$rate{$of}}, $rate;
            push @{$cpu{$of}}, $cpu;
        }
    }

    stop($c);

    my ($ours, $same) = map { median(@{$rate{$_}}) } $path, '/same';
    my ($cpu, $cpu_same) = map { median(@{$cpu{$_}}) } $path, '/same';

    $what .= ', ' . length($body) . ' B';

    result("$what: requests/s", int $ours, 'nginx return 200: ' . int $same,
           ratio($ours, $same), '>= ' . fixed($reach),
           $ours >= $reach * $same);
    result("$what: worker CPU, us", fixed($cpu), fixed($cpu_same),
           ratio($cpu, $cpu_same));
}


# Makes meetings of the tokens' users in turn; the first one's id.

sub meetings {
    my ($c, $n, @tokens) = @_;
    my @ids;

    $c->reload(locations => "location / { conf_api meeting mount=/; }\n")
        or die 'reload';

    for my $i (1 .. $n) {
        my $got = $c->http(POST => '/api/v1/meetings',
                           token => $tokens[$i % @tokens], json => {
            title => 'bench',
            meeting_type => 'video',
            max_participants => 1000,
            start_time => iso(time + 3600),
            end_time => iso(time + 7200),
        });

        $got->{body} =~ /"meeting_id":(\d+)/ or die "meeting: $got->{body}";
        push @ids, $1;
    }

    die "ids of meetings\n" if $ids[-1] - $ids[0] != $n - 1;
    return $ids[0];
}


sub iso { return POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }


# 64 users join and leave, each at one of 1,000 meetings at a time.

sub row_cycles {
    my $c = conf_server();
    my $users = 64;
    my $file = $c->dir . '/tokens';
    my @tokens = map { jwt({ user_id => $_, exp => time + 86400 }) }
                 1 .. $users;
    my (@rate, @p99);

    fill($c, -u => $users, -r => 1, -m => 1);
    spew($file, join '', map { "$_\n" } @tokens);

    my $first = meetings($c, 1000, @tokens);

    for (1 .. 3) {
        my $text = run("$bin/bench/http_load", '-P', $c->port, '-t', $file,
                       '-m', "$first:1000", '-c', $users, '-d', $secs);
        my $r = JSON::PP::decode_json($text);

        say_now("  cycles: $text");
        die "answers that were not 200: $r->{failed}\n" if $r->{failed};
        push @rate, $r->{cycles} / $r->{seconds};
        push @p99, $r->{p99_ms};
    }

    stop($c);

    my ($rate, $p99) = (median(@rate), median(@p99));

    result('join and leave of 1,000 meetings, 64 connections: cycles/s',
           int $rate, '', '', '>= 5000', $rate >= 5000);
    result('the same: p99 of a request, ms', fixed($p99), '', '', '<= 20',
           $p99 <= 20);
}


# Requests a second, CPU of the workers a request.

sub wrk {
    my ($c, $path, $token) = @_;
    my @workers = $c->workers;
    my $before = cpu(@workers);
    my $text = run('wrk', '-t2', '-c64', "-d$secs",
                   '-H', "Authorization: Bearer $token",
                   'http://127.0.0.1:' . $c->port . $path);
    my $cpu = cpu(@workers) - $before;

    die "wrk: $text" if $text =~ /Non-2xx/;

    my ($rate) = $text =~ m{Requests/sec:\s+([\d.]+)} or die $text;
    my ($count) = $text =~ m{(\d+) requests in} or die $text;

    say_now("  wrk $path: $rate/s, ", 1e6 * $cpu / $count, ' us');
    return ($rate, 1e6 * $cpu / $count);
}


sub cpu {
    my $ticks = 0;

    for my $pid (@_) {
        my @f = split ' ', slurp("/proc/$pid/stat") =~ s/^.*\) //sr;
        $ticks += $f[11] + $f[12];
    }

    return $ticks / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}


# Rounds on both servers in turn, medians of each figure.

sub rounds {
    my ($c, $n, $rounds, @runs) = @_;
    my @got;

    for (1 .. $rounds) {
        for my $i (0 .. $#runs) {
            my ($server, @args) = @{$runs[$i]};
            push @{$got[$i]}, load($server eq 'conf' ? $c : $n, @args);
        }
    }

    my @result;

    for my $all (@got) {
        push @result, { map {
            my $key = $_;
            ($key, median(map { $_->{$key} } @$all))
        } qw(cpu_us p50_ms p99_ms rate) };
    }

    stop($c);
    stop($n);
    return @result;
}


sub row_fanout {
    my $c = conf_server();
    my $n = nchan_server();
    my @args = (-r => 1, -n => 1000, -q => 1, -R => 100);

    fill($c, -u => 1000, -r => 1, -m => 1000);

    my ($relay, $stored, $peer) = rounds($c, $n, 3,
        ['conf', @args, -T => 'video'], ['conf', @args], ['nchan', @args]);

    for (['relayed', $relay], ['stored', $stored]) {
        my ($how, $r) = @$_;
        my $what = "1 room x 1,000, 100 B, 100 msg/s, $how";

        compare_cpu($what, $r, $peer, $how eq 'relayed' ? 0.9 : undef);
        result("$what: p99, ms", fixed($r->{p99_ms}),
               'nchan: ' . fixed($peer->{p99_ms}),
               ratio($r->{p99_ms}, $peer->{p99_ms}),
               $how eq 'relayed' ? ('<= 1', $r->{p99_ms} <= $peer->{p99_ms})
                                 : ());
    }
}


sub compare_cpu {
    my ($what, $ours, $peer, $reach) = @_;

    result("$what: CPU us/delivery", fixed($ours->{cpu_us}),
           'nchan: ' . fixed($peer->{cpu_us}),
           ratio($ours->{cpu_us}, $peer->{cpu_us}),
           defined $reach
           ? ("<= $reach", $ours->{cpu_us} <= $reach * $peer->{cpu_us}) : ());
}


# "Unthrottled": each publisher has 16 messages under way all the time.

sub row_flood {
    my $c = conf_server();
    my $n = nchan_server();
    my @args = (-r => 1, -n => 1000, -q => 4, -W => 16);

    fill($c, -u => 1000, -r => 1, -m => 1000);

    my ($relay, $stored, $peer) = rounds($c, $n, 3,
        ['conf', @args, -T => 'video'], ['conf', @args], ['nchan', @args]);

    for (['relayed', $relay], ['stored', $stored]) {
        my ($how, $r) = @$_;

        result("the same, unthrottled, $how: deliveries/s", int $r->{rate},
               'nchan: ' . int $peer->{rate}, ratio($r->{rate}, $peer->{rate}),
               '>= 2', $r->{rate} >= 2 * $peer->{rate});
        result("the same, unthrottled, $how: p99, ms", fixed($r->{p99_ms}),
               'nchan: ' . fixed($peer->{p99_ms}),
               ratio($r->{p99_ms}, $peer->{p99_ms}));
    }
}


sub row_rooms {
    my $c = conf_server();
    my $n = nchan_server();
    my @args = (-r => 300, -n => 10, -q => 1, -R => 1);

    fill($c, -u => 3000, -r => 300, -m => 10);

    my ($ours, $peer) = rounds($c, $n, 3, ['conf', @args], ['nchan', @args]);

    compare_cpu('300 rooms x 10, 1 msg/s a room, stored', $ours, $peer, 1.5);
}


# 200 rooms of 10: each member says once a second what its media are, and once
# in 9 seconds, as one does who joins, its side of a connection to each other
# one: an offer or answer and 4 candidates, so a pair is through with 10 frames.
# The peer is a relay of npm's "ws" (bench/signal_peer.mjs), which has one
# process.

sub row_signal {
    my $c = conf_server(locations =>
        "location / { conf_api roomchat; }\n"
        . "location = /ws/signaling { conf_api meeting mount=/; }\n");
    my $node = npm_server('ws@8');
    my @args = (-r => 200, -n => 10, -q => 10, -R => 10, -b => 150);
    my (@ours, @peer);

    fill($c, -u => 2000, -r => 200, -m => 10);

    for (1 .. 3) {
        push @ours, signal_load($c->port, pids($c), @args);
        push @peer, signal_load($node->{port}, $node->{process}->pid, @args);
    }

    stop($c);
    $node->{process}->stop('KILL');

    my ($us, $peer) = map { my $all = $_; +{ map {
        my $key = $_;
        ($key, median(map { $_->{$key} } @$all)) } qw(cpu_us p99_ms rate) }
    } \@ours, \@peer;
    my $what = 'signaling, 200 rooms x 10, 6 frames/s each';

    result("$what: CPU us/delivery", fixed($us->{cpu_us}),
           'npm ws: ' . fixed($peer->{cpu_us}),
           ratio($us->{cpu_us}, $peer->{cpu_us}), '<= 0.5',
           $us->{cpu_us} <= 0.5 * $peer->{cpu_us});
    result("$what: p99, ms", fixed($us->{p99_ms}),
           'npm ws: ' . fixed($peer->{p99_ms}),
           ratio($us->{p99_ms}, $peer->{p99_ms}), '<= 20',
           $us->{p99_ms} <= 20);
}


sub signal_load {
    my ($port, $pids, @args) = @_;
    my $text = run("$bin/bench/ws_load", '-P', $port, '-t', 'signal',
                   '-d', $secs, '-c', $pids, @args);
    my $r = JSON::PP::decode_json($text);

    $r->{cpu_us} = 1e6 * sum(@{$r->{cpu}}) / ($r->{delivered} || 1);
    $r->{rate} = $r->{delivered} / $r->{seconds};
    say_now("  $port @args: $text");
    return $r;
}


# node with a package of npm, in a folder of its own.

sub npm_server {
    my ($package) = @_;
    my $dir = tempdir('benchXXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $port = 31000 + int rand 1000;

    run('npm', 'install', '--silent', '--no-audit', '--no-fund',
        '--prefix', $dir, $package);
    local $ENV{BENCH_MODULES} = $dir;

    my $process = Conference::Process->new(
        command => ['node', "$root/bench/signal_peer.mjs", $port],
        log => "$dir/log",
    );

    wait_for(sub { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") }, 20)
        or die 'node does not listen: ' . slurp("$dir/log");
    return { port => $port, process => $process };
}


# Memory of master and workers that idle sockets add.

sub row_memory {
    my $n = 10000;
    my @bytes;

    for my $c (conf_server(), nchan_server()) {
        my $kind = $c->{daemon} ? 'conf' : 'nchan';
        my $before;

        fill($c, -u => $n, -r => $n / 10, -m => 10) if $c->{daemon};
        $before = pss($c);

        my $pid = open2(my $out, my $in, "$bin/bench/ws_load",
                        '-P', $c->port, '-t', $kind,
                        '-r', $n / 10, '-n', 10);
        my $line = <$out>;

        die "ws_load: not ready\n" unless defined $line;

        push @bytes, (pss($c) - $before) / $n;
        say_now("  $kind: $bytes[-1] bytes a socket");

        close $in;
        waitpid $pid, 0;
        stop($c);
    }

    result('user memory per idle WebSocket, 10,000 sockets, bytes',
           int $bytes[0], 'nchan: ' . int $bytes[1], ratio(@bytes),
           '<= 0.6, <= 5000',
           $bytes[0] <= 0.6 * $bytes[1] && $bytes[0] <= 5000);
}


sub pss {
    my ($c) = @_;
    my $kb = 0;

    for my $pid ($c->pid, $c->workers) {
        slurp("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+)/m or die $pid;
        $kb += $1;
    }

    return 1024 * $kb;
}


# Acknowledged messages a second: 64 connections, 512 under way in ours and
# in Redis; a connection of PostgreSQL has one, and ours once more.

sub row_durable {
    my (@ours, @redis, @pg, @few, @p99);

    for (1 .. 3) {
        push @ours, (rpc_bench(512))[0];
        push @redis, redis();
        push @pg, postgres();

        my ($rate, $p99) = rpc_bench(64);
        push @few, $rate;
        push @p99, $p99;
    }

    my ($ours, $redis, $pg) = map { median(@$_) } \@ours, \@redis, \@pg;
    my ($few, $p99) = (median(@few), median(@p99));
    my $what = 'stored messages/s, 200 B, 1,000 rooms, 64 connections';

    result($what, int $ours, 'Redis, fsync always: ' . int $redis,
           ratio($ours, $redis), '>= 3', $ours >= 3 * $redis);
    result($what, int $ours, 'PostgreSQL: ' . int $pg, ratio($ours, $pg),
           '>= 10', $ours >= 10 * $pg);
    result('the same, 64 under way in both', int $few,
           'PostgreSQL: ' . int $pg, ratio($few, $pg));
    result('the same, 64 under way: p99, ms', fixed($p99), '', '', '<= 8',
           $p99 <= 8);
}


sub rpc_bench {
    my ($flight) = @_;
    my $dir = File::Temp->newdir('benchXXXXXX', TMPDIR => 1);
    my $confd = Conference::Confd->new(dir => "$dir", binary => "$bin/confd");

    $confd->start;

    rest();

    my $text = run("$bin/bench/rpc_bench", '-s', $confd->socket, '-c', 64,
                   '-k', $flight, '-r', 1000, '-b', 200, '-t', $secs);

    $confd->stop;
    say_now("  confd: $text");
    $text =~ m{(\d+) acknowledged/s.*?p99 ([\d.]+) ms} or die $text;
    return ($1, $2);
}


# Nobody pays for what the one before has left to be written or given back.

sub rest {
    run('sync');
    sleep 1;
}


sub redis {
    my $dir = File::Temp->newdir('benchXXXXXX', TMPDIR => 1);
    my $redis = Conference::Process->new(
        command => ['redis-server', '--port', 0, '--unixsocket', "$dir/sock",
                    '--dir', $dir, '--save', '', '--appendonly', 'yes',
                    '--appendfsync', 'always'],
        log => "$dir/log",
    );

    wait_for(sub { -S "$dir/sock" }, 20) or die slurp("$dir/log");

    rest();

    my $text = run('redis-benchmark', '-s', "$dir/sock", '-q', '--csv',
                   '-c', 64, '-P', 8, '-n', 50000 * $secs, '-r', 1000,
                   'xadd', 'room:__rand_int__', '*', 'body', 'x' x 200);

    $redis->stop;
    my $rate = csv_rate($text);
    die $text unless $rate;
    say_now("  redis: $rate/s");
    return $rate;
}


# The column "rps".

sub csv_rate {
    my ($head, $line) = grep { /^"/ } split /\n/, $_[0];
    my @names = $head =~ /"([^"]*)"/g;
    my @values = $line =~ /"([^"]*)"/g;
    my %row;

    @row{@names} = @values;
    return $row{rps};
}


# A cluster refuses to run as root.

sub as_postgres {
    my (@command) = @_;

    return @command if $> != 0;
    return ('setpriv', '--reuid=postgres', '--regid=postgres',
            '--clear-groups', @command);
}


sub postgres {
    my $dir = File::Temp->newdir('benchXXXXXX', TMPDIR => 1);
    my @at = ('-h', $dir, '-U', 'bench', 'postgres');

    if ($> == 0) {
        my (undef, undef, $uid, $gid) = getpwnam 'postgres';
        chown $uid, $gid, $dir;
    }

    spew("$dir/insert.sql", "\\set room random(1, 1000)\n"
         . "insert into message (room, body)"
         . " values (:room, repeat('x', 200));\n");

    run(as_postgres("$pg/initdb", '-D', "$dir/data", '-A', 'trust', '-U',
                    'bench'));

    my $server = Conference::Process->new(
        command => [as_postgres("$pg/postgres", '-D', "$dir/data",
                                '-k', $dir, '-c', 'listen_addresses=',
                                '-c', 'synchronous_commit=on')],
        log => "$dir.log",
    );

    wait_for(sub {
        system("$pg/pg_isready -q -h $dir -U bench >/dev/null") == 0
    }, 30) or die slurp("$dir.log");

    run("$pg/psql", '-q', '-c', 'create table message (id bigserial primary '
        . 'key, room int, body text)', @at);

    rest();

    my $text = run("$pg/pgbench", '-n', '-M', 'prepared', '-f',
                   "$dir/insert.sql", '-c', 64, '-j', 2, '-T', $secs, @at);

    $server->stop('INT');
    unlink "$dir.log";

    $text =~ /tps = ([\d.]+)/ or die $text;
    say_now("  postgresql: $1/s");
    return $1;
}


sub row_echo {
    my $c = conf_server();
    my @got;

    fill($c, -u => 64, -r => 64, -m => 1);
    push @got, load($c, -r => 64, -n => 1, -q => 1, -W => 1) for 1 .. 3;
    stop($c);

    my $rate = median(map { $_->{rate} } @got);

    result('64 WebSockets, each waits for its own frame: messages/s',
           int $rate, '', '', '>= 20000', $rate >= 20000);

    my ($nginx, $confd) = @{$got[0]{cpu}};

    result('the same: CPU us/message in nginx',
           fixed(1e6 * $nginx / $got[0]{delivered}),
           'in confd: ' . fixed(1e6 * $confd / $got[0]{delivered}));
}


# Pings of 1,000 sockets, alone and while 16 connections log in, to an account
# whose password has the default cost.

sub row_login {
    my $c = conf_server();
    my @pings = (-r => 1000, -n => 1, -q => 1, -R => 10, -T => 'ping');
    my $script = $c->dir . '/login.lua';
    my (@alone, @beside, @rate);

    fill($c, -u => 1000, -r => 1000, -m => 1);

    $c->confd->stop;
    $c->confd->{config} = '';
    $c->confd->start;

    my $in = { username => 'login', password => 'correct horse' };

    wait_for(sub {
        $c->http(POST => '/register', json => $in)->{body} =~ /"code":0/
    }, 20) or die "register\n";

    spew($script, "wrk.method = 'POST'\n"
         . "wrk.headers['Content-Type'] = 'application/json'\n"
         . "wrk.body = '" . JSON::PP::encode_json($in) . "'\n");

    for (1 .. 3) {
        push @alone, load($c, @pings)->{p99_ms};

        my $pid = open my $wrk, '-|', 'wrk', '-t1', '-c16', '--timeout', 30,
                  '-d', $secs + 3, '-s', $script,
                  'http://127.0.0.1:' . $c->port . '/login' or die "wrk: $!";

        push @beside, load($c, @pings)->{p99_ms};

        local $/;
        my $text = <$wrk>;
        close $wrk;
        die "wrk: $text" if $text =~ /Non-2xx/;
        $text =~ m{Requests/sec:\s+([\d.]+)} or die $text;
        push @rate, $1;
    }

    stop($c);

    my ($alone, $p99) = (median(@alone), median(@beside));

    result('10,000 WS pings/s beside ' . fixed(median(@rate))
           . ' logins/s: p99, ms', fixed($p99), 'without: ' . fixed($alone),
           ratio($p99, $alone), '<= 10', $p99 <= 10);
}


# Both stores are filled first and asked in turn, on one CPU: who is moved about
# has one of two medians, as the daemon's threads are on its own or on another
# one, whatever the store does.

sub row_store {
    my @large = $full ? (1000000, 1000000, 10000000, 1000000)
                      : (100000, 100000, 1000000, 100000);
    my @stores = map { store($_) } [1000, 1000, 10000, 1000], \@large;
    my %what = (
        history => 'history page of 50, room of ' . number($large[3])
                   . ' among ' . number($large[2]),
        map { ($_ => "$_, " . number($large[1]) . ' rooms and users') }
            qw(join send list),
    );
    my @got;

    run('taskset', '-apc', 1, $_->[0]->pid) for @stores;
    rest();

    for (1 .. 5) {
        for my $i (0, 1) {
            my ($confd, $filled, @args) = @{$stores[$i]};
            my $r = ask($confd, @args, -n => 300, -f => $filled);

            push @{$got[$i]{$_}}, $r->{"${_}_ms"} for keys %what;
        }
    }

    $_->[0]->stop for @stores;

    for my $op (qw(history join send list)) {
        my ($peer, $ours) = map { median(@{$got[$_]{$op}}) } 0, 1;

        result("$what{$op}: p50, ms", $ours, "1,000: $peer",
               ratio($ours, $peer), '<= 1.3', $ours <= 1.3 * $peer);
    }
}


sub store {
    my ($users, $rooms, $messages, $history) = @{$_[0]};
    my $dir = tempdir('benchXXXXXX', TMPDIR => 1, CLEANUP => 1);
    my @args = (-u => $users, -r => $rooms, -g => $messages, -h => $history);
    my $confd = Conference::Confd->new(
        dir => $dir, binary => "$bin/confd",
        config => "scrypt_log_n 1\nhash_queue_max 100000\n",
    );

    $confd->start;
    return [$confd, ask($confd, @args)->{filled}, @args];
}


sub ask {
    my ($confd, @args) = @_;
    my $text = run('taskset', '-c', 0, "$bin/bench/rpc_load",
                   '-s', $confd->socket, @args);

    say_now("  store: $text");
    return JSON::PP::decode_json($text);
}


sub number { return scalar reverse join ',', unpack '(A3)*', reverse $_[0] }
sub fixed { return sprintf '%.2f', $_[0] }


# The table.

sub rows {
    return map {
        my ($what, $ours, $peer, $ratio, $wanted, $good) = @$_;

        [$what, $ours, $peer, $ratio ? fixed($ratio) : '',
         defined $wanted ? $wanted : '',
         !defined $wanted ? '' : $good ? 'yes' : 'NO']
    } @table;
}


sub print_table {
    printf "%-66s %10s  %-28s %6s %15s %s\n", qw(what ours peer ratio wanted
                                                 reached);
    printf "%-66s %10s  %-28s %6s %15s %s\n", @$_ for rows();
}


sub write_results {
    my ($cpus) = scalar(() = slurp('/proc/cpuinfo') =~ /^processor/mg);
    my ($kb) = slurp('/proc/meminfo') =~ /^MemTotal:\s+(\d+)/m;
    my @names = qw(nginx libnginx-mod-nchan redis-server postgresql wrk
                   liblmdb0);
    my $versions = join ', ', map {
        my $v = `dpkg-query -W -f '\${Version}' $_`;
        "$_ $v"
    } @names;
    my $text = "# Figures\n\n"
        . "Written by `make bench`" . ($full ? ' `FULL=1`' : '')
        . '; both sides of a row ran in turn on one machine.'
        . " Medians of three rounds of $secs s.\n\n"
        . POSIX::strftime("* date: %Y-%m-%d\n", gmtime)
        . "* machine: $cpus cores, " . int($kb / 1048576 + 0.5) . ' GB, Linux '
        . ((POSIX::uname())[2] =~ /^(\d+\.\d+)/)[0] . ", stores in /tmp\n"
        . "* load average before the run: $load (0: nothing else ran)\n"
        . "* versions: $versions\n"
        . "* two workers; clients run on the same cores\n\n"
        . "| what | ours | peer | ratio | wanted | reached |\n"
        . "|---|---|---|---|---|---|\n"
        . join('', map { '| ' . join(' | ', @$_) . " |\n" } rows())
        . "\n" . slurp("$root/bench/NOTES.md");

    spew("$root/bench/RESULTS.md", $text);
}


die "no row $_; there are: @order\n"
    for grep { !$row{$_} } @ARGV;

if (!$ENV{BENCH_BIN}) {
    chdir $root;
    run('auto/deps', 'bench');
    run('auto/build', 'release');
    run(qw(make -s FLAVOUR=release bench-programs));
}

for my $name (@ARGV ? @ARGV : @order) {
    say_now("== $name");
    $row{$name}->();
}

print_table();
write_results() unless @ARGV;
