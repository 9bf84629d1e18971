# The helper for scripts with several clients, on a plain nginx, with
# stand-ins for confd and for a WebSocket server.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt wait_for);
use Digest::SHA qw(sha1_base64);
use File::Temp qw(tempdir);
use IO::Socket::INET;

my $dir = tempdir('helperXXXXXX', TMPDIR => 1, CLEANUP => 1);

open my $fh, '>', "$dir/confd" or die $!;
print $fh <<'END';
#!/usr/bin/perl
use strict;
use Getopt::Long;
use IO::Socket::UNIX;
my ($data, $path);
GetOptions('d=s' => \$data, 's=s' => \$path) && -d $data or exit 2;
unlink $path;
my $s = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die $!;
$SIG{TERM} = sub { exit($ENV{CONFD_TEST_EXIT} || 0) };
print STDERR "ready\n";
while (my $c = $s->accept) { close $c }
END
close $fh;
chmod 0755, "$dir/confd";
$ENV{CONFD_BINARY} = "$dir/confd";

# Echoes frames; "bye" is answered with a close frame of code 4001, "ping"
# with a ping first.
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
    or die $!;
my $port = $server->sockport;
my $pid = fork;

if (!$pid) {
    $SIG{CHLD} = 'IGNORE';
    alarm 60;

    while (my $c = $server->accept) {
        next if fork;

        my $in = '';
        sysread $c, $in, 4096, length $in until $in =~ /\r\n\r\n/;
        my ($key) = $in =~ /^Sec-WebSocket-Key: (\S+)/mi;
        my $accept = sha1_base64($key
                                 . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
        syswrite $c, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n"
                     . "Connection: Upgrade\r\n"
                     . "Sec-WebSocket-Accept: $accept=\r\n\r\n";

        while (sysread $c, my $buf, 70000) {
            my $len = ord(substr $buf, 1, 1) & 0x7f;
            my $at = $len < 126 ? 2 : 4;
            my $mask = substr $buf, $at, 4;
            my $text = substr $buf, $at + 4;
            $text = $text ^ substr $mask x (length($text) / 4 + 1), 0,
                    length $text;
            my $op = ord(substr $buf, 0, 1) & 15;

            if ($op == 8 || $text eq 'bye') {
                syswrite $c, "\x88\x04" . pack('n', 4001) . 'ok';
                last;
            }

            syswrite $c, "\x89\x01p" if $text eq 'ping';
            my $head = $len < 126 ? chr $len : substr $buf, 1, 3;
            substr($head, 0, 1) = chr(ord($head) & 0x7f);
            syswrite $c, substr($buf, 0, 1) . $head . $text;
        }

        exit;
    }

    exit;
}

close $server;

my $c = Conference->new(workers => 2, http => '', locations => <<END);
location /hello { return 200 '{"hello": "\$request_method"}'; }
location /echo { return 200 "\$http_x|\$http_authorization|\$content_type"; }
location /refused { return 403 "no\\n"; }
location /ws {
    proxy_pass http://127.0.0.1:$port;
    proxy_http_version 1.1;
    proxy_set_header Upgrade \$http_upgrade;
    proxy_set_header Connection Upgrade;
    proxy_buffering off;
}
END

# HTTP

my $reply = $c->http(GET => '/hello');
is($reply->{status}, 200, 'status');
is_deeply($reply->{json}, { hello => 'GET' }, 'json');
is($reply->{headers}{'content-type'}, 'text/plain', 'header');

$reply = $c->http(POST => '/echo', { json => [1], token => 'abc',
                                     headers => { 'X' => 'y' } });
is($reply->{body}, 'y|Bearer abc|application/json', 'request headers');

like($c->raw_http("GET /hello HTTP/1.0\r\n\r\n"), qr/^HTTP\/1.1 200.*GET/s,
     'raw bytes');
like(jwt({ sub => 1 }), qr/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}$/, 'a token');

# WebSocket

my $ws = $c->ws('/ws');
ok($ws->ok && $ws->status == 101, 'handshake');

$ws->send_text("gr\x{fc}n");
is($ws->recv->{payload}, "gr\xfcn", 'text');

$ws->send_json({ a => [1, 2] });
is_deeply($ws->recv_json, { a => [1, 2] }, 'json');

$ws->send_binary('x' x 300);
is_deeply($ws->recv, { opcode => 2, fin => 1, rsv => 0, payload => 'x' x 300 },
          'a longer binary frame');

$ws->send_text('ping');
is($ws->recv->{payload}, 'ping', 'pings are answered aside');
is($ws->{pings}, 1, 'and counted');
is($ws->recv->{opcode}, 10, 'the server got the pong');

$ws->send_frame(opcode => 1, fin => 0, rsv => 4, payload => 'part');
is_deeply($ws->recv, { opcode => 1, fin => 0, rsv => 4, payload => 'part' },
          'any bits');

$ws->send_json({ n => 1 });
select undef, undef, undef, 0.05;
$ws->send_json({ n => 2 });
ok($ws->recv_until(sub { $_[0]{n} == 2 }), 'recv_until');
is_deeply($ws->skipped, [{ n => 1 }], 'skipped messages are kept');

is($ws->recv(0.05), undef, 'nothing within the time');
is($ws->closed, undef, 'open');
$ws->send_text('bye');
is($ws->closed(5), 4001, 'close code');
is($ws->close_reason, 'ok', 'close reason');

my $second = $c->ws('/ws');
is($second->close(1000), 4001, 'close waits for the answer');

my $refused = $c->ws('/refused');
ok(!$refused->ok, 'a refused handshake');
is($refused->status, 403, 'its status');
is($refused->body, "no\n", 'its body');

# Processes

my @before = sort $c->workers;
is(@before, 2, 'two workers');
ok($c->reload, 'reload');
my @after = sort $c->workers;
ok(@after == 2 && "@after" ne "@before", 'other workers');

my $good = $c->{locations};
ok(!$c->reload(locations => "nonsense;"), 'a bad configuration is refused');
$c->{locations} = $good;
$c->{allow_alert} = qr/unknown directive/;

my $new = $c->kill_worker($after[0]);
ok($new && $new != $after[0], 'a killed worker is replaced');

my $old = $c->confd->pid;
$c->kill_confd;
ok(!$c->confd->alive, 'confd was killed');
$c->start_confd;
ok($c->confd->alive && $c->confd->pid != $old, 'and is back');

like($c->error_log, qr/exited on signal 9/, 'error_log');
my ($folder, @pids) = ($c->dir, $c->pid, $c->confd->pid, $c->workers);
$c->done;

ok(!-e $folder, 'the folder is removed');
ok(!(grep { kill 0, $_ } @pids), 'no process is left');

# A confd that fails is noticed.

{
    my $text = "use Test::More; use Conference; my \$c = Conference->new("
               . "http => q(), locations => q()); ok(1); \$c->done;"
               . "done_testing;";
    my $inc = join ' ', map { "'-I$_'" } grep { !ref } @INC;

    local $ENV{CONFD_TEST_EXIT} = 3;
    local $ENV{TMPDIR} = $dir;
    my $out = `$^X $inc -e '$text' 2>&1`;
    like($out, qr/^not ok 2 - processes stop cleanly.*exited with 3/ms,
         'the exit code of confd counts');

    # The same beside the block runner.
    open my $fh, '>', "$dir/suite.t" or die $!;
    print $fh "use Test::Nginx::Socket 'no_plan';\n"
              . "use Conference::Suite http => '';\nrun_tests();\n"
              . "__DATA__\n=== a\n--- config\nlocation /t {\n"
              . "return 200 \"\$TEST_NGINX_CONFD_SOCKET\"; }\n"
              . "--- request\nGET /t\n"
              . "--- response_body_like: confd.sock\$\n";
    close $fh;

    $out = `$^X $inc $dir/suite.t 2>&1`;
    like($out, qr/^ok 2 - .*^not ok 3 - .*exited with 3/ms,
         'as it does in block files');

    $ENV{CONFD_TEST_EXIT} = 0;
    $out = `$^X $inc $dir/suite.t 2>&1`;
    ok($? == 0 && $out =~ /^1\.\.2$/m, 'which pass otherwise') or diag($out);
}

kill 'KILL', $pid;
waitpid $pid, 0;

done_testing;
