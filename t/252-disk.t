# Uploads when the disk has no room: every stage answers, leaves nothing
# behind, and works again when there is room.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Files qw(field file form png);

my @mounts;

END {
    my $rc = $?;
    system 'umount', '-l', $_ for @mounts;
    $? = $rc;
}

# Beyond the limit on the size of a file a write fails.
local $SIG{XFSZ} = 'IGNORE';

my $f = Conference::Files->new(start => 0, server => <<'END');
conf_upload_max 4m;
END
my $c = $f->c;


# Is there a disk of our own, of that size, at that folder?

sub small {
    my ($folder, $size) = @_;
    my $dir = $c->dir . "/$folder";

    mkdir $dir, 0700;
    return 0 if $> != 0
                || system("mount -t tmpfs -o size=$size none '$dir' 2>&1");
    push @mounts, $dir;
    return 1;
}

sub refused {
    my ($reply, $n, $name) = @_;

    is($reply->{status}, 503, "$name: 503");
    is_deeply($reply->{json}, { code => 1, msg => '上传文件失败',
                                data => undef }, 'the answer');
    like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/, 'Retry-After');
    ok($f->settled($n), 'nothing is left')
        or diag(join ' ', $f->stored, $f->temporary);
}

my $stage = small('files', '1m') && small('client_body', '3m');

$c->start_confd->start_nginx;
$f->populate;

my $n = 0;

SKIP: {
    skip 'cannot mount', 15 if !$stage;

    is($f->upload('alice', file('x', 'x' x 700_000))->{json}{code}, 0,
       'there is room');
    $n++;

    for my $how ([], [chunked => 65535]) {
        refused($f->upload('alice', file('x', 'y' x 700_000), @$how), $n,
                "the store is full (@$how)");
        refused($f->upload('alice', file('x', 'y' x 3_500_000), @$how), $n,
                "the folder of bodies is full (@$how)");
    }

    is($f->upload('alice', file('x', 'x' x 200_000))->{json}{code}, 0,
       'what fits is stored');
    unlink $c->dir . "/files/$_" for $f->stored;
    is($f->upload('alice', file('x', 'x' x 700_000))->{json}{code}, 0,
       'after cleaning up there is room again');
    $n = 1;
    like($c->error_log, qr/\[error\].*upload to .* failed \(28: No space/,
         'the log says why');
}

my ($worker) = $c->workers;

is(system('prlimit', '--pid', $worker, '--fsize=500000:'), 0, 'a limit');
refused($f->upload('alice', file('x', 'x' x 600_000)), $n,
        'a file larger than the process may write');
is(system('prlimit', '--pid', $worker, '--fsize=unlimited:'), 0, 'no limit');
is($f->upload('alice', file('x', 'x' x 200_000))->{json}{code}, 0, 'again');
$n++;

system 'umount', '-l', $_ for splice @mounts;
ok($f->settled(0), 'the folders are left');
$c->done;
done_testing;
