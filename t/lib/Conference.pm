package Conference;

# nginx with the conference module and a confd, for tests with several
# clients.  Everything lives in a temporary folder and is stopped by pid.
#
#   use Test::More;
#   use Conference;
#
#   my $c = Conference->new(workers => 2);
#   my $reply = $c->http(POST => '/api/rooms', json => { name => 'a' });
#   my $ws = $c->ws('/ws');
#   ...
#   $c->done;
#   done_testing;

use strict;
use warnings;

use Conference::Confd;
use Conference::JWT qw(jwt);
use Conference::Process qw(slurp spew wait_for sanitizer_reports find_binary);
use Conference::WS;
use Cwd qw(abs_path);
use File::Path qw(remove_tree);
use IO::Socket::INET;
use JSON::PP ();
use Scalar::Util qw(weaken);
use Test::Builder;
use Test::Nginx::Client qw(exchange parse_response);
use Time::HiRes qw(sleep time);

use Exporter 'import';

our @EXPORT_OK = qw(jwt wait_for json_encode json_decode);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $owner = $$;
my @all;


sub json_encode { return $json->encode($_[0]) }
sub json_decode { return $json->decode($_[0]) }


# workers      number of worker processes (1)
# http         http level text instead of the usual conf_* lines
# http_extra   http level text after them
# server       text in the server block
# locations    instead of "location / { conf_api roomchat; }"
# api          dialect of that location
# main, events more text for these levels
# confd        0: no daemon; confd_config, confd_args, confd_binary
# log_level    of error.log (info)
# allow_alert  regex of [alert] and [emerg] lines that are expected
# start        0: start nothing yet
#
# In texts %DIR%, %PORT% and %CONFD% are replaced.

sub new {
    my ($class, %o) = @_;

    my $self = bless {
        workers_n => 1, log_level => 'info', api => 'roomchat', confd_on => 1,
        killed => [], clients => [], problems => [],
    }, $class;

    my %name = (workers => 'workers_n', confd => 'confd_on');

    for my $key (keys %o) {
        $self->{exists $name{$key} ? $name{$key} : $key} = $o{$key};
    }

    $self->{nginx_binary} = find_binary($ENV{TEST_NGINX_BINARY} || 'nginx');
    $self->make_dir;

    push @all, $self;
    weaken $all[-1];

    if ($self->{confd_on}) {
        $self->{daemon} = Conference::Confd->new(
            dir => $self->{dir}, config => $o{confd_config},
            args => $o{confd_args}, binary => $o{confd_binary},
        );
    }

    if (!defined $o{start} || $o{start}) {
        $self->start_confd if $self->{confd_on};
        $self->start_nginx;
    }

    return $self;
}


sub port_is_free {
    my ($port) = @_;

    my $sock = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
        Listen => 1, ReuseAddr => 1,
    );

    return $sock ? 1 : 0;
}


# The name of the folder reserves the port.

sub make_dir {
    my ($self) = @_;
    my $base = $ENV{TMPDIR} || '/tmp';

    for (1 .. 500) {
        my $port = 21000 + int rand 10000;
        next unless port_is_free($port);
        next unless mkdir "$base/conference_$port";

        $self->{port} = $port;
        $self->{dir} = abs_path("$base/conference_$port");
        chmod 0755, $self->{dir};
        return;
    }

    die "no free port\n";
}


sub port { return $_[0]{port} }
sub dir { return $_[0]{dir} }
sub confd { return $_[0]{daemon} }
sub pid { return $_[0]{nginx} ? $_[0]{nginx}->pid : undef }
sub error_log { return slurp("$_[0]{dir}/error.log", $_[1]) }
sub error_log_size { return -s "$_[0]{dir}/error.log" || 0 }


# Configuration.

sub conf {
    my ($self) = @_;
    my %s = %$self;

    my $http = defined $s{http} ? $s{http}
             : "conf_zone main:16m;\nconf_backend unix:%CONFD%;\n"
               . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
               . "conf_rate_limit off;\n";
    my $locations = defined $s{locations} ? $s{locations}
                  : "location / { conf_api $s{api}; }\n";

    $s{$_} = '' for grep { !defined $s{$_} } qw(main events http_extra server);

    my $text = join '', map { "load_module $_;\n" }
               split ' ', $ENV{TEST_NGINX_LOAD_MODULES} || '';

    $text .= "worker_processes $s{workers_n};\nmaster_process on;\n"
             . "daemon off;\n" . ($> == 0 ? "user root;\n" : '')
             . "pid %DIR%/nginx.pid;\n"
             . "error_log %DIR%/error.log $s{log_level};\n$s{main}\n"
             . "events {\n"
             . ($s{events} =~ /worker_connections/
                ? '' : "worker_connections 1024;\n")
             . "$s{events}\n}\nhttp {\naccess_log off;\n"
             . "default_type text/plain;\n";

    $text .= "${_}_temp_path %DIR%/$_;\n"
        for qw(client_body proxy fastcgi uwsgi scgi);

    $text .= "$http\n$s{http_extra}\nserver {\nlisten 127.0.0.1:%PORT%;\n"
             . "server_name localhost;\n$s{server}\n$locations\n}\n}\n";

    my $socket = "$s{dir}/confd.sock";

    $text =~ s/%DIR%/$s{dir}/g;
    $text =~ s/%PORT%/$s{port}/g;
    $text =~ s/%CONFD%/$socket/g;

    return $text;
}


# Processes.

sub start_confd {
    my ($self) = @_;
    $self->{daemon}->start;
    return $self;
}


# Remembered for done() when it went wrong.

sub note_problem {
    my ($self, $text) = @_;
    push @{$self->{problems}}, $text if defined $text;
    return $text;
}


sub stop_confd {
    my ($self, $signal) = @_;
    $self->note_problem($self->{daemon}->stop($signal)) if $self->{daemon};
}


sub kill_confd {
    my ($self) = @_;
    $self->{daemon}->kill;
}


sub start_nginx {
    my ($self) = @_;
    my $dir = $self->{dir};

    return $self if $self->{nginx};

    spew("$dir/nginx.conf", $self->conf);
    unlink "$dir/nginx.pid";

    $self->{nginx} = Conference::Process->new(
        command => [$self->{nginx_binary}, '-p', "$dir/", '-e',
                    "$dir/error.log", '-c', "$dir/nginx.conf"],
        log => "$dir/stderr.log", sanitizer_log => "$dir/nginx-",
    );

    my $up = wait_for(sub {
        return -1 unless $self->{nginx}->alive;
        return 0 unless slurp("$dir/nginx.pid") =~ /^\d/;
        return $self->workers >= $self->{workers_n};
    }, 20);

    if (!$up || $up < 0) {
        my $text = slurp("$dir/stderr.log") || $self->error_log;

        $self->{nginx}->stop('KILL');
        delete $self->{nginx};
        die "nginx did not start:\n$text";
    }

    return $self;
}


# "quit" waits for the connections, "term" does not.

sub stop_nginx {
    my ($self, $how) = @_;
    my $nginx = delete $self->{nginx};

    return unless $nginx;
    $self->note_problem($nginx->stop(uc($how || 'quit'),
                                     $self->{quit_timeout}));
}


sub title {
    my ($pid) = @_;
    my $text = slurp("/proc/$pid/cmdline");
    $text =~ s/\0+\z//;
    return $text;
}


# Pids of the workers that take connections.

sub workers {
    my ($self) = @_;
    # Under valgrind a process has no title of its own.
    return grep { $ENV{TEST_NGINX_NO_TITLES}
                  || title($_) eq 'nginx: worker process' }
           $self->{nginx} ? $self->{nginx}->children : ();
}


# Pids of workers that are still leaving.

sub old_workers {
    my ($self) = @_;
    return grep { title($_) =~ /worker process is shutting down/ }
           $self->{nginx} ? $self->{nginx}->children : ();
}


# New settings may be given as for new().  True when new workers serve and
# the old ones take no more connections, false when it was refused.

sub reload {
    my ($self, %o) = @_;

    $o{workers_n} = delete $o{workers} if exists $o{workers};
    @$self{keys %o} = values %o;
    spew("$self->{dir}/nginx.conf", $self->conf);

    my %old = map { $_ => 1 } $self->workers;
    my $from = $self->error_log_size;

    $self->{nginx}->signal('HUP');

    my $rc = wait_for(sub {
        my @now = $self->workers;
        return 1 if @now == $self->{workers_n} && !grep { $old{$_} } @now;
        return -1 if $self->error_log($from) =~ /\[emerg\]/;
        return 0;
    }, 20);

    return $rc && $rc > 0 ? 1 : 0;
}


# Kills a worker and waits until another one has its place.  Its alert is
# expected then.  Returns the new pid.

sub kill_worker {
    my ($self, $pid, $signal) = @_;
    my %old = map { $_ => 1 } $self->workers;

    push @{$self->{killed}}, $pid;
    kill $signal || 'KILL', $pid;

    wait_for(sub { !grep { $_ == $pid } $self->workers }, 10);
    return wait_for(sub { (grep { !$old{$_} } $self->workers)[0] }, 10);
}


# Clients.

# http(METHOD => path, headers => {...}, json => data, body => bytes,
#      token => jwt, timeout => seconds)
# returns { status, headers, body, json, raw }; status is 0 without answer.

sub http {
    my ($self, $method, $path, @rest) = @_;
    my %o = @rest == 1 && ref $rest[0] ? %{$rest[0]} : @rest;
    my %h = ('Host' => "localhost:$self->{port}", 'Connection' => 'close');
    my $body = $o{body};

    if (exists $o{json}) {
        $body = $json->encode($o{json});
        $h{'Content-Type'} = 'application/json';
    }

    utf8::encode($body) if defined $body && utf8::is_utf8($body);

    $h{'Content-Length'} = length $body
        if defined $body || $method =~ /^(?:POST|PUT|PATCH)$/;
    $h{'Content-Length'} = 0
        if exists $h{'Content-Length'} && !defined $body;
    $h{'Authorization'} = "Bearer $o{token}" if defined $o{token};

    for my $name (keys %{$o{headers} || {}}) {
        my ($same) = grep { lc $_ eq lc $name } keys %h;
        delete $h{$same} if defined $same;
        $h{$name} = $o{headers}{$name} if defined $o{headers}{$name};
    }

    my $request = "$method $path HTTP/1.1\r\n"
                  . join('', map { "$_: $h{$_}\r\n" } sort keys %h) . "\r\n"
                  . (defined $body ? $body : '');

    my $bytes = $self->raw_http($request, timeout => $o{timeout});
    my ($res) = parse_response($bytes, $method);

    return { status => 0, headers => {}, body => '', raw => $bytes }
        unless $res;

    my %headers;

    for my $pair (@{$res->{headers}}) {
        my $name = lc $pair->[0];
        $headers{$name} = defined $headers{$name}
                          ? "$headers{$name}, $pair->[1]" : $pair->[1];
    }

    my $data = $res->{body} =~ /^\s*[\[{"\dtfn-]/
               ? eval { $json->decode($res->{body}) } : undef;

    return { status => $res->{status}, headers => \%headers,
             body => $res->{body}, json => $data, raw => $bytes,
             problems => $res->{problems} };
}


# What the server answers to these bytes until it closes or falls silent.
# packets are given as for exchange(): bytes, or [bytes, delay before].

sub raw_http {
    my ($self, $bytes, %o) = @_;

    my $got = exchange(
        host => '127.0.0.1', port => $self->{port},
        packets => ref $bytes ? $bytes : [$bytes],
        timeout => $o{timeout} || 10, shutdown => $o{shutdown},
        done => $o{done},
    );

    return wantarray ? ($got->{data}, $got) : $got->{data};
}


# A bare connection, for clients that leave halfway.

sub connect {
    my ($self) = @_;

    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $self->{port},
                                     Proto => 'tcp', Timeout => 5)
        or die "cannot connect: $!";

    binmode $sock;
    return $sock;
}


# See Conference::WS->new; token adds an Authorization header.

sub ws {
    my ($self, $path, @rest) = @_;
    my %o = @rest == 1 && ref $rest[0] ? %{$rest[0]} : @rest;
    my $token = delete $o{token};

    $o{headers} = { 'Authorization' => "Bearer $token",
                    %{$o{headers} || {}} } if defined $token;

    my $ws = Conference::WS->new(port => $self->{port}, path => $path, %o);

    @{$self->{clients}} = grep { defined } @{$self->{clients}};
    push @{$self->{clients}}, $ws;
    weaken $_ for grep { defined } @{$self->{clients}};
    return $ws;
}


# The end.

sub stop_all {
    my ($self) = @_;

    $_->disconnect for grep { defined } @{$self->{clients}};
    $self->stop_nginx;
    $self->stop_confd;
}


sub bad_lines {
    my ($self) = @_;
    my @bad;

    for my $line (split /\n/, $self->error_log) {
        next unless $line =~ /\[(?:alert|emerg)\]/
                    || $line =~ /open socket .* left in connection/;
        next if grep { $line =~ /process $_ exited on signal/ }
                @{$self->{killed}};
        next if defined $self->{allow_alert}
                && $line =~ $self->{allow_alert};
        push @bad, $line;
    }

    return @bad;
}


# Four tests: the exit of the processes, alerts, sanitizers of nginx and of
# confd.

sub done {
    my ($self) = @_;

    return if $self->{done}++;
    $self->stop_all;
    $self->report(0);
}


sub report {
    my ($self, $only_failed) = @_;

    my $dir = $self->{dir};
    my @checks = (
        ['processes stop cleanly', @{$self->{problems}}],
        ['no alerts in error.log', $self->bad_lines],
        ['no sanitizer report of nginx',
         sanitizer_reports("$dir/error.log", "$dir/stderr.log",
                           glob "$dir/nginx-{asan,ubsan,lsan,tsan}*")],
        ['no sanitizer report of confd',
         $self->{daemon} ? $self->{daemon}->reports : ()],
    );
    my $builder = Test::Builder->new;
    my $good = 1;

    local $Test::Builder::Level = $Test::Builder::Level + 1;

    for my $check (@checks) {
        my ($name, @found) = @$check;

        next if $only_failed && !@found;
        $builder->ok(!@found, $name) or $good = 0;
        $builder->diag($_) for @found;
    }

    if ($good && $builder->is_passing) {
        remove_tree($dir);
    } else {
        $builder->diag("files are kept in $dir");
    }
}


# A script that forgot done() or died: stop, and tell only what is wrong.

sub DESTROY {
    my ($self) = @_;

    return if $$ != $owner || $self->{done}++;

    local ($?, $@);
    $self->stop_all;
    $self->report(1);
}


END {
    if ($$ == $owner) {
        my $rc = $?;
        $_->DESTROY for grep { defined } @all;
        $? = $rc;
    }
}


$SIG{$_} = sub { exit 130 } for grep { !$SIG{$_} } qw(INT TERM HUP);


1;
