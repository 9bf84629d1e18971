package Conference::Rows;

# The tables of the dialects, read from their sources.
#
#   my @rows = Conference::Rows::endpoints('roomchat');
#       # { method, path, auth, body, rate, errors, text, file }
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


# A row begins with .method or, of a socket's messages, with .path.

sub rows {
    my ($api) = @_;
    my @rows;

    for my $file (files($api)) {
        my $text = text($file);

        while ($text =~ /\{\s*(\.(?:method|path)\s*=.*?)\s*\}(?=,?\s)/gs) {
            my $row = $1;
            my %row = (file => $file);

            ($row{method}) = $row =~ /\.method = CONF_M_(\w+)/;
            ($row{path}) = $row =~ /\.path = "([^"]*)"/;
            ($row{auth}) = $row =~ /\.auth = CONF_AUTH_(\w+)/;
            ($row{body}) = $row =~ /\.body = CONF_BODY_(\w+)/;
            ($row{rate}) = $row =~ /\.rate = &(\w+)/;
            ($row{errors}) = $row =~ /\.errors = (\w+)/;
            ($row{text}) = $row =~ /\.text = conf_string\("([^"]*)"\)/;

            die "$file: a row without a path: $row\n"
                unless defined $row{path};
            $row{path} =~ s{/\?$}{};
            push @rows, \%row;
        }
    }

    return @rows;
}


sub endpoints { return grep { defined $_->{method} } rows(@_) }
sub messages { return grep { !defined $_->{method} } rows(@_) }


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
