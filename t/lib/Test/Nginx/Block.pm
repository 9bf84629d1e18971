package Test::Nginx::Block;

# What the sections of a block mean before anything runs: values, requests
# as bytes, skips.

use strict;
use warnings;

use Test::Nginx::Util qw(bail_out expand_env);

use Exporter 'import';

our @EXPORT_OK = qw(val indexed expand_expected seconds build_connections
                    skip_reason todo_reason);


# One value of a section, undef when the section is absent.

sub val {
    my ($block, $section) = @_;
    return scalar $block->$section;
}


sub indexed {
    my ($name, $value, $idx, $many, $what) = @_;

    return $value unless defined $value;

    if (ref $value eq 'ARRAY') {
        return $many ? $value->[$idx] : $value->[0];
    }

    bail_out("$name - You asked for many requests, the expected results for "
             . "$what should be arrays as well.") if $many;

    return $value;
}


sub expand_expected {
    my ($text) = @_;

    return $text if !defined $text || ref $text;
    $text = expand_env($text);
    $text =~ s/\$ServerPort\b/$Test::Nginx::Util::ServerPort/g;
    return $text;
}


sub seconds {
    my ($text, $default) = @_;

    return $default if !defined $text || $text eq '';
    return $1 / 1000 if $text =~ /^\s*([\d.]+)\s*ms\s*$/;
    return $1 if $text =~ /^\s*([\d.]+)\s*s?\s*$/;
    bail_out("bad time: $text");
}


# Requests.

sub header_lines {
    my ($more) = @_;

    return () unless defined $more;
    return grep { /\S/ && !/^\s*#/ } split /\r?\n/, $more;
}


# Text of a "request" section to packets on the wire: returns the list of
# [bytes, delay] and the method.

sub build_request {
    my ($name, $packets, $more, $connection) = @_;

    my @packets = map { ref $_ eq 'HASH' ? [$_->{value}, $_->{delay_before}]
                                         : [$_, undef] }
                  ref $packets eq 'ARRAY' ? @$packets : ($packets);
    my @ends;
    my $text = '';

    for my $packet (@packets) {
        $text .= expand_env($packet->[0]);
        push @ends, length $text;
    }

    # What is dropped in front moves the borders of the packets.
    $text =~ s/\A((?:\s*#[^\n]*(?:\n|\z))*\s*)//;
    my $dropped = length $1;
    $text =~ s/\s+\z//;

    my ($line, $body) = split /\r?\n/, $text, 2;
    my $cut = length($line || '') + ($text =~ /\r\n/ ? 2 : 1);

    bail_out("$name - empty request") unless defined $line && $line =~ /\S/;
    bail_out("$name - bad request line: $line")
        unless $line =~ /^\s*(\S+)(?:\s+(.*?))?\s*$/;

    my ($method, $rest) = ($1, defined $2 ? $2 : '');
    my ($uri, $version) = ($rest, 'HTTP/1.1');

    if ($rest =~ /^(.*?)\s*(HTTP\/\d+\.\d+)$/) {
        ($uri, $version) = ($1, $2);
    }

    $uri = '/' if $uri eq '';

    my @lines = header_lines($more);
    my %given = map { /^\s*([^\s:]+)\s*:/ ? (lc $1 => 1) : () } @lines;
    my $chunked = grep { /^\s*Transfer-Encoding\s*:\s*chunked/i } @lines;
    my $head = "$method $uri $version\r\n";

    $head .= "Host: $Test::Nginx::Util::ServerName\r\n" unless $given{host};
    $head .= "Connection: $connection\r\n" unless $given{connection};
    $head .= join '', map { "$_\r\n" } map { expand_env($_) } @lines;

    if (defined $body && $body ne '' && !$chunked
        && !$given{'content-length'})
    {
        $head .= 'Content-Length: ' . length($body) . "\r\n";
    }

    $head .= "\r\n";

    if ($version eq 'HTTP/0.9') {
        $head = "$method $uri\r\n";
    }

    my $wire = $head . (defined $body ? $body : '');
    my @out;
    my $from = 0;

    for my $i (0 .. $#packets) {
        my $end = $ends[$i] - $dropped;
        my $to = $end < $cut ? ($end < length $line ? $end : length $line)
                             : length($head) + $end - $cut;

        $to = length $wire if $i == $#packets || $to > length $wire;
        $to = $from if $to < $from;

        push @out, [substr($wire, $from, $to - $from), $packets[$i][1]];
        $from = $to;
    }

    return (\@out, $method);
}


# The connections of a cycle: [{ packets, methods }, ...].

sub build_connections {
    my ($block, $name) = @_;

    my $more = val($block, 'more_headers');

    if (defined(my $raw = val($block, 'raw_request'))) {
        my $delay = seconds(val($block, 'raw_request_middle_delay'), 0);
        my @items = ref $raw eq 'ARRAY' ? @$raw : ($raw);
        my $n = 0;

        my @packets = map {
            ref $_ eq 'HASH' ? [$_->{value}, $_->{delay_before}]
                             : [$_, $n++ ? $delay : 0]
        } @items;

        my ($method) = $packets[0][0] =~ /^\s*(\S+)/;
        return [{ packets => \@packets, methods => [$method] }];
    }

    if (defined(my $list = val($block, 'pipelined_requests'))) {
        bail_out("$name - pipelined_requests should be an array")
            unless ref $list eq 'ARRAY';

        my (@packets, @methods);

        for my $i (0 .. $#$list) {
            my $headers = ref $more eq 'ARRAY' ? $more->[$i] : $more;
            my ($bytes, $method) = build_request($name, $list->[$i], $headers,
                                     $i == $#$list ? 'close' : 'keep-alive');
            push @methods, $method;
            push @packets, @$bytes;
        }

        # One write, unless delays were asked for.
        if (!grep { $_->[1] } @packets) {
            @packets = ([join('', map { $_->[0] } @packets), 0]);
        }

        return [{ packets => \@packets, methods => \@methods }];
    }

    my $request = val($block, 'request');

    bail_out("$name - no request section") unless defined $request;

    my @list = ref $request eq 'ARRAY' ? @$request : ($request);
    my @out;

    for my $i (0 .. $#list) {
        my $headers = ref $more eq 'ARRAY' ? $more->[$i] : $more;
        my ($bytes, $method) = build_request($name, $list[$i], $headers,
                                             'close');
        push @out, { packets => $bytes, methods => [$method] };
    }

    return \@out;
}


# Skips.

sub number {
    my ($a, $b, $c) = @_;
    return sprintf '%d.%03d%03d', $a, $b, $c;
}

my $version_re = qr/(<=|>=|<|>|==|!=)\s*(\d+)\.(\d+)\.(\d+)/;

sub version_is {
    my ($have, $op, @v) = @_;

    my $want = number(@v);
    $have = 0 unless defined $have;

    return $op eq '<' ? $have < $want : $op eq '>' ? $have > $want
         : $op eq '<=' ? $have <= $want : $op eq '>=' ? $have >= $want
         : $op eq '==' ? $have == $want : $have != $want;
}


# (number of checks, reason) when the block is to be skipped.

sub skip_reason {
    my ($block, $name) = @_;

    my %have = (
        skip_nginx => $Test::Nginx::Util::NginxVersion,
        skip_nginx2 => $Test::Nginx::Util::NginxVersion,
        skip_openssl => $Test::Nginx::Util::OpensslVersion,
    );

    for my $section (qw(skip_nginx skip_nginx2 skip_openssl)) {
        my $text = val($block, $section);
        next unless defined $text;

        bail_out("$name - bad $section: $text") unless
            $text =~ /^\s*(\d+)\s*:\s*$version_re
                       (?:\s+(and|or)\s+$version_re)?\s*(?::\s*(.*?))?\s*$/xs;

        my ($n, $join, $why) = ($1, $6, $11);
        my $hit = version_is($have{$section}, $2, $3, $4, $5);

        if (defined $join) {
            my $second = version_is($have{$section}, $7, $8, $9, $10);
            $hit = $join eq 'and' ? $hit && $second : $hit || $second;
        }

        return ($n, defined $why ? $why : "nginx version") if $hit;
    }

    if (defined(my $text = val($block, 'skip_eval'))) {
        bail_out("$name - bad skip_eval: $text")
            unless $text =~ /^\s*(\d+)\s*:\s*(.*)$/s;

        my ($n, $code) = ($1, $2);
        my $hit = eval $code;
        bail_out("$name - skip_eval: $@") if $@;
        return ($n, 'skip_eval') if $hit;
    }

    return;
}


sub todo_reason {
    my ($block, $name) = @_;

    if (defined(my $text = val($block, 'todo'))) {
        return $text =~ /^\s*\d+\s*:\s*(.*)$/s ? $1 : $text || 'todo';
    }

    if (defined(my $text = val($block, 'todo_nginx'))) {
        bail_out("$name - bad todo_nginx: $text") unless
            $text =~ /^\s*\d+\s*:\s*$version_re\s*(?::\s*(.*?))?\s*$/s;

        return defined $5 ? $5 : 'nginx version'
            if version_is($Test::Nginx::Util::NginxVersion, $1, $2, $3, $4);
    }

    return;
}


1;
