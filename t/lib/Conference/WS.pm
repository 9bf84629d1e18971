package Conference::WS;

# A WebSocket client for tests: polite by default, and able to send anything.

use strict;
use warnings;

use Digest::SHA qw(sha1);
use Errno qw(EAGAIN EINTR);
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Socket qw(IPPROTO_TCP TCP_NODELAY SOL_SOCKET SO_LINGER);
use Test::Nginx::Client qw(parse_response);
use Time::HiRes qw(time);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';


# host, port, path, headers => {...}, protocol, timeout (of recv),
# auto_pong => 0: pings are returned by recv and not answered,
# auto_close => 0: a close frame is not answered,
# raw_request => bytes instead of the handshake.

sub new {
    my ($class, %o) = @_;

    my $self = bless {
        in => '', skipped => [], timeout => 5, auto_pong => 1,
        auto_close => 1, status => 0, headers => {}, body => '', pings => 0,
        host => '127.0.0.1', path => '/', %o,
    }, $class;

    my %extra = %{delete $self->{headers}};

    $self->{headers} = {};
    $self->{sock} = IO::Socket::INET->new(
        PeerAddr => $self->{host}, PeerPort => $self->{port},
        Proto => 'tcp', Timeout => $self->{timeout},
    ) or die "cannot connect to $self->{host}:$self->{port}: $!";

    binmode $self->{sock};
    setsockopt($self->{sock}, IPPROTO_TCP, TCP_NODELAY, pack 'i', 1);
    $self->{sock}->blocking(0);

    $self->handshake(%extra);
    return $self;
}


sub handshake {
    my ($self, %extra) = @_;

    my $key = encode_base64(join('', map { chr int rand 256 } 1 .. 16), '');
    my %h = (
        'Host' => "localhost:$self->{port}", 'Upgrade' => 'websocket',
        'Connection' => 'Upgrade', 'Sec-WebSocket-Key' => $key,
        'Sec-WebSocket-Version' => 13,
    );

    $h{'Sec-WebSocket-Protocol'} = $self->{protocol}
        if defined $self->{protocol};

    # A header given as undef is left out.
    for my $name (keys %extra) {
        my ($same) = grep { lc $_ eq lc $name } keys %h;
        delete $h{$same} if defined $same;
        $h{$name} = $extra{$name} if defined $extra{$name};
    }

    my $request = $self->{raw_request};

    $request = "GET $self->{path} HTTP/1.1\r\n"
               . join('', map { "$_: $h{$_}\r\n" } sort keys %h) . "\r\n"
        unless defined $request;

    $self->send_raw($request);

    my $end = time + $self->{timeout};

    while ($self->{in} !~ /\r\n\r\n/) {
        last unless $self->fill($end);
    }

    my ($res, $rest) = parse_response($self->{in}, 'GET');
    return unless $res;

    if ($res->{status} != 101) {
        # The reason is in the body.
        my $sized = grep { $_->[0] =~ /^(?:content-length|transfer-enc)/i }
                    @{$res->{headers}};

        while (!$self->{eof} && ($res->{truncated} || !$sized)) {
            last unless $self->fill($end);
            ($res, $rest) = parse_response($self->{in}, 'GET');
        }
    }

    $self->{status} = $res->{status};
    $self->{reason} = $res->{reason};
    $self->{headers} = { map { lc $_->[0] => $_->[1] } @{$res->{headers}} };

    if ($res->{status} != 101) {
        $self->{body} = $res->{body};
        $self->{in} = '';
        return;
    }

    $self->{in} = $res->{body};

    my $used = defined $h{'Sec-WebSocket-Key'} ? $h{'Sec-WebSocket-Key'} : '';
    my $want = encode_base64(sha1($used . $guid), '');
    my $got = $self->{headers}{'sec-websocket-accept'};

    $self->{ok} = !defined $self->{raw_request}
                  && defined $got && $got eq $want || 0;
    $self->{ok} = 1 if defined $self->{raw_request};
}


sub ok { return $_[0]{ok} ? 1 : 0 }
sub status { return $_[0]{status} }
sub body { return $_[0]{body} }
sub header { return $_[0]{headers}{lc $_[1]} }
sub eof { return $_[0]{eof} ? 1 : 0 }
sub sock { return $_[0]{sock} }
sub skipped { return $_[0]{skipped} }

sub json {
    my ($self) = @_;
    return eval { $json->decode($self->{body}) };
}


# Sending.

sub send_raw {
    my ($self, $bytes) = @_;
    my $end = time + $self->{timeout};

    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes) {
        return 0 unless $self->{sock};

        my $n = syswrite $self->{sock}, $bytes;

        if (defined $n) {
            substr($bytes, 0, $n) = '';
            next;
        }

        return 0 unless $!{EAGAIN} || $!{EINTR};
        return 0 if time >= $end;

        my $w = '';
        vec($w, fileno $self->{sock}, 1) = 1;
        select undef, $w, undef, 0.1;
    }

    return 1;
}


# opcode, payload, fin (1), rsv (0..7), mask: 1 random, 0 none, or 4 bytes,
# length: what the header claims.

sub frame {
    my ($self, %o) = @_;

    my $payload = defined $o{payload} ? "$o{payload}" : '';
    my $fin = defined $o{fin} ? $o{fin} : 1;
    my $mask = defined $o{mask} ? $o{mask} : 1;
    my $length = defined $o{length} ? $o{length} : length $payload;
    my $opcode = defined $o{opcode} ? $o{opcode} : 1;
    my $bit = "$mask" eq '0' ? 0 : 0x80;

    my $head = chr(($fin ? 0x80 : 0) | ($o{rsv} || 0) << 4 | $opcode);

    $head .= $length < 126 ? chr($bit | $length)
           : $length < 65536 ? pack('Cn', $bit | 126, $length)
           : pack('CQ>', $bit | 127, $length);

    return $head . $payload unless $bit;

    $mask = pack 'N', int rand 2 ** 32 if length $mask != 4;

    my $pad = substr $mask x (length($payload) / 4 + 1), 0, length $payload;
    return $head . $mask . ($payload ^ $pad);
}


sub send_frame {
    my ($self, %o) = @_;
    return $self->send_raw($self->frame(%o));
}


sub send_text {
    my ($self, $text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return $self->send_frame(opcode => 1, payload => $text);
}


sub send_binary {
    my ($self, $bytes) = @_;
    return $self->send_frame(opcode => 2, payload => $bytes);
}


sub send_json {
    my ($self, $data) = @_;
    return $self->send_frame(opcode => 1, payload => $json->encode($data));
}


sub ping {
    my ($self, $payload) = @_;
    return $self->send_frame(opcode => 9, payload => $payload);
}


# Receiving.

# More bytes; 0 at the end of the stream or of the time.

sub fill {
    my ($self, $end) = @_;

    while (!$self->{eof}) {
        my $wait = $end - time;
        my $r = '';

        vec($r, fileno $self->{sock}, 1) = 1;

        my $n = select $r, undef, undef, $wait > 0 ? $wait : 0;

        next if $n < 0 && $!{EINTR};
        return 0 if $n <= 0;

        $n = sysread $self->{sock}, $self->{in}, 65536, length $self->{in};
        return 1 if $n;
        next if !defined $n && ($!{EAGAIN} || $!{EINTR});

        $self->{eof} = 1;
        $self->{reset} = 1 unless defined $n;
        $self->{closed} = 1006 unless defined $self->{closed};
    }

    return 0;
}


# One frame from the buffer, undef when it is not there yet.

sub take {
    my ($self) = @_;
    my $in = \$self->{in};

    return undef if length $$in < 2;

    my ($a, $b) = unpack 'CC', $$in;
    my ($at, $len) = (2, $b & 0x7f);

    if ($len == 126) {
        return undef if length $$in < 4;
        ($at, $len) = (4, unpack 'x2n', $$in);

    } elsif ($len == 127) {
        return undef if length $$in < 10;
        ($at, $len) = (10, unpack 'x2Q>', $$in);
    }

    die "the server masked a frame\n" if $b & 0x80;
    return undef if length $$in < $at + $len;

    my $payload = substr $$in, $at, $len;
    substr($$in, 0, $at + $len) = '';

    return { opcode => $a & 15, fin => $a >> 7, rsv => $a >> 4 & 7,
             payload => $payload };
}


# The next frame, or undef: nothing within the time, or the end (see eof).
# Pings are answered and not returned, unless auto_pong is off.

sub recv {
    my ($self, $timeout) = @_;
    my $end = time + (defined $timeout ? $timeout : $self->{timeout});

    return undef unless $self->{sock};

    while (1) {
        my $frame = $self->take;

        if (!$frame) {
            return undef unless $self->fill($end);
            next;
        }

        if ($frame->{opcode} == 9 && $self->{auto_pong}) {
            $self->{pings}++;
            $self->send_frame(opcode => 10, payload => $frame->{payload});
            next;
        }

        if ($frame->{opcode} == 8) {
            my $known = length $frame->{payload} >= 2;

            $self->{closed} = $known ? unpack 'n', $frame->{payload} : 1005;
            $self->{close_reason} = $known ? substr $frame->{payload}, 2 : '';

            if ($self->{auto_close} && !$self->{close_sent}++) {
                $self->send_frame(opcode => 8, payload => $known
                                  ? substr $frame->{payload}, 0, 2 : '');
            }
        }

        return $frame;
    }
}


# The next data frame, decoded; undef when there is none.

sub recv_json {
    my ($self, $timeout) = @_;
    my $end = time + (defined $timeout ? $timeout : $self->{timeout});

    while (my $frame = $self->recv($end - time)) {
        return undef if $frame->{opcode} == 8;
        next if $frame->{opcode} > 2;

        my $data = eval { $json->decode($frame->{payload}) };
        die "not JSON: $frame->{payload}\n" if $@;
        return $data;
    }

    return undef;
}


# The first message the sub accepts; it is called with the decoded JSON (or
# undef) and the frame.  What came before is added to skipped().

sub recv_until {
    my ($self, $sub, $timeout) = @_;
    my $end = time + (defined $timeout ? $timeout : $self->{timeout});

    while (my $frame = $self->recv($end - time)) {
        my $data = $frame->{opcode} == 1
                   ? eval { $json->decode($frame->{payload}) } : undef;

        local $_ = $data;
        if ($sub->($data, $frame)) {
            return defined $data ? $data : $frame;
        }

        push @{$self->{skipped}}, defined $data ? $data : $frame;
        return undef if $frame->{opcode} == 8;
    }

    return undef;
}


# All decoded messages that come until there is a silence.

sub drain {
    my ($self, $silence) = @_;
    my @list;

    while (defined(my $data = $self->recv_json(defined $silence ? $silence
                                                                : 0.2)))
    {
        push @list, $data;
    }

    return @list;
}


# The close code seen (1005: none given, 1006: no close frame), undef while
# open.  Waits for it when a time is given; frames before it are dropped.

sub closed {
    my ($self, $timeout) = @_;

    if (!defined $self->{closed} && defined $timeout) {
        my $end = time + $timeout;
        1 while !defined $self->{closed} && $self->recv($end - time);
    }

    return $self->{closed};
}


sub close_reason { return $_[0]{close_reason} }


# Sends a close frame, waits for the answer and closes the socket.

sub close {
    my ($self, $code, $reason) = @_;

    return undef unless $self->{sock};

    if ($self->{ok} && !$self->{eof} && !$self->{close_sent}++) {
        my $payload = defined $code
                      ? pack('n', $code) . (defined $reason ? $reason : '')
                      : '';
        $self->send_frame(opcode => 8, payload => $payload);
        $self->closed($self->{timeout});
    }

    return $self->disconnect;
}


# Closes the socket without a close frame.

sub disconnect {
    my ($self) = @_;
    my $sock = delete $self->{sock};

    CORE::close($sock) if $sock;
    $self->{eof} = 1;
    return $self->{closed};
}


# Resets the connection.

sub abort {
    my ($self) = @_;

    setsockopt($self->{sock}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0)
        if $self->{sock};
    $self->disconnect;
}


1;
