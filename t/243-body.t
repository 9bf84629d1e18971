# Bodies: their limit to the byte, chunks, connections that go on after one
# was refused, clients that send half of it.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::JWT;

my $c = Conference->new(
    confd_config => "scrypt_log_n 10\n",
    locations => "location / { conf_api roomchat; conf_body_max 4k; }\n"
                 . "location /status { conf_status; }\n",
);

my %alice = (username => 'alice', password => 'password1');
$c->http(POST => '/register', json => \%alice);

my $large = qr/\A\{"code":1,"msg":"请求内容过大","data":null\}\z/;
my $json = '{"username":"alice","password":"password1"}';

# A login of n bytes.

sub login {
    my ($n) = @_;
    return $json . ' ' x ($n - length $json);
}


sub chunked {
    my ($size, $body) = @_;
    my $out = '';

    $out .= sprintf "%x\r\n%s\r\n", length, $_
        for grep { length } unpack "(a$size)*", $body;

    return "$out" . "0\r\n\r\n";
}


sub post {
    my ($body, @headers) = @_;

    return $c->http(POST => '/login', body => $body,
                    headers => { @headers });
}


sub post_chunked {
    my ($size, $n) = @_;

    return post(chunked($size, login($n)), 'Content-Length' => undef,
                'Transfer-Encoding' => 'chunked');
}


# The limit

is(post(login(4096))->{json}{code}, 0, 'a body as long as the limit');

my $reply = post(login(4097));
is($reply->{status}, 413, 'one byte more');
like($reply->{body}, $large, 'in the dialect\'s form');
is($reply->{headers}{'content-type'}, 'application/json; charset=utf-8',
   'with its media type');

for my $size (1, 7, 1024, 4096) {
    is(post_chunked($size, 4096)->{json}{code}, 0,
       "the limit in chunks of $size");

    $reply = post_chunked($size, 4097);
    is($reply->{status}, 413, "more than the limit in chunks of $size");
    like($reply->{body}, $large, 'in the same form');
}

$reply = post_chunked(10000, 60000);
is($reply->{status}, 413, 'one large chunk');
like($reply->{body}, $large, 'in the same form');

is(post_chunked(65536, 3 * 1024 * 1024)->{status}, 413,
   'chunks that go on and on');

is($c->http(GET => '/api/message/list', body => '{' . ' ' x 5000,
            token => 'a.b.c')->{status}, 401, 'the token comes first');
is($c->http(POST => '/nowhere', body => ' ' x 5000)->{status}, 404,
   'so does the path');
is($c->http(GET => '/api/user/my', body => ' ' x 5000,
            token => Conference::JWT::jwt({ user_id => 1,
                                            exp => time + 3600 }))
       ->{json}{code}, 0, 'a body that nobody wants is dropped');


# Connections that go on

sub request {
    my ($body, $how) = @_;
    return "POST /login HTTP/1.1\r\nHost: a\r\n"
           . ($how || 'Content-Length: ' . length $body) . "\r\n\r\n$body";
}

my @list = (
    request(login(60000)) => 413, request($json) => 200,
    request(chunked(512, login(9000)), 'Transfer-Encoding: chunked') => 413,
    request($json) => 200, request('{') => 200,
    "GET /login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{\"a\":1}  "
    => 404, request($json) => 200,
    "HEAD /login HTTP/1.1\r\nHost: a\r\n\r\n" => 404, request($json) => 200,
);

my (@requests, @status);
push @requests, shift @list and push @status, shift @list while @list;

my $bytes = $c->raw_http(join('', @requests)
                         . "GET /x HTTP/1.0\r\nConnection: close\r\n\r\n");

is_deeply([$bytes =~ /HTTP\/1.1 (\d+)/g], [@status, 404],
          'a refused body does not end the connection');
is(scalar(() = $bytes =~ /"token":"/g), 4, 'and what follows is answered');


# A body in pieces, and half of one

$bytes = $c->raw_http([map { [$_, 0.02] }
                       request($json) =~ /(.{1,40})/gs,
                       "GET /x HTTP/1.0\r\n\r\n"]);
like($bytes, qr/登录成功/, 'a body in pieces');

for my $n (1, 20, length($json) - 1) {
    my $sock = $c->connect;

    print $sock substr request($json), 0, -$n;
    close $sock;
}

my @half = map { my $s = $c->connect; print $s substr request($json), 0, -9;
                 $s } 1 .. 20;

is(post($json)->{json}{code}, 0, 'half bodies hold nobody up');
close $_ for @half;


# What is ambiguous is nginx's to refuse

for my $headers ("Content-Length: 5\r\nContent-Length: 6",
                 "Content-Length: -1", "Content-Length: 5x",
                 "Content-Length: 99999999999999999999",
                 "Content-Length: 5\r\nTransfer-Encoding: chunked",
                 "Transfer-Encoding: gzip")
{
    my ($status) = $c->raw_http("POST /login HTTP/1.1\r\nHost: a\r\n"
                                . "$headers\r\n\r\n$json")
                   =~ /^HTTP\/1.1 (\d+)/;
    like($status, qr/^(?:400|411|413|501)$/,
         'refused: ' . $headers =~ s/\r\n/, /r);
}

like($c->raw_http(request("zz\r\n$json\r\n0\r\n\r\n",
                          'Transfer-Encoding: chunked')),
     qr/^HTTP\/1.1 400/, 'a wrong chunk');

$c->done;
done_testing;
