package Conference::Chaos;

# kill -9 at random, for tests under load.
#
#   my $chaos = Conference::Chaos->new($c);
#   $chaos->kill_worker;     # each returns when what was killed is back
#   $chaos->kill_confd;
#   $chaos->kill_nginx;
#   $chaos->any;             # one of them; returns its name

use strict;
use warnings;

use Conference qw(wait_for);
use Conference::Process qw(slurp);
use Time::HiRes qw(time sleep);


sub new {
    my ($class, $c) = @_;
    return bless { c => $c, counts => {} }, $class;
}


sub any {
    my ($self) = @_;
    my $dice = rand;
    my $what = $dice < 0.45 ? 'kill_confd'
             : $dice < 0.85 ? 'kill_worker' : 'kill_nginx';

    $self->$what;
    return $what;
}


sub kill_worker {
    my ($self) = @_;
    my @workers = $self->{c}->workers;

    $self->{counts}{worker}++;
    return $self->{c}->kill_worker($workers[rand @workers]);
}


sub kill_confd {
    my ($self) = @_;

    $self->{counts}{confd}++;
    $self->{c}->kill_confd;
    $self->{c}->start_confd;
}


# The master first, so that it starts no worker anew.

sub kill_nginx {
    my ($self) = @_;
    my $nginx = delete $self->{c}{nginx};
    my @children = $nginx->children;

    $self->{counts}{nginx}++;
    $nginx->kill_hard;
    kill 'KILL', @children;

    # The port is free when nobody has it open any more.
    wait_for(sub { !grep { alive($_) } @children }, 20);
    $self->{c}->start_nginx;
}


sub alive {
    my ($pid) = @_;
    my $stat = slurp("/proc/$pid/stat");

    return $stat ne '' && $stat !~ /\) [ZX] /;
}


# Stops workers at random moments until one is met that has the zone's lock,
# and kills that one.  The lock is a word at the start of the zone: the pid
# of its holder.  path and token are of a request that is answered from the
# zone alone: many of them keep the workers busy.  Returns the pid killed.

sub kill_holder {
    my ($self, $path, $token, $work, $seconds) = @_;
    my $end = time + $seconds;
    my @busy = map { $self->hammer($path, $token, $seconds + 5) } 1 .. 2;
    my $found;

    while (!$found && time < $end) {
        $work->();

        for my $pid ($self->{c}->workers) {
            last if $found;
            my $zone = $self->zone_of($pid) or next;

            for (1 .. 40) {
                kill 'STOP', $pid;

                if (stopped($pid) && holder($pid, $zone) == $pid) {
                    $found = $pid;
                    last;
                }

                kill 'CONT', $pid;
                select undef, undef, undef, rand 0.002;
            }
        }
    }

    kill 'KILL', @busy;
    waitpid $_, 0 for @busy;

    if ($found) {
        $self->{counts}{holder}++;
        $self->{c}->kill_worker($found);
    }

    return $found;
}


# A process that asks and asks; its pid.

sub hammer {
    my ($self, $path, $token, $seconds) = @_;
    my $request = "GET $path HTTP/1.1\r\nHost: a\r\n"
                  . "Authorization: Bearer $token\r\n\r\n";
    my $pid = fork;

    die "fork: $!" unless defined $pid;
    return $pid if $pid;

    $SIG{PIPE} = 'IGNORE';
    $SIG{ALRM} = 'DEFAULT';
    alarm $seconds;

    while (1) {
        my $sock = eval { $self->{c}->connect };
        select(undef, undef, undef, 0.05), next unless $sock;

        while (1) {
            syswrite $sock, $request x 20 or last;
            sysread $sock, my $bytes, 1 << 20 or last;
        }
    }
}


sub stopped {
    my ($pid) = @_;
    return wait_for(sub { slurp("/proc/$pid/stat") =~ /\) [tT] / }, 2);
}


# Where the zone is mapped: the largest piece of shared memory.

sub zone_of {
    my ($self, $pid) = @_;
    my ($best, $size) = (undef, 0);

    return $self->{zones}{$pid} if $self->{zones}{$pid};

    for my $line (split /\n/, slurp("/proc/$pid/maps")) {
        no warnings 'portable';
        my ($from, $to) = $line =~ /^(\w+)-(\w+) rw-s .*\/dev\/zero/ or next;
        ($from, $to) = (hex $from, hex $to);
        ($best, $size) = ($from, $to - $from) if $to - $from > $size;
    }

    return $self->{zones}{$pid} = $best;
}


sub holder {
    my ($pid, $at) = @_;

    open my $fh, '<:raw', "/proc/$pid/mem" or return 0;
    sysseek $fh, $at, 0 or return 0;
    sysread $fh, my $word, 8 or return 0;
    return unpack 'Q', $word;
}


1;
