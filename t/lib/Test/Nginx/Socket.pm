package Test::Nginx::Socket;

# Runs test files in the block format of Test::Nginx.  A file written for it
# also runs with the distribution of that name, and the other way round.
#
# What it adds: nginx is a direct child and always reaped, it listens on
# 127.0.0.1, the port is random unless TEST_NGINX_PORT is set, and a block
# fails on sanitizer reports, on [alert] and [emerg] lines that none of its
# error_log patterns wants, and on a nginx that crashes or does not quit.
#
# Environment of its own: TEST_NGINX_QUIT_TIMEOUT, TEST_NGINX_RANDOMIZE=0.

use strict;
use warnings;

use Test::Base ();
use Test::More ();
use Test::Builder;
use List::Util qw(shuffle);
use Time::HiRes qw(sleep time);

use Test::Nginx::Util qw(bail_out expand_env slurp);
use Test::Nginx::Client qw(exchange parse_response header_values);
use Test::Nginx::Block qw(val indexed expand_expected seconds
                          build_connections skip_reason todo_reason);

our @ISA = ('Test::Base');

our @EXPORT = qw(
    plan run_tests repeat_each no_shuffle no_long_string log_level workers
    worker_connections master_on master_off master_process_enabled timeout
    server_port server_port_for_client server_addr server_name server_root
    html_dir env_to_nginx config_preamble add_block_preprocessor
    add_cleanup_handler add_test_cleanup_handler add_response_body_check
    use_hup no_root_location check_accum_error_log no_nginx_manager is_str
    bail_out
);

my (@preprocessors, @cleanup, @test_cleanup, @body_checks);
my ($last, $running_conf, $err_pos, $acc_pos);
my $finished = 0;

{
    package Test::Nginx::Socket::Filter;

    our @ISA = ('Test::Base::Filter');

    # A broken "eval" section stops the file instead of becoming its text.
    sub eval {
        my $self = shift;
        my $code = shift;
        my @value = Test::Nginx::Socket::eval_section($code);

        if ($@) {
            my $name = $self->current_block->name;
            Test::Nginx::Util::bail_out("$name - eval failed: $@");
        }

        return @value;
    }
}


sub eval_section {
    my @value = eval "package Test::Base::Filter;\n$_[0]";
    return @value;
}


sub filter_class {
    require Test::Base::Filter;
    return 'Test::Nginx::Socket::Filter';
}


# Settings.

sub plan {
    goto &Test::More::plan;
}

sub repeat_each {
    $Test::Nginx::Util::RepeatEach = $_[0] if @_;
    return $Test::Nginx::Util::RepeatEach;
}

sub log_level {
    $Test::Nginx::Util::LogLevel = $_[0] if @_;
    return $Test::Nginx::Util::LogLevel;
}

sub workers {
    $Test::Nginx::Util::Workers = $_[0] if @_;
    return $Test::Nginx::Util::Workers;
}

sub worker_connections {
    $Test::Nginx::Util::WorkerConnections = $_[0] if @_;
    return $Test::Nginx::Util::WorkerConnections;
}

sub timeout {
    $Test::Nginx::Util::Timeout = $_[0] if @_;
    return $Test::Nginx::Util::Timeout;
}

sub server_port {
    if (@_) {
        $Test::Nginx::Util::ServerPort = $_[0];
        $Test::Nginx::Util::ServerPortForClient = $_[0];
    }
    return $Test::Nginx::Util::ServerPort;
}

sub server_port_for_client {
    $Test::Nginx::Util::ServerPortForClient = $_[0] if @_;
    return $Test::Nginx::Util::ServerPortForClient;
}

sub server_addr {
    $Test::Nginx::Util::ServerAddr = $_[0] if @_;
    return $Test::Nginx::Util::ServerAddr;
}

sub server_name {
    $Test::Nginx::Util::ServerName = $_[0] if @_;
    return $Test::Nginx::Util::ServerName;
}

sub config_preamble {
    $Test::Nginx::Util::ConfigPreamble = $_[0];
}

sub env_to_nginx {
    push @Test::Nginx::Util::EnvToNginx, @_;
}

sub server_root { return $Test::Nginx::Util::ServRoot }
sub html_dir { return $Test::Nginx::Util::HtmlDir }
sub no_shuffle { $Test::Nginx::Util::NoShuffle = 1 }
sub no_long_string { $Test::Nginx::Util::NoLongString = 1 }
sub master_on { $Test::Nginx::Util::MasterProcess = 'on' }
sub master_off { $Test::Nginx::Util::MasterProcess = 'off' }
sub use_hup { $Test::Nginx::Util::UseHup = 1 }
sub no_root_location { $Test::Nginx::Util::NoRootLocation = 1 }
sub check_accum_error_log { $Test::Nginx::Util::CheckAccumErrLog = 1 }
sub no_nginx_manager { $Test::Nginx::Util::NoNginxManager = 1 }

sub master_process_enabled {
    return $Test::Nginx::Util::MasterProcess eq 'on';
}

sub add_block_preprocessor (&) { push @preprocessors, $_[0] }
sub add_cleanup_handler { push @cleanup, $_[0] }
sub add_test_cleanup_handler { push @test_cleanup, $_[0] }
sub add_response_body_check { push @body_checks, $_[0] }


# Checks.

sub builder { return Test::Builder->new }

sub ok { return builder()->ok(@_) }

sub broken {
    my ($name, @diag) = @_;

    builder()->ok(0, $name);
    builder()->diag($_) for @diag;
}


sub visible {
    my ($text) = @_;
    my $limit = $Test::Nginx::Util::NoLongString ? 65536 : 1200;

    return 'undef' unless defined $text;

    my $cut = length $text > $limit ? '...' : '';
    $text = substr $text, 0, $limit;
    $text =~ s/([^\n\t\x20-\x7e])/sprintf '\\x%02x', ord $1/ge;
    return "\"$text\"$cut";
}


sub is_str ($$;$) {
    my ($got, $want, $name) = @_;

    return is_like($got, $want, $name) if ref $want eq 'Regexp';

    my $same = defined $got && defined $want ? $got eq $want
                                             : !defined $got && !defined $want;
    return 1 if ok($same, $name);

    my $at = 0;

    if (defined $got && defined $want) {
        $at++ while $at < length $got && $at < length $want
                    && substr($got, $at, 1) eq substr($want, $at, 1);
    }

    builder()->diag("         got: " . visible($got),
                    "\n    expected: " . visible($want),
                    "\n    first difference at offset $at");
    return 0;
}


sub is_like {
    my ($got, $re, $name, $not) = @_;

    $got = '' unless defined $got;
    my $hit = ref $re eq 'Regexp' ? $got =~ $re : $got =~ /$re/s;

    return 1 if ok($not ? !$hit : $hit, $name);

    builder()->diag("    " . visible($got),
                    $not ? "\n    matches '$re'" : "\n    lacks '$re'");
    return 0;
}


# Cycles.

sub run_cycle {
    my ($block, $name, $repeat) = @_;

    my $conns = build_connections($block, $name);
    my $many = ref val($block, 'request') eq 'ARRAY'
               || defined $block->pipelined_requests;
    my $abort = defined $block->abort;
    my $ignore = defined $block->ignore_response;
    my $idx = 0;

    for my $conn (@$conns) {
        my $got = exchange(
            host => $Test::Nginx::Util::ServerAddr,
            port => $Test::Nginx::Util::ServerPortForClient,
            packets => $conn->{packets},
            timeout => seconds(val($block, 'timeout'),
                               $Test::Nginx::Util::Timeout),
            shutdown => val($block, 'shutdown'),
        );

        if ($got->{timed_out} && !$abort) {
            broken("$name - client socket timed out");
        }

        if (defined $got->{error} && !$abort && !$ignore) {
            builder()->diag("$name - $got->{error}");
        }

        my $rest = $got->{data};

        for my $method (@{$conn->{methods}}) {
            my $res;

            if (defined $block->http09) {
                $res = { status => 200, headers => [], header_text => '',
                         body => $rest, problems => [], trailers => '' };
                $rest = '';

            } else {
                ($res, $rest) = parse_response($rest, $method);
            }

            if (!$ignore) {
                check_response($block, $name, $res, $idx, $many, $repeat,
                               $abort);
            }

            wait_for_logs($block, $name);
            check_logs($block, $name, $idx, $many, $repeat);
            $idx++;
        }

        if ($rest ne '' && !$ignore && !$abort) {
            builder()->diag("$name - extra bytes after the response: "
                            . visible($rest));
        }
    }
}


# Responses.

sub check_response {
    my ($block, $name, $res, $idx, $many, $repeat, $abort) = @_;

    my $tag = $many ? "$name - req $idx" : $name;

    if ($res && !$abort) {
        broken("$tag - $_") for @{$res->{problems}};

        builder()->diag("$tag - truncated response")
            if $res->{truncated} && !@{$res->{problems}};
    }

    check_status($block, $tag, $res, $idx, $many);
    check_header_text($block, $tag, $res, $idx, $many);
    check_headers($block, $tag, $res, $idx, $many);
    check_body($block, $tag, $res, $idx, $many, $repeat);
}


sub check_status {
    my ($block, $name, $res, $idx, $many) = @_;

    my $status = $res ? $res->{status} : '';

    if (defined $block->error_code_like) {
        my $want = indexed($name, val($block, 'error_code_like'), $idx, $many,
                           'error_code_like');
        is_like($status, $want, "$name - status code ok");
        return;
    }

    my $want = indexed($name, val($block, 'error_code'), $idx, $many,
                       'error_code');

    $want = 200 unless defined $want;
    $want =~ s/^\s+|\s+$//g;

    is_str($status, "$want", "$name - status code ok");
}


sub check_header_text {
    my ($block, $name, $res, $idx, $many) = @_;

    for my $not (0, 1) {
        my $section = 'raw_response_headers_' . ($not ? 'unlike' : 'like');
        my $want = indexed($name, val($block, $section), $idx, $many,
                           $section);
        next unless defined $want;

        my $text = '';

        if ($res) {
            $text = "HTTP/$res->{version} $res->{status} $res->{reason}\r\n"
                    . $res->{header_text};
        }

        $want = expand_expected($want);
        $want =~ s/\s+\z// unless ref $want;
        is_like($text, $want, "$name - $section ok", $not);
    }
}


sub check_headers {
    my ($block, $name, $res, $idx, $many) = @_;

    my $like = !defined $block->response_headers;
    my $section = $like ? 'response_headers_like' : 'response_headers';
    my $want = indexed($name, val($block, $section), $idx, $many, $section);

    return unless defined $want;

    for my $line (grep { /\S/ } split /\r?\n/, expand_expected($want)) {
        if ($line =~ /^\s*!\s*(\S+?)\s*:?\s*$/) {
            my $value = $res ? join ', ', header_values($res, $1) : '';
            is_str($value, '', "$name - header $1 not present");
            next;
        }

        bail_out("$name - bad $section line: $line")
            unless $line =~ /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/;

        my ($key, $expected) = ($1, $2);
        my $value = $res ? join ', ', header_values($res, $key) : '';

        if ($like) {
            is_like($value, qr/^$expected$/, "$name - header $key like ok");
        } else {
            is_str($value, $expected, "$name - header $key ok");
        }
    }
}


sub filter_body {
    my ($body, $filters) = @_;

    return $body unless defined $filters;

    my @list = ref $filters eq 'CODE' ? ($filters)
             : ref $filters eq 'ARRAY' ? @$filters
             : split ' ', $filters;

    for my $filter (@list) {
        if (ref $filter eq 'CODE') {
            $body = $filter->($body);

        } elsif ($filter eq 'uc') {
            $body = uc $body;

        } elsif ($filter eq 'lc') {
            $body = lc $body;

        } elsif ($filter eq 'length') {
            $body = length $body;

        } elsif ($filter eq 'md5_hex') {
            require Digest::MD5;
            $body = Digest::MD5::md5_hex($body);

        } elsif ($filter eq 'sha1_hex') {
            require Digest::SHA;
            $body = Digest::SHA::sha1_hex($body);

        } else {
            bail_out("unknown response_body_filters: $filter");
        }
    }

    return $body;
}


sub canonical_json {
    my ($text) = @_;

    require JSON::PP;
    my $json = JSON::PP->new->utf8->canonical->allow_nonref;
    my $data = eval { $json->decode($text) };

    return defined $data || $text =~ /^\s*null\s*$/
           ? $json->encode($data) . "\n" : $text;
}


sub check_body {
    my ($block, $name, $res, $idx, $many, $repeat) = @_;

    my $body = $res ? $res->{body} : '';
    my $sort = val($block, 'response_body_json_sort');

    $body = filter_body($body, val($block, 'response_body_filters'));
    $body = canonical_json($body) if defined $sort;

    $_->($block, $body, $idx, $repeat, 0) for @body_checks;

    my $want = indexed($name, val($block, 'response_body'), $idx, $many,
                       'response_body');

    if (!defined $want && defined $sort) {
        $want = indexed($name, $sort, $idx, $many, 'response_body_json_sort');
        $want = undef if defined $want && $want eq '';
        $want = canonical_json(expand_expected($want)) if defined $want;
    }

    if (defined $want) {
        is_str($body, ref $want ? $want : expand_expected("$want"),
               "$name - response_body - response is expected");
        return;
    }

    for my $not (0, 1) {
        my $section = 'response_body_' . ($not ? 'unlike' : 'like');

        $want = indexed($name, val($block, $section), $idx, $many, $section);
        next unless defined $want;

        $want = expand_expected($want);
        $want =~ s/\n\z// unless ref $want;
        is_like($body, $want, "$name - $section - response is "
                              . ($not ? 'not expected' : 'expected'), $not);
    }
}


# Logs.

sub patterns {
    my ($value) = @_;

    return () unless defined $value;
    return @$value if ref $value eq 'ARRAY';
    return ($value) if ref $value;
    return map { expand_env($_) } grep { /\S/ } split /\n/, $value;
}


sub matches {
    my ($text, $pattern) = @_;

    return ref $pattern eq 'Regexp' ? $text =~ $pattern
                                    : index($text, $pattern) >= 0;
}


sub error_log_path {
    my ($block) = @_;

    my $path = val($block, 'error_log_file');
    return $Test::Nginx::Util::ErrLogFile unless defined $path;

    $path = expand_env($path);
    $path =~ s/\s+\z//;
    return $path =~ m{^/} ? $path : "$Test::Nginx::Util::ServRoot/$path";
}


sub error_text {
    my ($block, $from) = @_;

    my $text = slurp(error_log_path($block), $from);

    if (!defined $Test::Nginx::Util::NginxVersion
        || $Test::Nginx::Util::NginxVersion < 1.019005)
    {
        $text .= Test::Nginx::Util::stderr_text();
    }

    return $text;
}


sub err_from {
    return $Test::Nginx::Util::CheckAccumErrLog ? 0 : $err_pos;
}


# Gives late lines some time; patterns that must not appear get the sleep.

sub wait_for_logs {
    my ($block, $name) = @_;

    my @want = patterns(val($block, 'error_log'));
    my @access = patterns(val($block, 'access_log'));
    my $wait = seconds(val($block, 'wait'), 0);

    if (@want || @access || defined $block->no_error_log
        || defined $block->no_access_log || defined $block->grep_error_log)
    {
        sleep $Test::Nginx::Util::Sleep + $wait;
    } elsif ($wait) {
        sleep $wait;
    }

    my $end = time + 1;

    while (time < $end && (@want || @access)) {
        my $text = error_text($block, err_from());
        @want = grep { !matches($text, $_) } @want;

        $text = slurp($Test::Nginx::Util::AccLogFile, $acc_pos);
        @access = grep { !matches($text, $_) } @access;

        sleep 0.02 if @want || @access;
    }
}


sub check_patterns {
    my ($name, $what, $text, $value, $not) = @_;

    for my $pattern (patterns($value)) {
        my $hit = matches($text, $pattern);
        my $label = "pattern \"$pattern\" "
                    . ($not ? 'should not match any line in ' : 'matches '
                       . 'a line in ') . $what;

        next if ok($not ? !$hit : $hit, "$name - $label");

        if ($not) {
            my ($line) = grep { matches($_, $pattern) } split /\n/, $text;
            builder()->diag("    line: " . (defined $line ? $line : ''));
        }
    }
}


sub check_logs {
    my ($block, $name, $idx, $many, $repeat) = @_;

    $name .= " (req $repeat)" if $repeat;

    my $text = error_text($block, err_from());

    if (defined(my $re = val($block, 'grep_error_log'))) {
        $re =~ s/\s+\z// unless ref $re;
        my $found = '';
        $found .= "$&\n" while $text =~ /$re/mg;

        my $want = val($block, 'grep_error_log_out');
        $want = $want->[$many ? $idx : $repeat] if ref $want eq 'ARRAY';
        $want = '' unless defined $want;
        is_str($found, ref $want ? $want : expand_expected($want),
               "$name - grep_error_log_out");
    }

    check_patterns($name, 'error.log', $text, val($block, 'error_log'), 0);
    check_patterns($name, 'error.log', $text, val($block, 'no_error_log'), 1);

    if (defined $block->access_log || defined $block->no_access_log) {
        my $access = slurp($Test::Nginx::Util::AccLogFile, $acc_pos);
        check_patterns($name, 'access.log', $access,
                       val($block, 'access_log'), 0);
        check_patterns($name, 'access.log', $access,
                       val($block, 'no_access_log'), 1);
    }
}


# The project's own rules: they make a block fail, they never count when all
# is well.

sub check_health {
    my ($block, $name, $from) = @_;

    my @allowed = map { patterns(val($block, $_)) }
                  qw(error_log shutdown_error_log grep_error_log);
    my %seen;
    my $text = slurp(error_log_path($block), $from);

    $text .= slurp($Test::Nginx::Util::ErrLogFile, $from)
        if defined $block->error_log_file;

    for my $line (split /\n/, $text) {
        my $serious = $line =~ /\[(?:alert|emerg)\]/
                      || $line =~ /open socket .* left in connection/
                      || $line =~ /Assertion .* failed/;
        my $warned = $line =~ /\[crit\]/;

        next unless $serious || $warned;
        next if grep { matches($line, $_) } @allowed;
        next if $line =~ /\[emerg\]/ && (defined $block->must_die
                                         || defined $block->reload_fails);

        # The same line from different connections counts once.
        (my $key = $line) =~ s/^.*?(?=\[(?:alert|emerg|crit)\])//;
        $key =~ s/\d+/N/g;
        next if $seen{$key}++;

        if ($warned && !$serious) {
            builder()->diag("$name - $line");
            next;
        }

        broken("$name - unexpected line in error.log", $line);
    }

    broken("$name - sanitizer report", $_)
        for Test::Nginx::Util::sanitizer_reports();
}


# Blocks.

# What the configuration of a block is made of; a block without a config
# section takes that of the block before it.

sub block_conf {
    my ($block, $name) = @_;

    if (!defined $block->config) {
        return $last if defined $last;
        bail_out("$name - no config section, and no block before it");
    }

    my %s = map { $_ => expand_env(val($block, $_)) }
            qw(config http_config main_config post_main_config server_name
               log_level);

    for (qw(server_name log_level)) {
        $s{$_} =~ s/\s+\z// if defined $s{$_};
    }

    my $text = Test::Nginx::Util::make_conf(%s);

    if (defined $block->error_log_file) {
        my $path = error_log_path($block);
        $text =~ s/^error_log \S+/error_log $path/m;
    }

    return $text;
}


sub check_must_die {
    my ($block, $name, $status) = @_;

    my $want = val($block, 'must_die');
    my $label = "$name - nginx died as expected";

    if (defined $want && $want =~ /^\s*(\d+)\s*$/) {
        is_str($status >> 8, $1, $label);
    } else {
        ok($status != 0 && $status != -1, $label);
    }

    $err_pos = $acc_pos = 0;
    wait_for_logs($block, $name);
    check_logs($block, $name, 0, 0, 0);
}


sub start_block {
    my ($block, $name, $conf) = @_;
    my $status;

    Test::Nginx::Util::start_nginx($conf);

    my $up = Test::Nginx::Util::wait_started($status);

    if (defined $block->must_die) {
        return check_must_die($block, $name, $status) if !$up;

        broken("$name - nginx should have died");
        return;
    }

    return 1 if $up;

    broken("$name - nginx did not start (status $status)",
           Test::Nginx::Util::stderr_text()
           || error_text($block, 0)) unless defined $block->suppress_stderr;
    return 0;
}


sub write_files {
    my ($block) = @_;
    my $files = val($block, 'user_files');

    Test::Nginx::Util::write_user_files($files) if defined $files;
}


sub eval_code {
    my ($block, $name, $section) = @_;
    my $code = val($block, $section);

    return if !defined $code || $code eq '';
    eval "package main;\n$code";
    bail_out("$name - $section: $@") if $@;
}


# Reuses the running nginx where the settings allow that.  Returns
# (ready to be asked, offset in error.log where this block starts).

sub prepare {
    my ($block, $name, $conf) = @_;

    my $from = 0;

    if ($Test::Nginx::Util::NoNginxManager) {
        return (1, -s error_log_path($block) || 0);
    }

    my $dies = defined $block->must_die;
    my $same = defined $running_conf && $running_conf eq $conf;

    if ($Test::Nginx::Util::Pid && !$dies) {
        $from = -s $Test::Nginx::Util::ErrLogFile || 0;

        if ($same && !defined $block->reload_fails) {
            write_files($block);
            return (1, $from);
        }

        if ($Test::Nginx::Util::UseHup) {
            write_files($block);
            my $good = Test::Nginx::Util::reload_nginx($conf);

            $running_conf = $good ? $conf : undef;
            broken("$name - reload failed")
                if !$good && !defined $block->reload_fails;
            broken("$name - reload should have failed")
                if $good && defined $block->reload_fails;
            return (1, $from);
        }
    }

    my $problem = Test::Nginx::Util::stop_nginx();
    broken("$name - before it: $problem") if defined $problem;

    Test::Nginx::Util::make_root();
    eval_code($block, $name, 'post_setup_server_root');
    write_files($block);

    $running_conf = $dies ? undef : $conf;
    $from = -s $Test::Nginx::Util::ErrLogFile || 0;

    return (start_block($block, $name, $conf) && !$dies, $from);
}


sub run_block {
    my ($block) = @_;

    $_->($block) for @preprocessors;

    my $name = "$0 " . $block->name;
    my ($skips, $why) = skip_reason($block, $name);

    if ($skips) {
        my $n = $skips * $Test::Nginx::Util::RepeatEach;
        builder()->skip($why) for 1 .. $n;
        return;
    }

    my $todo = todo_reason($block, $name);
    builder()->todo_start($todo) if defined $todo;

    Test::Nginx::Util::reset_rand_ports();

    my $conf = block_conf($block, $name);
    $last = $conf unless defined $block->must_die;

    my ($ready, $from) = prepare($block, $name, $conf);

    if ($ready) {
        eval_code($block, $name, 'init');
        $err_pos = $from;
        $acc_pos = $from ? -s $Test::Nginx::Util::AccLogFile || 0 : 0;

        for my $repeat (0 .. $Test::Nginx::Util::RepeatEach - 1) {
            if ($repeat) {
                $err_pos = -s error_log_path($block) || 0;
                $acc_pos = -s $Test::Nginx::Util::AccLogFile || 0;
            }

            run_cycle($block, $name, $repeat);
        }
    }

    end_block($block, $name, $from);
    builder()->todo_end if defined $todo;
}


sub end_block {
    my ($block, $name, $from) = @_;

    $_->($block) for @test_cleanup;

    if ($Test::Nginx::Util::ForceRestart && !$Test::Nginx::Util::UseHup
        || defined $block->shutdown_error_log
        || defined $block->no_shutdown_error_log)
    {
        my $problem = Test::Nginx::Util::stop_nginx();

        broken("$name - $problem") if defined $problem;
        $running_conf = undef;

        my $text = error_text($block, $from);

        check_patterns($name, 'error.log', $text,
                       val($block, 'shutdown_error_log'), 0);
        check_patterns($name, 'error.log', $text,
                       val($block, 'no_shutdown_error_log'), 1);
    }

    check_health($block, $name, $from);
}


sub run_tests {
    my @blocks = Test::Base::blocks();

    if (!$Test::Nginx::Util::NoShuffle) {
        # A block without a configuration stays behind its predecessor.
        my @groups;

        for my $block (@blocks) {
            if (@groups && !defined $block->config) {
                push @{$groups[-1]}, $block;
            } else {
                push @groups, [$block];
            }
        }

        @blocks = map { @$_ } shuffle @groups;
    }

    Test::More::plan('no_plan') unless builder()->has_plan;

    run_block($_) for @blocks;
    finish();
}


sub finish {
    return if $finished++;

    $_->() for @cleanup;

    if ($Test::Nginx::Util::Pid) {
        my $problem = Test::Nginx::Util::stop_nginx();
        broken("$0 - $problem") if defined $problem;
        broken("$0 - sanitizer report", $_)
            for Test::Nginx::Util::sanitizer_reports();
    }

    Test::Nginx::Util::finish();
}


my $owner = $$;

for my $signal (qw(INT TERM HUP)) {
    $SIG{$signal} = sub { exit 130 };
}

END {
    if ($$ == $owner) {
        my $rc = $?;
        finish();
        $? = $rc;
    }
}


1;
