package Conference::Process;

# A server as a direct child in the foreground: started, stopped and reaped
# by its pid.

use strict;
use warnings;

use Config;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

use Exporter 'import';

our @EXPORT_OK = qw(slurp spew wait_for sanitizer_reports find_binary);


sub slurp {
    my ($path, $from) = @_;

    open my $fh, '<:raw', $path or return '';
    seek $fh, $from, 0 if $from;
    local $/;
    my $text = <$fh>;
    return defined $text ? $text : '';
}


sub spew {
    my ($path, $text) = @_;

    open my $fh, '>:raw', $path or die "cannot write $path: $!";
    utf8::encode($text) if utf8::is_utf8($text);
    print $fh $text;
    close $fh or die "cannot write $path: $!";
}


# The first true value of the sub, or what it says when time is up.

sub wait_for {
    my ($sub, $seconds) = @_;
    my $end = time + (defined $seconds ? $seconds : 5);
    my $value;

    until ($value = $sub->()) {
        last if time >= $end;
        sleep 0.01;
    }

    return $value;
}


sub find_binary {
    my ($name) = @_;

    return $name if $name =~ m{/};

    for my $dir (split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin') {
        return "$dir/$name" if -x "$dir/$name";
    }

    return $name;
}


sub sanitizer_reports {
    my @found;

    for my $file (@_) {
        my @lines = split /\n/, slurp($file);

        for my $i (0 .. $#lines) {
            next unless $lines[$i] =~ /(?:Address|Leak|Thread|Memory
                                        |UndefinedBehavior)Sanitizer
                                       |runtime\ error:/x;
            my $last = $i + 25 < $#lines ? $i + 25 : $#lines;
            push @found, "$file:\n" . join "\n", @lines[$i .. $last];
            last;
        }
    }

    return @found;
}


# command => [...], log => path of stdout and stderr, env => {...},
# sanitizer_log => prefix of log_path files.

sub new {
    my ($class, %o) = @_;
    my $self = bless { %o, owner => $$ }, $class;

    $self->{pid} = fork;
    die "fork: $!" unless defined $self->{pid};

    if ($self->{pid} == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE __DIE__);
        die_with_parent();
        @ENV{keys %{$o{env}}} = values %{$o{env}} if $o{env};

        for my $name (defined $o{sanitizer_log} ? qw(ASAN UBSAN LSAN TSAN)
                                                : ())
        {
            my $key = "${name}_OPTIONS";
            $ENV{$key} = join ':', grep { defined && $_ ne '' } $ENV{$key},
                         "log_path=$o{sanitizer_log}" . lc $name;
        }

        open STDIN, '<', '/dev/null';
        open STDERR, '>>', $o{log};
        open STDOUT, '>&', \*STDERR;
        exec { $o{command}[0] } @{$o{command}}
            or print STDERR "exec $o{command}[0]: $!\n";
        POSIX::_exit(127);
    }

    return $self;
}


sub die_with_parent {
    my %prctl = ('x86_64' => 157, 'aarch64' => 167);
    my ($arch) = $Config{archname} =~ /^(x86_64|aarch64)/;

    eval { syscall $prctl{$arch}, 1, 15, 0, 0, 0 } if defined $arch;
}


sub pid { return $_[0]{pid} }


# undef while it runs, else its wait status, which is kept.

sub status {
    my ($self, $seconds) = @_;
    my $end = time + ($seconds || 0);

    while (!defined $self->{status}) {
        my $rc = waitpid $self->{pid}, WNOHANG;

        if ($rc == $self->{pid}) {
            $self->{status} = $?;
        } elsif ($rc == -1) {
            $self->{status} = 0;
        } elsif (time >= $end) {
            return undef;
        } else {
            sleep 0.004;
        }
    }

    return $self->{status};
}


sub alive { return defined $_[0]->status ? 0 : 1 }


sub children {
    my ($self) = @_;
    my $pid = $self->{pid};

    return split ' ', slurp("/proc/$pid/task/$pid/children");
}


sub signal {
    my ($self, $name) = @_;
    kill $name, $self->{pid} if $self->alive;
}


# Returns undef or a sentence about what went wrong.

sub stop {
    my ($self, $signal, $seconds) = @_;
    my $late;

    return undef if $$ != $self->{owner};

    if (!$self->alive) {
        return $self->{stopped} ? undef : $self->exit_text(1);
    }

    $self->{stopped} = 1;

    for my $step ([$signal || 'TERM', $seconds || 15], ['TERM', 3],
                  ['KILL', 30])
    {
        my ($name, $wait) = @$step;
        my @left = $name eq 'KILL' ? $self->children : ();

        kill 'KILL', @left if @left;
        $self->signal($name);
        last if defined $self->status($wait);
        $late ||= "$self->{command}[0] did not stop on $name within $wait s";
    }

    return $late || $self->exit_text;
}


sub exit_text {
    my ($self, $early) = @_;
    my $status = $self->{status};

    return $early ? "$self->{command}[0] stopped by itself" : undef
        if $status == 0;

    return "$self->{command}[0] died of signal " . ($status & 127)
        if $status & 127;
    return "$self->{command}[0] exited with " . ($status >> 8);
}


# As a crash: no clean-up of its own.

sub kill_hard {
    my ($self) = @_;

    $self->{stopped} = 1;
    $self->signal('KILL');
    $self->status(30);
}


sub DESTROY {
    my ($self) = @_;
    local $?;

    return if $$ != $self->{owner} || defined $self->{status};
    $self->stop('TERM', 3);
}


1;
