# meeting: many at once.  However they come over all workers, no more are in
# than there is room for, and who waits is admitted once.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::People;

my $N = 200;
my $c = Conference::Meeting->new(workers => 4);
my $p = Conference::People->new($c);
my $host = $c->user('host');
my $at = '/api/v1/meetings';
my @crowd = map { $p->token("guest$_") } 1 .. $N;


# The same request of all of them, from several processes: what they are
# answered, and how often.

sub all {
    my ($path, @who) = @_;
    my (@readers, %got);

    for my $part (0 .. 7) {
        pipe my $r, my $w or die "pipe: $!";
        my $pid = fork;

        die "fork: $!" unless defined $pid;

        if ($pid == 0) {
            close $r;

            for my $i (grep { $_ % 8 == $part } 0 .. $#who) {
                my $reply = $c->api($who[$i], POST => $path);
                print $w "$reply->{status} $reply->{json}{code} "
                         . ($reply->{json}{data}{status} || '') . "\n";
            }

            close $w;
            require POSIX;
            POSIX::_exit(0);
        }

        close $w;
        push @readers, [$r, $pid];
    }

    for my $reader (@readers) {
        my $r = $reader->[0];

        while (my $line = <$r>) {
            chomp $line;
            $got{$line}++;
        }

        waitpid $reader->[1], 0;
    }

    return \%got;
}

sub detail {
    return $c->api($host, GET => "$at/$_[0]{id}")->{json}{data};
}


# Room for fifty

{
    my $m = $c->meeting($host, max_participants => 50);

    is_deeply(all("$at/$m->{id}/join", @crowd),
              { '200 200 online' => 50, '403 2003 ' => $N - 50 },
              'fifty get in');
    is(detail($m)->{online_count}, 50, 'fifty are in');
    is(detail($m)->{participant_count}, 51, 'and the host');
    is(detail($m)->{status}, 'ongoing', 'it goes on');

    my $left = all("$at/$m->{id}/leave", @crowd);
    is_deeply($left, { '200 200 ' => 50, '404 404 ' => $N - 50 },
              'fifty leave');
    is(detail($m)->{online_count}, 0, 'nobody is in');
}


# A waiting room

{
    my $m = $c->meeting($host, max_participants => 30,
        settings => { enable_waiting_room => JSON::PP::true });

    is_deeply(all("$at/$m->{id}/join", @crowd),
              { '200 200 waiting' => $N }, 'all wait');
    is(detail($m)->{online_count}, 0, 'nobody is in');
    is(detail($m)->{status}, 'scheduled', 'and it has not begun');

    my $list = $c->api($host, GET => "$at/$m->{id}/participants"
                                     . '?status=waiting&page_size=100');
    is($list->{json}{data}{total}, $N, 'they are seen');

    my @ids = map { $_->{user_id} } @{$list->{json}{data}{participants}};
    is($c->says($host, POST => "$at/$m->{id}/participants",
                { user_ids => [@ids[0 .. 29]] }), '200 200', 'thirty get in');
    is($c->says($host, POST => "$at/$m->{id}/participants",
                { user_ids => [@ids[30 .. 31]] }), '403 2003', 'no more');
    is(detail($m)->{online_count}, 30, 'thirty are in');
    is_deeply(all("$at/$m->{id}/join", @crowd),
              { '200 200 online' => 30, '403 2003 ' => $N - 30 },
              'who asks again is told so');
    is(detail($m)->{online_count}, 30, 'and it stays like this');
}

done_testing();
