# meeting: two hundred join at once over four workers: as many as may are in,
# each once, and the lobby holds.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt);
use Conference::Meeting;
use Conference::Rpc;
use Test::Nginx::Client qw(parse_response);
use IO::Select;

my $n = 200;
my $c = Conference::Meeting->new(workers => 4);
my $alice = $c->user('alice');
my $m = '/api/v1/meetings';
my $rpc = Conference::Rpc->new($c->confd->socket);
$rpc->hello(node => 9);

my @users = map {
    my $id = $rpc->call(USER_REGISTER => ["user$_", 'password1', '', '', ''],
                        60)->{body}[0];
    { id => $id, token => jwt({ user_id => $id, exp => int(time) + 3600 }) }
} 1 .. $n;


# All requests are under way before the first answer is read.

sub crowd {
    my ($path) = @_;
    my (%count, @socks);

    for my $user (@users) {
        my $sock = $c->connect;

        print $sock "POST $path HTTP/1.1\r\nHost: localhost\r\n"
                    . "Authorization: Bearer $user->{token}\r\n"
                    . "Content-Length: 0\r\nConnection: close\r\n\r\n";
        push @socks, $sock;
    }

    for my $sock (@socks) {
        local $/;
        my $text = <$sock>;
        my ($res) = parse_response($text, 'POST');
        my ($status) = ($res ? $res->{body} : '')
                       =~ /"(?:data":\{"meeting_id".*?)?status":"(\w+)"/;
        my ($code) = ($res ? $res->{body} : '') =~ /^\{"code":(\d+)/;
        $count{$code == 200 ? $status : $code}++;
    }

    return \%count;
}

my $small = $c->meeting($alice, max_participants => 50)->{id};
my $got = crowd("$m/$small/join");
is($got->{online}, 50, 'as many as there is room for') or diag explain $got;
is($got->{2003}, $n - 50, 'the others are told so');

my $list = $c->api($alice, GET => "$m/$small/participants")->{json}{data};
my $in = grep { $_->{status} eq 'online' } @{$list->{participants}};
is($in, 50, 'the list says the same');
my %ids = map { $_->{participant_id} => 1 } @{$list->{participants}};
is(scalar keys %ids, scalar @{$list->{participants}}, 'each has an id');

my $lobby = $c->meeting($alice, max_participants => 1000, settings =>
                        { enable_waiting_room => JSON::PP::true() })->{id};
$got = crowd("$m/$lobby/join");
is($got->{waiting}, $n, 'all wait') or diag explain $got;

my $r = $c->api($alice, POST => "$m/$lobby/participants",
                { user_ids => [map { $_->{id} } @users[0 .. 99]] });
is($r->{status}, 200, 'half are let in');
$got = crowd("$m/$lobby/join");
is("$got->{online} $got->{waiting}", '100 100', 'and are in')
    or diag explain $got;

$c->done;
done_testing;
