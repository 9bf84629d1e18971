package Test::Nginx::Util;

# Settings, the servroot and the nginx process of Test::Nginx::Socket.
# nginx runs as a direct child, in the foreground, and is always reaped.

use strict;
use warnings;

use Config;
use Cwd qw(abs_path getcwd);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::Builder;
use Time::HiRes qw(sleep time);

use Exporter 'import';

our ($ServerPort, $ServerPortForClient, $ServerAddr, $ServerName, $ServRoot,
     $HtmlDir, $LogDir, $ConfDir, $NginxBinary, $NginxVersion, $NginxRawVersion,
     $OpensslVersion, $LogLevel, $Workers, $WorkerConnections, $MasterProcess,
     $Timeout, $RepeatEach, $NoShuffle, $UseHup, $NoRootLocation,
     $NoNginxManager, $CheckAccumErrLog, $NoLongString, $ConfigPreamble,
     $ErrLogFile, $AccLogFile, $Verbose, $Randomize, $UseValgrind, $Sleep,
     $ForceRestart, $Pid, @EnvToNginx);

our @EXPORT_OK = qw(
    $ServerPort $ServerPortForClient $ServerAddr $ServerName $ServRoot
    $HtmlDir $LogDir $NginxBinary $NginxVersion $NginxRawVersion $LogLevel
    $Workers $MasterProcess $Timeout $RepeatEach $NoShuffle $ErrLogFile
    $AccLogFile expand_env bail_out free_port slurp spew
);

my $owner = $$;
my $made_root;
my %rand_port;
my (@stale, $stderr_file);

my $sanitizer = qr/AddressSanitizer|LeakSanitizer|ThreadSanitizer
                   |MemorySanitizer|UndefinedBehaviorSanitizer
                   |runtime\ error:/x;


sub env {
    my ($name, $default) = @_;
    my $value = $ENV{"TEST_NGINX_$name"};
    return defined $value && $value ne '' ? $value : $default;
}


sub slurp {
    my ($path, $from) = @_;

    open my $fh, '<:raw', $path or return '';
    seek $fh, $from, 0 if $from;
    local $/;
    my $text = <$fh>;
    close $fh;

    return defined $text ? $text : '';
}


sub spew {
    my ($path, $text) = @_;

    make_path(dirname($path));
    open my $fh, '>:raw', $path or bail_out("cannot write $path: $!");
    utf8::encode($text) if utf8::is_utf8($text);
    print $fh $text;
    close $fh or bail_out("cannot write $path: $!");
}


sub bail_out {
    my $text = join '', @_;

    stop_nginx();
    Test::Builder->new->BAIL_OUT($text);
}


sub port_is_free {
    my ($port) = @_;

    my $sock = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
        Listen => 1, ReuseAddr => 1,
    );

    return 0 unless $sock;
    close $sock;
    return 1;
}


# Below the range the kernel takes for outgoing connections.

sub free_port {
    my ($from, $to) = @_;

    for (1 .. 500) {
        my $port = $from + int rand($to - $from);
        return $port if port_is_free($port);
    }

    bail_out("no free port in $from-$to");
}


sub true {
    my ($value) = @_;
    return defined $value && $value =~ /^(?:1|on|yes|true)$/i ? 1 : 0;
}


sub init_root {
    my $root = env('SERVROOT');
    my $port = env('SERVER_PORT', env('PORT'));

    $Randomize = defined env('RANDOMIZE') ? true(env('RANDOMIZE'))
                                          : !defined $port;

    if ($Randomize) {
        my $base = defined $root ? dirname($root) : '/tmp';
        $base = abs_path($base) || $base;
        make_path($base);

        # The folder is the lock: two runners never share a port.
        for (1 .. 500) {
            $ServerPort = free_port(10000, 20999);
            $ServRoot = "$base/servroot_$ServerPort";
            last if mkdir $ServRoot;
            $ServRoot = undef;
        }

        bail_out("cannot make a servroot in $base") unless defined $ServRoot;
        $made_root = 1;

    } else {
        $ServerPort = defined $port ? $port : 1984;
        $ServRoot = defined $root ? $root : 't/servroot';
        $ServRoot = getcwd() . "/$ServRoot" if $ServRoot !~ m{^/};
        make_path($ServRoot);
    }

    $ServerPortForClient = env('CLIENT_PORT', $ServerPort);
    $HtmlDir = "$ServRoot/html";
    $LogDir = "$ServRoot/logs";
    $ConfDir = "$ServRoot/conf";
    $ErrLogFile = "$LogDir/error.log";
    $AccLogFile = "$LogDir/access.log";
    $stderr_file = "$LogDir/stderr.log";

    $ENV{TEST_NGINX_SERVER_PORT} = $ServerPort;
    $ENV{TEST_NGINX_SERVER_ROOT} = $ServRoot;
    $ENV{TEST_NGINX_HTML_DIR} = $HtmlDir;
}


sub init_binary {
    local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/usr/local/sbin";

    $NginxBinary = env('BINARY', 'nginx');

    if ($NginxBinary !~ m{/}) {
        my ($found) = grep { -x } map { "$_/$NginxBinary" }
                      split /:/, $ENV{PATH};
        $NginxBinary = $found if defined $found;
    }

    local $ENV{ASAN_OPTIONS} = join ':', grep { defined }
                               $ENV{ASAN_OPTIONS}, 'detect_leaks=0';

    my $out = '';

    if (open my $fh, '-|', "'$NginxBinary' -V 2>&1") {
        local $/;
        $out = <$fh>;
        close $fh;
    }

    $out = '' unless defined $out;

    if ($out =~ m{(?:nginx|openresty)[^/]*/(\d+)\.(\d+)\.(\d+)}) {
        $NginxVersion = sprintf '%d.%03d%03d', $1, $2, $3;
        $NginxRawVersion = "$1.$2.$3";
    }

    if ($out =~ /OpenSSL (\d+)\.(\d+)\.(\d+)/) {
        $OpensslVersion = sprintf '%d.%03d%03d', $1, $2, $3;
    }
}


sub init {
    $LogLevel = env('LOG_LEVEL', 'debug');
    $Timeout = env('TIMEOUT', 3);
    $Sleep = env('SLEEP', 0.015);
    $MasterProcess = true(env('MASTER_PROCESS', 'off')) ? 'on' : 'off';
    $UseHup = true(env('USE_HUP'));
    $Verbose = true(env('VERBOSE'));
    $UseValgrind = env('USE_VALGRIND');
    $NoShuffle = env('NO_SHUFFLE', 0);
    $NoNginxManager = env('NO_NGINX_MANAGER', 0);
    $ForceRestart = env('FORCE_RESTART_ON_TEST', 1);
    $Workers = 1;
    $WorkerConnections = 64;
    $RepeatEach = 1;
    $ServerAddr = '127.0.0.1';
    $ServerName = 'localhost';
    $ConfigPreamble = '';

    init_root();
    init_binary();
}


sub reset_rand_ports {
    %rand_port = ();
}


sub rand_port {
    my ($id) = @_;

    while (!defined $rand_port{$id}) {
        my $port = free_port(31000, 32700);
        next if grep { $_ == $port } values %rand_port;
        $rand_port{$id} = $port;
    }

    return $rand_port{$id};
}


# $TEST_NGINX_NAME in configurations, files and expected texts.

sub expand_env {
    my ($text) = @_;

    return $text if !defined $text || ref $text;

    $text =~ s{\$(?:(TEST_NGINX_[A-Z0-9_]+)|\{(TEST_NGINX_[A-Z0-9_]+)\})}{
        my $name = defined $1 ? $1 : $2;
        my $value;

        if ($name =~ /^TEST_NGINX_RAND_PORT_(\d+)$/) {
            $value = rand_port($1);

        } elsif (defined $ENV{$name}) {
            $value = $ENV{$name};

        } else {
            bail_out("environment variable $name is used but not set");
        }

        $value;
    }ge;

    return $text;
}


# Empties the servroot and makes its folders.

sub make_root {
    if (env('ERROR_LOG') || env('NO_CLEAN')) {
        remove_tree("$ServRoot/html", "$ServRoot/conf");
    } else {
        remove_tree($ServRoot, { keep_root => 1 });
    }

    make_path($ServRoot, $HtmlDir, $LogDir, $ConfDir);
    chmod 0755, $ServRoot;

    spew("$HtmlDir/index.html",
         "<html><head><title>It works!</title></head>"
         . "<body>It works!</body></html>");
}


# user_files: ">>> path [touch date]" separated text or [name, body, date].

sub write_user_files {
    my ($raw) = @_;
    my @files;

    if (ref $raw) {
        for my $file (@$raw) {
            my ($name, $body, $date) = @$file;
            push @files, [$name, $body, $date];
        }

    } else {
        $raw = expand_env($raw);

        my @parts = split /^>>> (\S+)(?:[ \t]+(\S+))?[ \t]*\n/m, $raw;
        shift @parts;

        while (@parts) {
            my ($name, $date, $body) = splice @parts, 0, 3;
            push @files, [$name, defined $body ? $body : '', $date];
        }
    }

    for my $file (@files) {
        my ($name, $body, $date) = @$file;
        my $path = $name =~ m{^/} ? $name : "$HtmlDir/$name";

        spew($path, defined $body ? $body : '');

        if (defined $date && $date =~ /^(\d{8}\d{4})(\.\d\d)?$/) {
            system('touch', '-t', $date, $path) == 0
                or bail_out("touch -t $date $path failed");

        } elsif (defined $date && $date ne '') {
            bail_out("bad date in user_files: $date");
        }
    }
}


# %s: config, http_config, main_config, post_main_config, server_name,
# log_level, error_log_file.

sub make_conf {
    my %s = @_;

    for (qw(config http_config main_config post_main_config)) {
        $s{$_} = '' unless defined $s{$_};
    }

    my $level = defined $s{log_level} ? $s{log_level} : $LogLevel;
    my $name = defined $s{server_name} ? $s{server_name} : $ServerName;
    my @modules = split ' ', env('LOAD_MODULES', '');
    my $out = '';

    $out .= "load_module $_;\n" for @modules;
    $out .= "worker_processes $Workers;\n"
        unless $s{main_config} =~ /^\s*worker_processes\s/m;
    $out .= "daemon off;\nmaster_process $MasterProcess;\n";
    $out .= "error_log $ErrLogFile $level;\n";
    $out .= "pid $LogDir/nginx.pid;\n";

    my $user = env('WORKER_USER', $> == 0 ? 'root' : undef);

    if (defined $user && $s{main_config} !~ /^\s*user\s/m) {
        $out .= "user $user;\n" if $> == 0;
    }

    $out .= "env $_;\n" for @EnvToNginx;
    $out .= "\n$s{main_config}\n";

    my $postpone = env('POSTPONE_OUTPUT');
    my $reuseport = env('REUSE_PORT') ? ' reuseport' : '';
    my $temp = join '', map { "    ${_}_temp_path $ServRoot/${_}_temp;\n" }
               qw(client_body proxy fastcgi uwsgi scgi);

    $out .= "http {\n    access_log $AccLogFile;\n"
            . "    default_type text/plain;\n    keepalive_timeout 68;\n"
            . $temp;
    $out .= "    postpone_output $postpone;\n" if defined $postpone;
    $out .= "\n$s{http_config}\n\n    server {\n"
            . "        listen $ServerAddr:$ServerPort$reuseport;\n"
            . "        server_name '$name';\n"
            . "        client_max_body_size 30M;\n\n"
            . "$ConfigPreamble\n$s{config}\n";

    unless ($NoRootLocation || $s{config} =~ m{^\s*location\s+(=\s+)?/\s*\{}m)
    {
        $out .= "        location / {\n            root $HtmlDir;\n"
                . "            index index.html index.htm;\n        }\n";
    }

    $out .= "    }\n}\n\n$s{post_main_config}\n";

    if ($out !~ /^\s*events\s*\{/m) {
        my $type = env('EVENT_TYPE');

        $out .= "events {\n    accept_mutex off;\n"
                . "    worker_connections $WorkerConnections;\n"
                . (defined $type ? "    use $type;\n" : '') . "}\n";
    }

    return $out;
}


sub sanitizer_env {
    for my $name (qw(ASAN UBSAN LSAN TSAN)) {
        my $key = "${name}_OPTIONS";
        my $file = "$LogDir/" . lc $name;

        $ENV{$key} = join ':', grep { defined && $_ ne '' }
                     $ENV{$key}, "log_path=$file";
    }
}


sub start_nginx {
    my ($conf) = @_;

    my @command = ($NginxBinary, '-p', "$ServRoot/", '-c',
                   "$ConfDir/nginx.conf");

    if (defined $NginxVersion && $NginxVersion >= 1.019005) {
        push @command, '-e', $ErrLogFile;
    }

    if ($UseValgrind) {
        my @suppress = -f 'valgrind.suppress'
                       ? '--suppressions=valgrind.suppress' : ();

        unshift @command, 'valgrind', '-q', '--leak-check=full',
                '--show-possibly-lost=no', '--gen-suppressions=all',
                "--log-file=$LogDir/valgrind.log", @suppress,
                $UseValgrind eq '1' ? () : split ' ', $UseValgrind;
    }

    spew("$ConfDir/nginx.conf", $conf);
    unlink "$LogDir/nginx.pid";

    $Pid = fork;
    bail_out("fork: $!") unless defined $Pid;

    if ($Pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM PIPE __DIE__);
        die_with_parent();
        sanitizer_env();
        open STDIN, '<', '/dev/null';
        open STDERR, '>>', $stderr_file;
        open STDOUT, '>&', \*STDERR;
        exec { $command[0] } @command
            or print STDERR "exec $command[0]: $!\n";
        POSIX::_exit(127);
    }

    print STDERR "# nginx started, pid $Pid\n" if $Verbose;
}


# So that a killed prove leaves no server behind.

sub die_with_parent {
    my %prctl = ('x86_64' => 157, 'aarch64' => 167);
    my ($arch) = $Config{archname} =~ /^(x86_64|aarch64)/;

    eval { syscall $prctl{$arch}, 1, 15, 0, 0, 0 } if defined $arch;
}


# Its wait status, or undef while it runs.

sub reap {
    my ($seconds) = @_;
    my $end = time + $seconds;

    return 0 unless $Pid;

    while (1) {
        my $rc = waitpid $Pid, WNOHANG;

        if ($rc == $Pid || $rc == -1) {
            $Pid = undef;
            return $rc == -1 ? 0 : $?;
        }

        return undef if time >= $end;
        sleep 0.004;
    }
}


# True when it serves, false when it exited first (then status in $_[0]).

sub wait_started {
    my $end = time + ($UseValgrind ? 60 : 20);

    while (time < $end) {
        my $pid = $Pid;
        my $status = reap(0);

        if (defined $status) {
            $_[0] = $status;
            return 0;
        }

        return 1 if slurp("$LogDir/nginx.pid") =~ /^\Q$pid\E\b/;
        sleep 0.004;
    }

    $_[0] = -1;
    return 0;
}


sub children {
    my ($pid) = @_;
    return split ' ', slurp("/proc/$pid/task/$pid/children");
}


# The text of a failure, or undef.

sub stop_nginx {
    my $problem;

    return undef unless $Pid && $$ == $owner;

    my $patience = env('QUIT_TIMEOUT', $UseValgrind ? 60 : 10);
    my $status;

    for my $step (['QUIT', $patience], ['TERM', 5], ['KILL', 30]) {
        my ($signal, $seconds) = @$step;

        if (defined $problem) {
            my @left = children($Pid);
            kill 'KILL', @left if $signal eq 'KILL' && @left;
        }

        kill $signal, $Pid;
        $status = reap($seconds);
        last if defined $status;
        $problem = "nginx did not stop on $signal within $seconds s";
    }

    if (!defined $problem && $status) {
        $problem = $status & 127 ? sprintf('nginx died of signal %d',
                                           $status & 127)
                                 : sprintf('nginx exited with %d',
                                           $status >> 8);
    }

    $Pid = undef;
    return $problem;
}


# Reloads; false when the new configuration was refused.

sub reload_nginx {
    my ($conf) = @_;

    spew("$ConfDir/nginx.conf", $conf);

    my $from = -s $ErrLogFile || 0;
    my %old = map { $_ => 1 } children($Pid);

    kill 'HUP', $Pid;

    for (1 .. 2500) {
        return 0 if slurp($ErrLogFile, $from) =~ /\[emerg\]/;

        if ($MasterProcess eq 'on') {
            # An old worker keeps accepting until it is told to leave.
            my @new = grep { !$old{$_} } children($Pid);
            my @busy = grep { slurp("/proc/$_/cmdline") !~ /shutting down/ }
                       grep { $old{$_} } children($Pid);
            return 1 if @new && !@busy;

        } else {
            # One process: it has no child to look at.
            sleep 0.2;
            return slurp($ErrLogFile, $from) !~ /\[emerg\]/;
        }

        sleep 0.004;
    }

    return 0;
}


# What sanitizers and valgrind left in the servroot, one text per finding.

sub sanitizer_reports {
    my @found;

    my @files = ($ErrLogFile, $stderr_file,
                 map { glob "$LogDir/$_*" } qw(asan ubsan lsan tsan));
    my %seen;

    for my $file (grep { !$seen{$_}++ } @files) {
        my @lines = split /\n/, slurp($file);

        for my $i (0 .. $#lines) {
            next unless $lines[$i] =~ $sanitizer;
            my $last = $i + 25 < $#lines ? $i + 25 : $#lines;
            push @found, "$file:\n" . join "\n", @lines[$i .. $last];
            last;
        }
    }

    my $valgrind = slurp("$LogDir/valgrind.log");

    if ($valgrind =~ /Invalid (?:read|write|free)|uninitiali[sz]ed/) {
        push @found, "valgrind:\n" . substr $valgrind, 0, 4000;

    } elsif ($valgrind ne '') {
        print STDERR map { "# $_\n" } split /\n/, $valgrind;
    }

    return @found;
}


sub stderr_text {
    return slurp($stderr_file);
}


# Removes what is left of the servroot after a good run.

sub finish {
    return unless $$ == $owner;

    my $problem = stop_nginx();
    my $builder = Test::Builder->new;

    $builder->ok(0, $problem) if defined $problem;

    return unless $made_root;

    if ($builder->is_passing && !env('NO_CLEAN')) {
        remove_tree($ServRoot);

    } elsif ($builder->current_test) {
        print STDERR "# logs are kept in $ServRoot\n";

    } else {
        remove_tree($ServRoot);
    }
}


init();


1;
