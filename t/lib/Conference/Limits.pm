package Conference::Limits;

# Rate limits: many requests over one connection, and tables of rows that are
# tried for exactly their number.
#
#   my $c = Conference->new(http => Conference::Limits::http(), ...);
#   my ($seconds, @responses) = burst($c, 22, "POST /login\n{}", %header);
#   exactly($c, \@rows, sub { token of a new user });
#
# A row is [method, path, count, seconds, 'address', 'user' or 'admin'].
#
# A bucket gains a request each interval (the period divided by the count), so
# a try counts when it was quicker than that.

use strict;
use warnings;

use Conference::JWT;
use Test::More;
use Test::Nginx::Client qw(parse_response header_values);
use Time::HiRes qw(time);

use Exporter 'import';

our @EXPORT_OK = qw(address burst exactly);

my $address = 0;


# The http block: who asks is told by X-Real-IP.

sub http {
    return "conf_zone main:16m;\nconf_backend unix:%CONFD%;\n"
           . "conf_jwt_secret \"$Conference::JWT::Secret\";\n"
           . "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Real-IP;\n"
           . "keepalive_requests 10000;\n";
}


sub address {
    $address++;
    return '10.1.' . int($address / 200) . '.' . (1 + $address % 200);
}


# The same request n times: the seconds that it took, and the responses.

sub burst {
    my ($c, $n, $request, %header) = @_;
    my $head = join '', map { "$_: $header{$_}\r\n" } sort keys %header;
    my ($line, $body) = split /\n/, $request, 2;
    my $one = "$line HTTP/1.1\r\nHost: a\r\n$head"
              . (defined $body ? 'Content-Length: ' . length($body) . "\r\n"
                               : '') . "\r\n" . (defined $body ? $body : '');
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

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(scalar @list, $n, "$n answers") if @list != $n;
    return ($took, @list);
}


# user is called with the last field of the row.

sub exactly {
    my ($c, $rows, $user) = @_;

    for my $row (@$rows) {
        my ($method, $path, $n, $period, $key) = @$row;
        my $request = "$method $path" . ($method eq 'GET' ? '' : "\n{}");
        my ($took, @list, %header);

        my $who = sub {
            return ('X-Real-IP' => address(), $key eq 'address' ? ()
                    : (Authorization => 'Bearer ' . $user->($key)));
        };

        for (1 .. 20) {
            %header = $who->();
            ($took, @list) = burst($c, $n + 2, $request, %header);
            last if $took < $period / $n;
        }

        is(join(' ', map { $_->{status} == 429 ? 'no' : 'yes' } @list),
           join(' ', ('yes') x $n, 'no', 'no'),
           "$method $path: $n, then no more");

        my ($limit, $left, $reset, $retry) =
            map { header_values($list[-1], $_) }
            qw(X-RateLimit-Limit X-RateLimit-Remaining X-RateLimit-Reset
               Retry-After);

        is("$limit $left", "$n 0", 'as its headers say');
        ok($reset >= time && $reset <= time + $period + 1, 'when all is well');
        ok($retry >= 1 && $retry <= $period / $n + 1, 'when to come again');
        is(join(' ', header_values($list[0], 'X-RateLimit-Remaining')),
           $n - 1, 'the first tells, too');
        like($list[-1]{body},
             qr/^\{"code":429,"message":"Rate limit exceeded\. /,
             'in the envelope');

        # Not who asks from elsewhere; of users, not who shares the address.

        my %other = $who->();
        $other{'X-Real-IP'} = $header{'X-Real-IP'} if $key ne 'address';
        ($took, @list) = burst($c, 1, $request, %other);
        isnt($list[0]{status}, 429, 'others are not concerned');
    }
}


1;
