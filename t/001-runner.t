# The block runner itself, on a plain nginx.

use Test::Nginx::Socket;
use File::Temp qw(tempdir);

no_long_string();
plan('no_plan');

my $bodies = 0;

add_response_body_check(sub { $bodies++ });

run_tests();

ok($bodies > 20, 'response body checks run');


# Files with wrong expectations: each block must fail, and only once where
# one thing is wrong.

my $dir = tempdir('runnerXXXXXX', TMPDIR => 1, CLEANUP => 1);

sub run_file {
    my ($name, $text, %env) = @_;

    $text =~ s/^\|//mg;
    open my $fh, '>', "$dir/$name.t" or die $!;
    print $fh "use Test::Nginx::Socket;\nno_shuffle();\n"
              . "plan('no_plan');\nrun_tests();\n__DATA__\n$text";
    close $fh;

    local %ENV = %ENV;
    delete @ENV{grep { /^TEST_NGINX_/ && !/_(?:BINARY|LOAD_MODULES)$/ }
                keys %ENV};
    $ENV{TEST_NGINX_SERVROOT} = "$dir/servroot";
    @ENV{keys %env} = values %env;

    my $inc = join ' ', map { "'-I$_'" } grep { !ref } @INC;
    my $out = `$^X $inc '$dir/$name.t' 2>&1`;
    return ($out, $? >> 8);
}

my %bad = (
    'status' => "--- error_code: 201\n",
    'body' => "--- response_body\nother\n",
    'body like' => "--- response_body_like: ^other\n",
    'body unlike' => "--- response_body_unlike: hel+o\n",
    'header' => "--- response_headers\nContent-Type: text/html\n",
    'no header' => "--- response_headers\n!Content-Type\n",
    'header like' => "--- response_headers_like\nContent-Type: te\n",
    'raw header' => "--- raw_response_headers_like: X-None:\n",
    'error log' => "--- error_log\nnobody says that\n",
    'no error log' => "--- no_error_log\nhttp request line\n",
    'access log' => "--- access_log\nPOST\n",
    'filtered body' => "--- response_body_filters: length\n"
                       . "--- response_body chomp\n7\n",
    'must die' => "--- must_die\n",
);

my @names = sort keys %bad;
my $text = join '', map {
    "=== $_\n--- config\nlocation /t { return 200 \"hello\\n\"; }\n"
    . ($_ eq 'must die' ? '' : "--- request\nGET /t\n") . $bad{$_}
} @names;

my ($out, $rc) = run_file('bad', $text);

for my $name (@names) {
    my @failed = $out =~ /^(not ok \d+ - \S+ \Q$name\E - .*)$/mg;
    ok(@failed == 1, "one check fails: $name")
        or diag("$name: @failed");
}

ok($rc == scalar @names, 'the exit code tells how many failed') or diag($out);
like($out, qr/^# logs are kept in \Q$dir\E\/servroot_\d+$/m,
     'the servroot of a failed run is kept');

my @trouble = (
    'alert' => <<'END', qr/unexpected line in error.log/,
|--- config
|location /t { error_log logs/error.log; return 200; }
|--- init
|open my $fh, '>>', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log";
|print $fh "2024/01/01 00:00:00 [alert] 1#0: planted\n";
|--- request
|GET /t
END
    'sanitizer' => <<'END', qr/sanitizer report/,
|--- config
|location /t { return 200; }
|--- init
|open my $fh, '>', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/asan.77";
|print $fh "==77==ERROR: AddressSanitizer: planted\n";
|--- request
|GET /t
END
    'runtime error' => <<'END', qr/sanitizer report/,
|--- config
|location /t { return 200; }
|--- init
|open my $fh, '>>', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log";
|print $fh "x.c:1:2: runtime error: planted\n";
|--- request
|GET /t
END
    'killed' => <<'END', qr/nginx died of signal 9/,
|--- config
|location /t { return 200; }
|--- init
|kill 9, $Test::Nginx::Util::Pid; select undef, undef, undef, 0.1;
|--- request
|GET /t
END
    'no start' => <<'END', qr/nginx did not start/,
|--- config
|location /t { no_such_directive; }
|--- request
|GET /t
END
    'silent' => <<'END', qr/client socket timed out/,
|--- config
|location /t { return 200 "ok\n"; }
|--- raw_request eval
|"GET /t HTTP/1.1\r\nHost: a\r\n\r\n"
|--- timeout: 150ms
|--- response_body
|ok
END
    'unset variable' => <<'END', qr/^Bail out!.*TEST_NGINX_NOT_SET/m,
|--- config
|location /t { return 200 "$TEST_NGINX_NOT_SET"; }
|--- request
|GET /t
END
    'broken eval' => <<'END', qr/^Bail out!.*eval failed/m,
|--- config
|location /t { return 200; }
|--- request eval
|"GET /t
END
    'array' => <<'END', qr/^Bail out!.*should be arrays as well/m,
|--- config
|location /t { return 200; }
|--- request eval
|["GET /t", "GET /t"]
|--- error_code: 200
END
);

while (my ($name, $block, $re) = splice @trouble, 0, 3) {
    ($out, $rc) = run_file('trouble', "|=== $name\n$block");
    ok($rc != 0 && $out =~ $re, "detected: $name") or diag($out);
}

($out, $rc) = run_file('good', <<'END');
|=== one
|--- config
|location /t { return 200 "ok\n"; }
|--- request
|GET /t
|--- response_body
|ok
END

ok($rc == 0 && $out =~ /^1\.\.2$/m, 'a good file passes') or diag($out);

my @left = grep { !/_(\d+)$/ || $out =~ /servroot_$1/ }
           glob "$dir/servroot_*";
ok(!@left, 'the servroot of a good run is removed');

__DATA__

=== TEST 1: request, body, default status
--- config
    location /t { return 200 "hello $request_method\n"; }
--- request
GET /t
--- response_body
hello GET
--- no_error_log
[error]



=== TEST 2: without a config section the last one is used
--- request
DELETE /t
--- response_body
hello DELETE



=== TEST 3: status, headers, absent headers
--- config
    location /t {
        add_header X-One 1 always;
        add_header X-Two "a b" always;
        add_header X-Two c always;
        return 418 "tea\n";
    }
--- request
GET /t
--- error_code: 418
--- response_headers
X-One: 1
X-Two: a b, c
!X-Three
Content-Length: 4
--- raw_response_headers_like: X-One: 1\r\n.*X-Two: a b\r\n
--- raw_response_headers_unlike: X-Four
--- response_body_like: ^te+a$
--- response_body_unlike: coffee



=== TEST 4: header patterns and status pattern
--- config
    location /t { add_header X-Time $msec; return 204; }
--- request
GET /t
--- error_code_like: ^20\d$
--- response_headers_like
X-Time: \d+\.\d+
--- response_body



=== TEST 5: body and more headers
--- config
    location /t {
        client_body_in_single_buffer on;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/echo;
    }
    location /echo { return 200 "$http_x_a|$content_length|$http_host\n"; }
--- more_headers
# a comment
X-A: b c
--- request
POST /t
two
lines
--- response_body
b c|9|127.0.0.1:$ServerPort



=== TEST 6: comments in front of the request line
--- config
    location /t { return 200 "$request\n"; }
--- request
  # first
  # second
GET /t?x=1 HTTP/1.0
--- response_body
GET /t?x=1 HTTP/1.0



=== TEST 7: pipelined requests
--- config
    location / { return 200 "$request_uri $http_connection\n"; }
--- pipelined_requests eval
["GET /a", "POST /b\nbody", "GET /c"]
--- response_body eval
["/a keep-alive\n", "/b keep-alive\n", "/c close\n"]
--- error_code eval
[200, 200, 200]



=== TEST 8: several requests on own connections
--- config
    location / { return 200 "$connection_requests$http_x$uri\n"; }
--- request eval
["GET /a", "GET /b"]
--- more_headers eval
["X: y", ""]
--- response_body eval
["1y/a\n", "1/b\n"]
--- response_headers eval
["Content-Type: text/plain", "!X"]
--- no_error_log
[error]



=== TEST 9: a request in packets
--- config
    location /t { return 200 "$uri\n"; }
--- request eval
[["GE", {value => "T /t\nabc", delay_before => 0.05}, "def"]]
--- response_body eval
["/t\n"]



=== TEST 10: raw request
--- config
    location /t { return 200 "$http_a\n"; }
--- raw_request eval
["GET /t HTTP/1.1\r\nHost: x\r\n", "A: 1\r\n", "Connection: close\r\n\r\n"]
--- raw_request_middle_delay: 0.03
--- response_body
1



=== TEST 11: abort and timeout
--- config
    location /t { return 200 "open\n"; }
--- raw_request eval
"GET /t HTTP/1.1\r\nHost: x\r\n\r\n"
--- timeout: 100ms
--- abort
--- response_body
open
--- response_headers
Connection: keep-alive



=== TEST 12: the client leaves, the response is ignored
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/slow; }
    location /slow { limit_rate 1; return 200 "0123456789"; }
--- request
GET /t
--- timeout: 100ms
--- abort
--- ignore_response
--- wait: 0.05
--- error_log eval
qr/client .*closed (?:prematurely )?connection/



=== TEST 13: user files
--- config
    location / { root html; }
--- user_files
>>> a.txt
alpha
>>> sub/b.txt 201912310203.04
beta
--- request eval
["GET /a.txt", "GET /sub/b.txt"]
--- response_body eval
["alpha\n", "beta\n"]
--- response_headers_like eval
["Content-Type: text/plain", 'Last-Modified: \w+, 3\d Dec 2019 .*']



=== TEST 14: user files as an array, index page
--- config
--- user_files eval
[["x.txt", "x"], ["y/z.txt", "z" x 3]]
--- request eval
["GET /x.txt", "GET /y/z.txt", "GET /"]
--- response_body_like eval
[qr/^x$/, qr/^zzz$/, "It works"]



=== TEST 15: nginx must die
--- config
    location /t { no_such_directive; }
--- must_die
--- error_log
unknown directive "no_such_directive"
--- no_error_log
[alert]



=== TEST 16: nginx must die with a code
--- main_config
    worker_priority 1000000x;
--- config
--- must_die: 1
--- error_log eval
qr/\[emerg\].*invalid number/



=== TEST 17: error log, access log, grep
--- http_config
    log_format mine "mine $request_uri $status";
--- config
    access_log logs/access.log mine;
    location /t { root $TEST_NGINX_SERVER_ROOT/none; }
--- request
GET /t/a
--- error_code: 404
--- error_log
open() "
(2: No such file
--- no_error_log
[alert]
[crit]
--- access_log
mine /t/a 404
--- no_access_log
mine /t/a 200
--- grep_error_log: open\(\) "\S+none/t/\w+" failed
--- grep_error_log_out
open() "$TEST_NGINX_SERVER_ROOT/none/t/a" failed



=== TEST 18: an alert the block asks for
--- config
    location /t { return 200; }
--- init
    open my $fh, '>>', "$ENV{TEST_NGINX_SERVER_ROOT}/logs/error.log";
    print $fh "2024/01/01 00:00:00 [alert] 1#0: planted\n";
--- request
GET /t
--- error_log
planted



=== TEST 19: chunked response
--- config
    location /t {
        sub_filter_types *;
        sub_filter a bb;
        sub_filter_once off;
        root html;
    }
--- user_files
>>> t
banana
--- request
GET /t
--- response_headers
Transfer-Encoding: chunked
!Content-Length
--- response_body
bbbnbbnbb



=== TEST 20: HEAD, filters
--- config
    location /t { return 200 "abc\n"; }
--- request eval
["HEAD /t", "GET /t"]
--- response_body_filters eval
[sub { $_[0] . "|" }, "uc"]
--- response_body eval
["|", "ABC\n|"]



=== TEST 21: JSON in any order
--- config
    location /t { return 200 '{"b": 1, "a": [true, null]}'; }
--- request
GET /t
--- response_body_json_sort
{"a":[true,null],"b":1}



=== TEST 22: a second server on a random port
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1;
        location / { return 200 "second\n"; }
    }
--- config
    location /t { proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1; }
--- request
GET /t
--- response_body
second



=== TEST 23: skipped by version
--- config
    location /t { return 500; }
--- request
GET /t
--- skip_nginx: 1: > 0.1.0: every version



=== TEST 24: not skipped
--- config
    location /t { return 200; }
--- request
GET /t
--- skip_nginx2: 1: < 0.1.0 or > 99.0.0
--- skip_eval: 1: 0



=== TEST 25: todo
--- config
    location /t { return 200; }
--- request
GET /t
--- error_code: 201
--- todo: 1: not there yet



=== TEST 26: HTTP/0.9
--- config
    location /t { return 200 "old\n"; }
--- raw_request eval
"GET /t\r\n"
--- http09
--- response_body
old



=== TEST 27: shutdown of the sending side
--- config
    location /t { return 200 "half\n"; }
--- raw_request eval
"GET /t HTTP/1.0\r\n\r\n"
--- shutdown: 1
--- response_body
half



=== TEST 28: what is logged at the end
--- config
    location /t { return 200; }
--- log_level: notice
--- request
GET /t
--- shutdown_error_log
: exit
--- no_shutdown_error_log
[error]
