package Conference::Confd;

# The daemon beside nginx, on a data folder and a unix socket of its own.

use strict;
use warnings;

use Conference::Process qw(slurp spew wait_for sanitizer_reports);
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use IO::Socket::UNIX;


# dir => folder for the socket, the log and the data; config => text of a
# configuration file; args => more arguments.

sub new {
    my ($class, %o) = @_;

    die 'Conference::Confd needs a dir' unless defined $o{dir};

    my $self = bless {
        dir => $o{dir},
        socket => "$o{dir}/confd.sock",
        data => "$o{dir}/data",
        log => "$o{dir}/confd.log",
        config => $o{config},
        args => $o{args} || [],
        env => $o{env},
        binary => abs_binary($o{binary}),
    }, $class;

    return $self;
}


sub abs_binary {
    my ($path) = @_;

    $path = $ENV{CONFD_BINARY} unless defined $path;
    $path = 'build/debug/confd' unless defined $path;

    die "there is no confd at $path (set CONFD_BINARY)\n" unless -x $path;
    return abs_path($path);
}


sub socket { return $_[0]{socket} }
sub data { return $_[0]{data} }
sub log_text { return slurp($_[0]{log}) }
sub pid { return $_[0]{process} ? $_[0]{process}->pid : undef }
sub alive { return $_[0]{process} && $_[0]{process}->alive }


sub start {
    my ($self) = @_;

    return $self if $self->alive;

    make_path($self->{data});

    my @command = ($self->{binary}, '-d', $self->{data},
                   '-s', $self->{socket}, @{$self->{args}});

    if (defined $self->{config}) {
        spew("$self->{dir}/confd.conf", $self->{config});
        push @command, '-f', "$self->{dir}/confd.conf";
    }

    $self->{process} = Conference::Process->new(
        command => \@command, log => $self->{log}, env => $self->{env},
        sanitizer_log => "$self->{dir}/confd-",
    );

    my $up = wait_for(sub {
        return -1 unless $self->alive;
        my $sock = IO::Socket::UNIX->new(Peer => $self->{socket});
        return $sock ? 1 : 0;
    }, 20);

    if (!$up || $up < 0) {
        my $text = $self->log_text;
        $self->{process}->stop('KILL');
        delete $self->{process};
        die "confd did not start:\n$text";
    }

    return $self;
}


# Returns undef or what went wrong.

sub stop {
    my ($self, $signal, $seconds) = @_;
    my $process = delete $self->{process};

    return $process ? $process->stop($signal || 'TERM', $seconds) : undef;
}


sub kill {
    my ($self) = @_;
    my $process = delete $self->{process};

    $process->kill_hard if $process;
}


# An empty database: stops it, removes the data, starts again.

sub reset {
    my ($self) = @_;
    my $problem = $self->stop;

    remove_tree($self->{data});
    $self->start;
    return $problem;
}


# A command beside the daemon, as "confd -s SOCKET ban NAME": its exit code.

sub command {
    my ($self, @args) = @_;

    return system { $self->{binary} }
           $self->{binary}, '-s', $self->{socket}, @args;
}


sub reports {
    my ($self) = @_;
    return sanitizer_reports($self->{log},
                             glob "$self->{dir}/confd-{asan,ubsan,lsan,tsan}*");
}


1;
