# meeting: each row of meetings has its own limit: exactly
# as many as the document allows, then 429 with the headers that tell.
#
# A bucket gains a request each interval (the period divided by the count), so
# a try counts when it was quicker than that.

use strict;
use warnings;

use Test::More;
use Conference;
use Conference::People;
use Test::Nginx::Client qw(parse_response header_values);
use Time::HiRes qw(time);

my $c = Conference->new(
    workers => 2,
    confd_config => "scrypt_log_n 4\n",
    http => "conf_zone main:16m;\nconf_backend unix:%CONFD%;\n"
            . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
            . "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Real-IP;\n"
            . "keepalive_requests 10000;\n",
    locations => "location / { conf_api meeting mount=/; "
                 . "conf_files %DIR%/files; }\n",
);

my $p = Conference::People->new($c);
my ($users, $address) = (0, 0);

sub address { return '10.2.' . int(++$address / 200) . '.' . $address % 200 }

sub user {
    return $p->token('user' . ++$users);
}

# The same request n times over one connection: seconds, and the responses.

sub burst {
    my ($n, $method, $path, %header) = @_;
    my $head = join '', map { "$_: $header{$_}\r\n" } sort keys %header;
    my $body = $method eq 'GET' ? '' : '{}';
    my $one = "$method $path HTTP/1.1\r\nHost: a\r\n$head"
              . (length $body ? "Content-Length: 2\r\n" : '') . "\r\n$body";
    my $from = time;
    my $bytes = $c->raw_http($one x $n . "GET /x HTTP/1.0\r\n\r\n",
                             timeout => 30);
    my $took = time - $from;
    my @list;

    while (1) {
        my ($res, $rest) = parse_response($bytes);
        last unless $res;
        push @list, $res;
        $bytes = $rest;
    }

    pop @list;
    return ($took, @list);
}

my $minute = 60;
my $hour = 3600;

my @rows = (
    ['POST', '/api/v1/meetings', 50, $minute, 'user'],
    ['GET', '/api/v1/meetings', 100, $minute, 'user'],
    ['GET', '/api/v1/meetings/1', 100, $minute, 'user'],
    ['PUT', '/api/v1/meetings/1', 50, $minute, 'user'],
    ['DELETE', '/api/v1/meetings/1', 50, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/start', 50, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/end', 50, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/join', 100, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/leave', 100, $minute, 'user'],
    ['GET', '/api/v1/meetings/1/participants', 100, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/participants', 50, $minute, 'user'],
    ['DELETE', '/api/v1/meetings/1/participants/1', 50, $minute, 'user'],
    ['PUT', '/api/v1/meetings/1/participants/1/role', 50, $minute, 'user'],
    ['GET', '/api/v1/meetings/1/messages', 100, $minute, 'user'],
    ['POST', '/api/v1/meetings/1/messages', 100, $minute, 'user'],
    ['GET', '/api/v1/my/meetings', 100, $minute, 'user'],
    ['GET', '/api/v1/my/meetings/upcoming', 100, $minute, 'user'],
    ['GET', '/api/v1/my/meetings/history', 100, $minute, 'user'],
);

for my $row (@rows) {
    my ($method, $path, $n, $period, $key) = @$row;
    my ($took, @list, %header);

    for (1 .. 20) {
        %header = ('X-Real-IP' => address());
        $header{Authorization} = 'Bearer ' . user($key)
            if $key ne 'address';
        ($took, @list) = burst($n + 2, $method, $path, %header);
        last if $took < $period / $n;
    }

    is(join(' ', map { $_->{status} == 429 ? 'no' : 'yes' } @list),
       join(' ', ('yes') x $n, 'no', 'no'), "$method $path: $n, then no more");

    my $last = $list[-1];
    my ($limit, $left, $reset, $retry) = map { header_values($last, $_) }
        qw(X-RateLimit-Limit X-RateLimit-Remaining X-RateLimit-Reset
           Retry-After);

    is("$limit $left", "$n 0", 'as its headers say');
    ok($reset >= time && $reset <= time + $period + 1, 'when all is well');
    ok($retry >= 1 && $retry <= $period / $n + 1, 'when to come again');
    is(join(' ', header_values($list[0], 'X-RateLimit-Remaining')), $n - 1,
       'the first tells, too');
    like($last->{body}, qr/^\{"code":429,"message":"Rate limit exceeded\. /,
         'in the envelope');

    # Somebody else is not concerned, nor is who only shares the address.

    if ($key eq 'address') {
        $header{'X-Real-IP'} = address();
    } else {
        $header{Authorization} = 'Bearer ' . user($key);
    }

    ($took, @list) = burst(1, $method, $path, %header);
    isnt($list[0]{status}, 429, 'others are not concerned');
}


done_testing();
