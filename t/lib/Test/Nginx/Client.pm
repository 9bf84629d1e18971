package Test::Nginx::Client;

# A byte-level HTTP client: sends packets with delays, reads until the peer
# closes or falls silent, and takes responses apart strictly.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR EINPROGRESS);
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

use Exporter 'import';

our @EXPORT_OK = qw(exchange parse_response parse_header header_values
                    decode_chunked);


# exchange(host =>, port =>, packets => [[bytes, delay_before], ...],
#          timeout =>, shutdown => how, done => sub { enough($bytes) })
# returns { data, timed_out, error }.

sub exchange {
    my %o = @_;

    my $res = { data => '', timed_out => 0, error => undef };
    my $timeout = $o{timeout} || 3;

    local $SIG{PIPE} = 'IGNORE';

    my $sock = $o{socket} || IO::Socket::INET->new(
        PeerAddr => $o{host} || '127.0.0.1',
        PeerPort => $o{port},
        Proto => 'tcp',
        Timeout => $timeout,
    );

    if (!$sock) {
        $res->{error} = "cannot connect: $!";
        return $res;
    }

    binmode $sock;
    setsockopt($sock, IPPROTO_TCP, TCP_NODELAY, pack 'i', 1);
    $sock->blocking(0);

    my @queue = map { ref $_ ? [@$_] : [$_, 0] } @{$o{packets}};
    my $fd = fileno $sock;
    my $out = '';
    my $now = time;
    my $next = @queue ? $now + ($queue[0][1] || 0) : undef;
    my $deadline = $now + $timeout;
    my $shut = $o{shutdown};

    while (1) {
        $now = time;

        while ($out eq '' && @queue && $now >= $next) {
            $out = (shift @queue)->[0];
            $next = $now + ($queue[0][1] || 0) if @queue;
        }

        if ($out eq '' && !@queue && defined $shut) {
            shutdown $sock, $shut;
            undef $shut;
        }

        my $wait = $deadline - $now;

        if ($out eq '' && @queue) {
            # A planned pause is no silence of the server.
            $wait = $next - $now;
            $deadline = $next + $timeout;
        }

        if ($wait <= 0 && !($out eq '' && @queue)) {
            $res->{timed_out} = 1;
            last;
        }

        my ($rbits, $wbits) = ('', '');
        vec($rbits, $fd, 1) = 1;
        vec($wbits, $fd, 1) = 1 if $out ne '';

        my $n = select $rbits, $wbits, undef, $wait > 0 ? $wait : 0;

        next if !$n || $n < 0;

        if ($out ne '' && vec($wbits, $fd, 1)) {
            my $rc = syswrite $sock, $out;

            if (defined $rc) {
                substr($out, 0, $rc) = '';
                $deadline = time + $timeout;

            } elsif (!$!{EAGAIN} && !$!{EINTR}) {
                # The server may have answered and closed: keep reading.
                $res->{write_error} = "$!";
                $out = '';
                @queue = ();
            }
        }

        if (vec($rbits, $fd, 1)) {
            my $rc = sysread $sock, my $buf, 65536;

            if (!defined $rc) {
                next if $!{EAGAIN} || $!{EINTR};
                $res->{error} = "read: $!";
                last;
            }

            last if $rc == 0;

            $res->{data} .= $buf;
            $deadline = time + $timeout;

            last if $o{done} && !@queue && $out eq ''
                    && $o{done}->($res->{data});
        }
    }

    close $sock unless $o{socket};

    return $res;
}


# Header text without the status line, to a list of [name, value].

sub parse_header {
    my ($text, $problems) = @_;
    my @list;

    for my $line (split /\r?\n/, $text) {
        if ($line =~ /^[ \t]+(.*)/ && @list) {
            $list[-1][1] .= " $1";

        } elsif ($line =~ /^([^\s:]+)[ \t]*:[ \t]*(.*?)[ \t]*$/) {
            push @list, [$1, $2];

        } elsif ($problems) {
            push @$problems, "bad header line: $line";
        }
    }

    return \@list;
}


sub header_values {
    my ($res, $name) = @_;
    return map { $_->[1] } grep { lc $_->[0] eq lc $name } @{$res->{headers}};
}


# Returns (body, trailer text, rest) or (body so far, undef, '', problem).

sub decode_chunked {
    my ($raw) = @_;
    my $body = '';

    while (1) {
        if ($raw !~ s/\A([0-9A-Fa-f]{1,16})((?:[ \t]*;[^\r\n]*)?)\r\n//) {
            return ($body, undef, '', 'bad chunk size at "'
                                      . substr($raw, 0, 20) . '"');
        }

        my $size = hex $1;

        if ($size == 0) {
            if ($raw =~ s/\A\r\n//) {
                return ($body, '', $raw);
            }

            if ($raw =~ s/\A((?:[^\r\n]+\r\n)+)\r\n//) {
                return ($body, $1, $raw);
            }

            return ($body, undef, '', 'no end of the last chunk');
        }

        if (length $raw < $size + 2) {
            return ($body . substr($raw, 0, $size), undef, '',
                    'truncated chunk');
        }

        $body .= substr $raw, 0, $size;

        if (substr($raw, $size, 2) ne "\r\n") {
            return ($body, undef, '', 'no CRLF after a chunk');
        }

        $raw = substr $raw, $size + 2;
    }
}


# parse_response($bytes, $method) returns (response, rest of the bytes).
# response: { version, status, reason, header_text, headers, body, trailers,
#             truncated, problems }, or undef when there is no status line.

sub parse_response {
    my ($raw, $method) = @_;
    my @problems;

    $raw = '' unless defined $raw;
    $method = '' unless defined $method;

    # Interim responses.
    $raw =~ s/\AHTTP\/1\.\d 10[02]\b.*?\r\n\r\n//s;

    if ($raw !~ s/\AHTTP\/(\d\.\d) (\d\d\d)(?: ([^\r\n]*))?\r?\n//) {
        return (undef, $raw);
    }

    my $res = {
        version => $1, status => $2, reason => defined $3 ? $3 : '',
        header_text => '', headers => [], body => '', trailers => '',
        truncated => 0, problems => \@problems,
    };

    if ($raw =~ s/\A(.*?\r?\n)?\r?\n//s) {
        $res->{header_text} = defined $1 ? $1 : '';

    } else {
        $res->{header_text} = $raw;
        $res->{truncated} = 1;
        $raw = '';
    }

    $res->{headers} = parse_header($res->{header_text}, \@problems);

    if ($res->{status} == 101) {
        $res->{body} = $raw;
        return ($res, '');
    }

    if ($method eq 'HEAD' || $res->{status} == 304 || $res->{status} == 204) {
        return ($res, $raw);
    }

    my ($te) = header_values($res, 'Transfer-Encoding');

    if (defined $te && lc $te eq 'chunked') {
        my ($body, $trailers, $rest, $problem) = decode_chunked($raw);

        $res->{body} = $body;

        if (defined $problem) {
            $res->{truncated} = 1;
            push @problems, "chunked body: $problem";

        } else {
            $res->{trailers} = $trailers;
        }

        return ($res, $rest);
    }

    my @cl = header_values($res, 'Content-Length');

    if (@cl) {
        push @problems, 'more than one Content-Length' if @cl > 1;

        if ($cl[0] !~ /^\d+$/) {
            push @problems, "bad Content-Length: $cl[0]";
            $res->{body} = $raw;
            return ($res, '');
        }

        if (length $raw < $cl[0]) {
            $res->{truncated} = 1;
            $res->{body} = $raw;
            return ($res, '');
        }

        $res->{body} = substr $raw, 0, $cl[0];
        return ($res, substr $raw, $cl[0]);
    }

    $res->{body} = $raw;
    return ($res, '');
}


1;
