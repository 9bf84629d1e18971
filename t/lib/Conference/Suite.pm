package Conference::Suite;

# For block files: one confd a file, next to the nginx of Test::Nginx::Socket
# (ours or the distribution's).
#
#   use Test::Nginx::Socket 'no_plan';
#   use Conference::Suite;
#
#   run_tests();
#
# Blocks find the socket's path in $TEST_NGINX_CONFD_SOCKET and the usual http
# settings in $TEST_NGINX_CONF_HTTP.  A block without http_config gets these,
# a block without config answers everything with "conf_api roomchat".
#
# Options of the use line: confd_config => text, confd_args => [...], http =>
# text instead of the usual settings, api => dialect of the default location,
# preset => 0 adds nothing to blocks.  Exports jwt(\%claims) and confd().

use strict;
use warnings;

use Conference::Confd;
use Conference::JWT qw(jwt);
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use Test::Builder;

our ($Confd, $Dir);
my $owner = $$;


sub http_text {
    my ($socket) = @_;

    return "    conf_zone main:16m;\n    conf_backend unix:$socket;\n"
           . "    conf_jwt_secret \"$Conference::JWT::Secret\";\n"
           . "    conf_rate_limit off;\n";
}


sub import {
    my ($class, %o) = @_;
    my $caller = caller;

    if (!$Confd) {
        $Dir = tempdir('confXXXXXX', TMPDIR => 1);
        $Confd = Conference::Confd->new(dir => $Dir,
                                        config => $o{confd_config},
                                        args => $o{confd_args});
        $Confd->start;

        $ENV{TEST_NGINX_CONFD_SOCKET} = $Confd->socket;
        $ENV{TEST_NGINX_CONF_HTTP} = defined $o{http}
                                     ? $o{http} : http_text($Confd->socket);
    }

    no strict 'refs';
    *{"${caller}::jwt"} = \&jwt;
    *{"${caller}::confd"} = sub { $Confd };

    preset($caller, $o{api} || 'roomchat')
        unless defined $o{preset} && !$o{preset};
}


sub preset {
    my ($caller, $api) = @_;
    my $add = $caller->can('add_block_preprocessor')
        or die "use Test::Nginx::Socket before Conference::Suite\n";

    $add->(sub {
        my ($block) = @_;

        if (!defined $block->http_config) {
            $block->set_value(http_config => $ENV{TEST_NGINX_CONF_HTTP});
        }

        if (!defined $block->config) {
            $block->set_value(config =>
                              "    location / { conf_api $api; }\n");
        }
    });
}


sub finish {
    return unless $Confd;

    my $builder = Test::Builder->new;
    my $problem = $Confd->stop;
    my @reports = $Confd->reports;

    if (defined $problem) {
        $builder->ok(0, $problem);
        $builder->diag($Confd->log_text);
    }

    for my $report (@reports) {
        $builder->ok(0, 'sanitizer report of confd');
        $builder->diag($report);
    }

    if (defined $problem || @reports || !$builder->is_passing) {
        $builder->diag("confd's files are kept in $Dir");
    } else {
        remove_tree($Dir);
    }

    $Confd = undef;
    return defined $problem || @reports;
}


END {
    if ($$ == $owner) {
        my $rc = $?;
        my $bad = finish();
        $? = $rc || ($bad ? 1 : 0);
    }
}


1;
