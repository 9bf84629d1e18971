package Conference::Rows;

# The tables of the dialects.
#
#   my @rows = Conference::Rows::endpoints('roomchat');
#       # { method, path, auth, body, rate, summary, fields }
#   my @types = Conference::Rows::messages('roomchat');
#   my @sentences = Conference::Rows::sentences('roomchat');

use strict;
use warnings;

use File::Basename qw(dirname);

our $Dir = dirname(__FILE__) . '/../../../ngx_conf_module/api';


# The dialects that there are: what conf_api.c lists.

sub apis {
    my ($list) = text("$Dir/conf_api.c") =~ /conf_apis\[\] = \{(.*?)\}/s;

    return $list =~ /&conf_api_(\w+)/g;
}


# A dialect's files are beside the others, or in a folder of their own.

sub files {
    my ($api) = @_;
    my @files = map { glob "$Dir/conf_$_*.c $Dir/$_/conf_*.c" }
                defined $api ? $api : apis();

    die "no tables in $Dir\n" unless @files;
    return @files;
}


sub text {
    my ($file) = @_;

    open my $fh, '<:raw', $file or die "$file: $!";
    local $/;
    my $text = <$fh>;

    $text =~ s{/\*.*?\*/}{}gs;
    return $text;
}


# As build/debug/conf_print tells them.

sub rows {
    my ($api) = @_;
    my $print = "$Dir/../../build/debug/conf_print";
    my @names = qw(kind method path auth body rate summary fields);
    my @rows;

    for my $name (defined $api ? $api : apis()) {
        open my $out, '-|', $print, 'rows', $name
            or die "$print: $!, auto/build debug makes it";

        while (my $line = <$out>) {
            my %row;

            chomp $line;
            @row{@names} = split /\t/, $line, -1;
            $row{path} =~ s{/\?$}{};
            $_ eq '-' and $_ = undef for @row{qw(auth rate)};
            push @rows, \%row;
        }

        close $out or die "$print rows $name failed";
    }

    return @rows;
}


sub endpoints { return grep { $_->{kind} eq 'row' } rows(@_) }
sub messages { return grep { $_->{kind} eq 'message' } rows(@_) }


# What is said in any case, each once: sentences of rows and of errors.  A
# macro puts what a table is about in front of its sentences.

sub sentences {
    my ($api) = @_;
    my %seen;

    for my $file (files($api)) {
        my $text = text($file);
        my %macro;

        $text =~ s/\\\n/ /g;

        while ($text =~ /^#define\s+(CONF_SAY_\w+)\(what\)(.*)$/mg) {
            my ($name, $rows) = ($1, $2);
            $macro{$name} = [$rows =~ /what\s+"([^"]*)"/g];
        }

        $text =~ s/^#.*$//mg;

        while ($text =~ /(CONF_SAY_\w+)\(\s*"([^"]*)"\s*\)/g) {
            my ($name, $what) = ($1, $2);
            die "$file: unknown $name\n" unless $macro{$name};
            $seen{"$what$_"} = 1 for @{$macro{$name}};
        }

        $seen{$1} = 1 while $text =~ /\w*_SAY\(\w+,\s*"([^"]+)"\s*\)/g;
        $seen{$1} = 1 while $text =~
            /\w*_ERR\(\w+,\s*\d+,\s*\d+,\s*"([^"]+)"\s*\)/g;

        # A code point above ASCII, or a blank: no dialect's or type's name.

        while ($text =~ /(?<!\.name = )conf_string\("([^"]+)"\)/g) {
            my $string = $1;
            $seen{$string} = 1 if $string =~ /[^\x00-\x7f]| /;
        }
    }

    return sort keys %seen;
}


1;
