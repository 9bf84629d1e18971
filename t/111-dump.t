#!/usr/bin/perl

# confd dump and load: what is dumped, loaded and dumped again is the same to
# the byte, and serves as before; what is no dump leaves nothing behind.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Conference::Confd;
use Conference::Process qw(slurp spew);
use Conference::Rpc;
use Cwd qw(abs_path);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use JSON;
use MIME::Base64;
use Test::More;

my $binary = abs_path($ENV{CONFD_BINARY}
                      || "$FindBin::Bin/../build/debug/confd");
plan skip_all => 'there is no confd (set CONFD_BINARY)'
    unless $binary && -x $binary;

my $top = tempdir('confdXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $cheap = "scrypt_log_n 4\nlog_level info\n";


sub client {
    my ($confd) = @_;
    my $rpc = Conference::Rpc->new($confd->socket) or die 'cannot connect';

    die 'no welcome' unless $rpc->hello->{code} == 0;
    return $rpc;
}


# Exit code and what it wrote to stderr; files are stdin and stdout.

sub run_confd {
    my ($in, $out, @args) = @_;
    my $pid = fork;

    if (!$pid) {
        open STDIN, '<', $in || '/dev/null' or die $!;
        open STDOUT, '>', $out || '/dev/null' or die $!;
        open STDERR, '>', "$top/err" or die $!;
        exec $binary, @args;
        exit 127;
    }

    waitpid $pid, 0;
    return ($? >> 8, slurp("$top/err"));
}


sub good {
    my ($rpc, $op, $body) = @_;
    my $reply = $rpc->call($op => $body);

    die "$op: " . ($reply->{error} || 'no reply')
        unless $reply && $reply->{code} == 0;
    return $reply->{body};
}


sub post {
    my ($rpc, $user, $room, $text, $id) = @_;

    return good($rpc, MESSAGE_POST => [$user, $room, 'text', "$text",
                                       Conference::Rpc::bool(0),
                                       defined $id ? $id : '']);
}


sub history {
    my ($rpc, $user, $room) = @_;

    return good($rpc, MESSAGE_LIST => [$user, $room, 0,
                                       Conference::Rpc::bool(0), 0, 0, 1000,
                                       0]);
}


# A store with something in every space.

sub fill {
    my ($rpc) = @_;
    my @user = map {
        good($rpc, USER_REGISTER => [$_->[0], 'secret', $_->[1], $_->[2], ''])
            ->[0]
    } ['alice', 'a@example.org', "gr\xc3\xbcn \xf0\x9f\x8c\xb2"],
      ['bob', '', '"quoted\\'], ['carol', 'c@example.org', ''];
    my @room = map {
        good($rpc, ROOM_CREATE => [$user[0], "room $_", "\n\t</script>"])->[0]
    } 1 .. 3;

    good($rpc, MEMBER_ADD => [$user[0], $room[0], $user[1], '', 0]);
    post($rpc, $user[$_ % 2], $room[0], "message $_ \0\xff", "id$_")
        for 1 .. 200;
    post($rpc, $user[0], $room[1], 'x' x 100_000) for 1 .. 3;
    post($rpc, $user[0], $room[2], 'of a room that goes');

    good($rpc, FILE_ADD => [$user[0], ['0123456789abcdef', $room[0], $user[0],
                                       'title', 'text/plain', 17, 0], '']);
    good($rpc, USER_BAN => [$user[1], Conference::Rpc::bool(1), 0, '']);
    good($rpc, USER_DELETE => [0, $user[2]]);
    good($rpc, ROOM_DELETE => [$user[0], $room[2]]);

    return (\@user, \@room);
}


mkdir "$top/a";
my $confd = Conference::Confd->new(dir => "$top/a", binary => $binary,
                                   config => $cheap)->start;
my $rpc = client($confd);
my ($users, $rooms) = fill($rpc);
my $before = history($rpc, $users->[0], $rooms->[0]);

my ($rc, $err) = run_confd('', "$top/d1", '-d', $confd->data, 'dump');
is $rc, 1, 'a store in use is not dumped';
like $err, qr/^confd: ".*" is in use by process/, 'its sentence';
is $confd->stop, undef, 'the daemon stops';

($rc, $err) = run_confd('', "$top/d1", '-d', $confd->data, 'dump');
is "$rc$err", '0', 'dump';

my @lines = split /\n/, slurp("$top/d1");
my %spaces;

for my $line (@lines) {
    my $row = eval { decode_json($line) };
    $spaces{$row->{space}}++ if $row && $row->{space};
    fail("a line that is no JSON: $line") unless $row;
}

is_deeply decode_json($lines[0]), { confd => 'dump', version => 1 }, 'head';
is_deeply decode_json($lines[-1]), { end => $#lines }, 'end';

my %least = (user => 3, user_name => 3, user_email => 1, credential => 2,
             room => 2, room_code => 2, room_uuid => 2, member => 3,
             user_room => 3, head => 3, log => 204, log_time => 1, file => 1,
             user_gone => 1);

cmp_ok $spaces{$_} || 0, '>=', $least{$_}, "space $_" for sort keys %least;
ok !exists $spaces{meta} && !exists $spaces{log_index},
    'not what the engine keeps for itself';

my ($log) = grep { /"space":"log","id":1,/ } @lines;
like decode_base64(decode_json($log)->{value}), qr/message 1 \0\xff/,
    'a message is in there';

($rc, $err) = run_confd("$top/d1", '', '-d', "$top/b/data", 'load');
is $rc, 1, 'a directory that cannot be made';
mkdir "$top/b";
($rc, $err) = run_confd("$top/d1", '', '-d', "$top/b/data", 'load');
is "$rc$err", '0', 'load';
ok !-e "$top/b/data/.new", 'no other name is left';
($rc) = run_confd('', "$top/d2", '-d', "$top/b/data", 'dump');
is $rc, 0, 'dump again';
ok slurp("$top/d1") eq slurp("$top/d2"), 'to the byte the same';

# It serves as before.

my $other = Conference::Confd->new(dir => "$top/b", binary => $binary,
                                   config => $cheap)->start;
$rpc = client($other);
is_deeply history($rpc, $users->[0], $rooms->[0]), $before, 'history';
is_deeply good($rpc, MESSAGE_LIST => [$users->[0], $rooms->[0], 130,
                                      Conference::Rpc::bool(0), 0, 0, 2, 0])
          ->[2][1][3], 129, 'in the middle of it';
is good($rpc, USER_LOGIN => ['alice', 'secret'])->[0], $users->[0],
    'passwords';
is $rpc->call(USER_LOGIN => ['bob', 'secret'])->{error}, 'USER_BANNED',
    'bans';
is $rpc->call(USER_REGISTER => ['CAROL', 'x', '', '', ''])->{error},
    'NAME_TAKEN', 'names';
is good($rpc, FILE_GET => [$users->[0], '0123456789abcdef'])->[5], 17,
    'files';
is_deeply [@{good($rpc, STAT => [0])}[10 .. 12]], [2, 2, 204], 'counts';

my $again = post($rpc, $users->[0], $rooms->[0], 'x', 'id200');
is $again->[3], 200, 'client ids';
my $next = post($rpc, $users->[0], $rooms->[0], 'next');
is_deeply [@$next[0, 3]], [205, 201], 'positions go on';
is good($rpc, USER_REGISTER => ['dave', 'x', '', '', ''])->[0], 4,
    'ids of users';
is good($rpc, ROOM_CREATE => [$users->[0], 'fourth', ''])->[0], 4,
    'ids of rooms';
is $other->stop, undef, 'it stops';

# Epochs.

($rc) = run_confd("$top/d1", '', '-d', "$top/c", 'load', '--new-epochs');
is $rc, 0, 'load with new epochs';
($rc) = run_confd('', "$top/d3", '-d', "$top/c", 'dump');
my @other = split /\n/, slurp("$top/d3");
my @changed = grep { $lines[$_] ne $other[$_] } 0 .. $#lines;
is scalar @changed, 3, 'every room has another';
is scalar(grep { $other[$_] =~ /"space":"head"/ } @changed), 3,
    'and nothing else has changed';

# What is no dump.

my $one = '{"space":"user","key":"AAAAAAAAAAE=","value":"3A=="}';
my $head = '{"confd":"dump","version":1}';
my $record = '{"space":"log","id":%d,"room":1,"seq":%d,"value":""}';

my @bad = (
    ['nothing', '', qr/line 1: the dump is cut off here/],
    ['something else', "hello\n", qr/line 1: not a JSON object/],
    ['an array', "[1]\n", qr/line 1: /],
    ['no head', "$one\n", qr/line 1: this is no dump/],
    ['another version', "{\"confd\":\"dump\",\"version\":2}\n",
     qr/line 1: a version of the format/],
    ['cut off', "$head\n$one\n", qr/line 3: the dump is cut off here/],
    ['cut off within a line', "$head\n" . substr($one, 0, 20),
     qr/line 2: not a JSON object/],
    ['a line is missing', "$head\n{\"end\":2}\n", qr/lines are missing/],
    ['behind the end', "$head\n{\"end\":1}\n$one\n", qr/behind the end/],
    ['two objects', "$head\n$one$one\n", qr/line 2: not a JSON object/],
    ['an unknown name', "$head\n{\"space\":\"user\",\"what\":1}\n",
     qr/line 2: an unknown name/],
    ['a name twice', "$head\n{\"space\":\"user\",\"space\":\"user\"}\n",
     qr/line 2: a name that is there twice/],
    ['nested', "$head\n{\"space\":{\"a\":1}}\n", qr/line 2: a value of a/],
    ['null', "$head\n{\"space\":null}\n", qr/line 2: a value of a/],
    ['an unknown space', "$head\n{\"space\":\"x\",\"last\":1}\n",
     qr/cannot be part of a dump/],
    ['the engine\'s own', "$head\n{\"space\":\"meta\",\"last\":1}\n",
     qr/cannot be part of a dump/],
    ['an index', "$head\n{\"space\":\"log_index\",\"key\":\"AA==\","
     . "\"value\":\"\"}\n", qr/cannot be part of a dump/],
    ['a raw log', "$head\n{\"space\":\"log\",\"key\":\"AA==\","
     . "\"value\":\"\"}\n", qr/cannot be part of a dump/],
    ['an empty key', "$head\n{\"space\":\"user\",\"key\":\"\","
     . "\"value\":\"\"}\n", qr/cannot be part of a dump/],
    ['no value', "$head\n{\"space\":\"user\",\"key\":\"AA==\"}\n",
     qr/cannot be part of a dump/],
    ['no base64', "$head\n" . ($one =~ s/3A==/3A=/r) . "\n",
     qr/line 2: not base64/],
    ['bits that say nothing', "$head\n" . ($one =~ s/3A==/3B==/r) . "\n",
     qr/line 2: not base64/],
    ['a fraction', "$head\n{\"space\":\"user\",\"last\":1.5}\n",
     qr/not a whole number/],
    ['a negative number', "$head\n{\"space\":\"user\",\"last\":-1}\n",
     qr/not a whole number/],
    ['a huge number',
     "$head\n{\"space\":\"user\",\"last\":18446744073709551616}\n",
     qr/a number that is too large/],
    ['positions in disorder',
     join("\n", $head, sprintf($record, 2, 1), sprintf($record, 1, 2), ''),
     qr/line 3: this cannot be part of a dump, or not here/],
    ['a gap in a room',
     join("\n", $head, sprintf($record, 1, 1), sprintf($record, 2, 3), ''),
     qr/line 3: this cannot/],
    ['a head behind its records',
     join("\n", $head, sprintf($record, 1, 7),
          '{"space":"head","room":1,"epoch":1,"seq":6}', ''),
     qr/line 3: this cannot/],
);

for my $case (@bad) {
    my ($name, $text, $why) = @$case;

    spew("$top/bad", $text);
    my ($rc, $err) = run_confd("$top/bad", '', '-d', "$top/no", 'load');
    is $rc, 1, $name;
    like $err, $why, 'its sentence';
    is $err =~ tr/\n//, 1, 'and no other';
    ok !-e "$top/no", 'nothing is left' or remove_tree("$top/no");
}

for my $size (1000, length(slurp("$top/d1")) - 3) {
    spew("$top/bad", substr slurp("$top/d1"), 0, $size);
    my ($rc) = run_confd("$top/bad", '', '-d', "$top/no", 'load');
    is $rc, 1, "the first $size bytes of a good one";
    ok !-e "$top/no", 'nothing is left';
}

($rc, $err) = run_confd("$top/d1", '', '-d', "$top/b/data", 'load');
is $rc, 1, 'over another store';
like $err, qr/ is not empty$/, 'its sentence';
ok -s "$top/b/data/data.mdb", 'which stays';

($rc, $err) = run_confd('', '/dev/full', '-d', "$top/b/data", 'dump');
is $rc, 1, 'a disk that is full';
like $err, qr/^confd: cannot write: No space left/, 'its sentence';

# The least store there is.

spew("$top/bad", "$head\n{\"end\":1}\n");
($rc) = run_confd("$top/bad", '', '-d', "$top/least", 'load');
is $rc, 0, 'an empty dump';
($rc) = run_confd('', "$top/d4", '-d', "$top/least", 'dump');
is slurp("$top/d4"), slurp("$top/bad"), 'makes an empty store';

done_testing();
