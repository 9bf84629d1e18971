# WebSocket and files over TLS: large messages, many receivers, a reader that
# pauses.  A bridge of openssl's client makes TLS of plain connections.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use IO::Socket::INET;
use POSIX ();

my $c = Conference->new(
    workers => 2, start => 0, confd_config => "scrypt_log_n 10\n",
    http_extra => "conf_files %DIR%/files;\nconf_ws_queue 8m;\n"
                  . "conf_ws_max_message 256k;\n",
    server => <<'END');
listen unix:%DIR%/tls.sock ssl;
ssl_certificate %DIR%/cert.pem;
ssl_certificate_key %DIR%/key.pem;
END
my $dir = $c->dir;

is(system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
          . " -keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null"), 0,
   'a certificate');
$c->start_confd->start_nginx;

# Every connection to the bridge's port is a TLS connection to nginx.

my $bridge = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64)
    or die $!;
my $pid = fork;

if (!$pid) {
    $SIG{$_} = 'DEFAULT' for qw(TERM INT);
    $SIG{CHLD} = 'IGNORE';

    # The script may end without a word.
    Conference::Process::die_with_parent();

    while (my $s = $bridge->accept) {
        next if fork;
        open STDIN, '<&', $s;
        open STDOUT, '>&', $s;
        open STDERR, '>>', "$dir/bridge.log";
        { exec qw(openssl s_client -quiet -no_ign_eof -nocommands),
               qw(-verify_quiet -CAfile), "$dir/cert.pem",
               '-unix', "$dir/tls.sock"; }
        POSIX::_exit(127);
    }

    POSIX::_exit(0);
}

END {
    if ($pid) {
        my $rc = $?;
        kill 'TERM', $pid;
        waitpid $pid, 0;
        $? = $rc;
    }
}

my $tls_port = $bridge->sockport;
close $bridge;

sub over_tls {
    my ($sub) = @_;

    local $c->{port} = $tls_port;
    return $sub->();
}

# REST

my %token;

for my $name (qw(alice bob)) {
    my $in = { username => $name, password => 'password1' };

    over_tls(sub { $c->http(POST => '/register', json => $in) });
    $token{$name} = over_tls(sub { $c->http(POST => '/login', json => $in) })
        ->{json}{data}{token};
    ok($token{$name}, "$name logs in over TLS");
}

$c->http(POST => '/api/room/create', token => $token{alice},
         json => { name => 'r' });
$c->http(POST => '/api/room/add_user', token => $token{alice},
         json => { room_id => 1, user_id => 2 });

# Sockets: the same room over TLS and without

my @secure = map {
    over_tls(sub { $c->ws('/ws/join', token => $token{$_ % 2 ? 'alice'
                                                             : 'bob'}) })
} 1 .. 12;
my $plain = $c->ws('/ws/join', token => $token{bob});

is(scalar(grep { $_->ok } @secure, $plain), 13, 'thirteen sockets');

sub content {
    my ($ws) = @_;
    my $got = $ws->recv_until(sub { $_ && $_->{code} == 0 }, 30);
    return $got ? $got->{data}{content} : undef;
}

# Sizes around those of TLS records and of nginx's buffers

for my $size (1, 100, 16_000, 16_384, 16_385, 65_536, 200_000) {
    my $text = join '', map { chr 97 + ($_ * 31 + $size) % 26 } 1 .. $size;
    my $from = $secure[$size % 12];

    $from->send_json({ room_id => 1, type => 'text', content => $text });
    my @bad = grep { my $got = content($_); !defined $got || $got ne $text }
              @secure, $plain;
    is(scalar @bad, 0, "all get $size bytes");
}

# Many at once, from both sides, none of them read until all are sent

{
    my $n = 40;

    for my $i (1 .. $n) {
        my $ws = $i % 2 ? $plain : $secure[$i % 12];
        $ws->send_json({ room_id => 1, type => 'text',
                         content => "$i:" . 'x' x 50_000 });
    }

    my ($order, $bad) = (undef, 0);

    for my $ws (@secure, $plain) {
        my @got = map { my $t = content($ws);
                        defined $t && $t =~ /^(\d+):x{50000}$/ ? $1 : '-' }
                  1 .. $n;

        $order = "@got" unless defined $order;
        $bad++ if "@got" ne $order;
    }

    is($bad, 0, 'the same order everywhere');
    is(join(' ', sort { $a <=> $b } split ' ', $order),
       join(' ', 1 .. $n), 'each of them once');
}

# Pings, closes, and leaving without a word

$secure[0]->ping('hello');
is($secure[0]->recv_until(sub { $_[1]{opcode} == 10 })->{payload}, 'hello',
   'pong');
$secure[0]->close(1000);
is($secure[0]->closed, 1000, 'close');
$secure[1]->abort;

ok($c->reload, 'reload');
$secure[2]->send_json({ room_id => 1, type => 'text', content => 'still' });
is(content($_), 'still', 'sockets of the old workers go on')
    for $secure[3], $plain;

my $new = over_tls(sub { $c->ws('/ws/join', token => $token{alice}) });
$new->send_json({ room_id => 1, type => 'text', content => 'new' });
is(content($_), 'new', 'and hear those of the new') for $secure[3], $new;

# A file, both ways

{
    my $bytes = join '', map { pack 'N', $_ * 2654435761 % 2 ** 32 }
                1 .. 500_000;
    my $reply = over_tls(sub {
        $c->http(POST => '/api/message/upload', token => $token{alice},
                 headers => { 'Content-Type' =>
                              'multipart/form-data; boundary=b' },
                 body => "--b\r\nContent-Disposition: form-data; "
                         . "name=\"room_id\"\r\n\r\n1\r\n--b\r\n"
                         . "Content-Disposition: form-data; name=\"file\"; "
                         . "filename=\"x\"\r\n\r\n$bytes\r\n--b--\r\n");
    });
    my $url = $reply->{json}{data}{file_url};

    ok(defined $url, 'an upload of two megabytes');
    my $got = over_tls(sub { $c->http(GET => $url, token => $token{bob}) });
    ok($got->{body} eq $bytes, 'comes back as it was');
}

$_->disconnect for @secure, $plain, $new;
ok(wait_for(sub { !$c->old_workers }, 20), 'old workers leave');
$c->done;
done_testing;
