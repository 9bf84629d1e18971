package Conference::Meeting;

# Conference with accounts and meetings at hand.
#
#   my $c = Conference::Meeting->new(workers => 2);
#   my ($alice, $bob) = map { $c->user($_) } qw(alice bob);
#   my $m = $c->meeting($alice, max_participants => 2);
#   my $r = $c->api($bob, POST => "/api/v1/meetings/$m->{id}/join");
#   is("$r->{status} $r->{json}{code}", '200 200', ...);
#
# A user is { name, id, email, password, token, refresh }.

use strict;
use warnings;

use parent 'Conference';

use POSIX qw(strftime);


# As Conference->new.  Limits are off; /limited/ has them.

sub new {
    my ($class, %o) = @_;

    $o{confd_config} = "scrypt_log_n 4\n" . ($o{confd_config} || '');
    $o{locations} = "location / { conf_api meeting mount=/; "
                    . "conf_files %DIR%/files; }\n"
                    . "location /limited/ { conf_api meeting; "
                    . "conf_rate_limit on; conf_files %DIR%/files; }\n"
                    . "location /chat/ { conf_api roomchat; }\n"
        unless defined $o{locations};
    $o{http_extra} = "set_real_ip_from 127.0.0.1;\n"
                     . "real_ip_header X-Real-IP;\n"
                     . ($o{http_extra} || '');

    return $class->SUPER::new(%o);
}


# A call as this user (undef: nobody; a string: with this token).

sub api {
    my ($self, $who, $method, $path, $json, %o) = @_;

    $o{token} = ref $who ? $who->{token} : $who if defined $who;
    $o{json} = $json if defined $json;
    $o{timeout} = 30 unless defined $o{timeout};

    return $self->http($method, $path, %o);
}


# Status and code, for one comparison.

sub says {
    my ($self, @call) = @_;
    my $r = $self->api(@call);

    return join ' ', $r->{status}, $r->{json} ? $r->{json}{code} : '-';
}


sub user {
    my ($self, $name, %o) = @_;
    my $user = { name => $name, email => "$name\@example.org",
                 password => "password of $name", %o };
    my $r = $self->api(undef, POST => '/api/v1/auth/register',
                       { username => $name, email => $user->{email},
                         password => $user->{password},
                         nickname => ucfirst $name });

    die "cannot register $name: $r->{raw}\n" if $r->{status} != 200;
    return $self->login($user);
}


sub login {
    my ($self, $user) = @_;
    my $r = $self->api(undef, POST => '/api/v1/auth/login',
                       { username => $user->{name},
                         password => $user->{password} });

    die "cannot log $user->{name} in: $r->{raw}\n" if $r->{status} != 200;

    $user->{token} = $r->{json}{data}{token};
    $user->{refresh} = $r->{json}{data}{refresh_token};
    $user->{id} = $r->{json}{data}{user}{user_id};

    return $user;
}


# Seconds from now, as the API writes a time.

sub stamp {
    my ($self, $seconds) = @_;
    return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $seconds));
}


sub meeting {
    my ($self, $who, %o) = @_;
    my $r = $self->api($who, POST => '/api/v1/meetings',
                       { title => 'meeting', start_time => $self->stamp(60),
                         end_time => $self->stamp(3600),
                         max_participants => 10, meeting_type => 'video',
                         %o });

    die "no meeting: $r->{raw}\n" if $r->{status} != 201;
    return $r->{json}{data};
}


1;
