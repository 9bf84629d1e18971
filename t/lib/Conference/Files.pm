package Conference::Files;

# For tests of uploads and downloads: forms, users, and what lies on disk.
#
#   my $f = Conference::Files->new(server => 'conf_upload_max 100k;');
#   my $reply = $f->upload('alice', file('a.png', png()), room => 1);

use strict;
use warnings;

use Conference;

use Exporter 'import';

our @EXPORT_OK = qw(field file form png);

my $locations = <<'END';
location / {
    conf_api    roomchat;
    conf_files  %DIR%/files;
}
END


# Options are those of Conference->new.  Users alice, bob (room 1 together)
# and eve (outside) exist, unless nginx is not started yet.

sub new {
    my ($class, %o) = @_;

    my $self = bless {
        c => Conference->new(locations => $locations,
                             confd_config => "scrypt_log_n 10\n", %o),
        token => {},
    }, $class;

    $self->populate if !defined $o{start} || $o{start};
    return $self;
}


sub c { return $_[0]{c} }
sub token { return $_[0]{token}{$_[1]} }


sub populate {
    my ($self) = @_;
    my $c = $self->{c};
    my $base = $self->{c}{base} || '';

    for my $name (qw(alice bob eve)) {
        my $in = { username => $name, password => 'password1' };

        $c->http(POST => "$base/register", json => $in);
        $self->{token}{$name} = $c->http(POST => "$base/login", json => $in)
            ->{json}{data}{token} or die "$name cannot log in\n";
    }

    $self->as(alice => POST => '/api/room/create', json => { name => 'r' });
    $self->as(alice => POST => '/api/room/add_user',
              json => { room_id => 1, user_id => 2 });
}


sub as {
    my ($self, $who, $method, $path, @rest) = @_;

    return $self->{c}->http($method => ($self->{c}{base} || '') . $path,
                            token => $self->{token}{$who}, @rest);
}


# Parts of a form, and the form of parts: its body and its type.

sub field {
    my ($name, $value) = @_;

    return "Content-Disposition: form-data; name=\"$name\"\r\n\r\n$value";
}


sub file {
    my ($title, $content, %o) = @_;
    my $name = defined $o{name} ? $o{name} : 'file';
    my $type = defined $o{type} ? "Content-Type: $o{type}\r\n" : '';

    utf8::encode($title) if utf8::is_utf8($title);

    return "Content-Disposition: form-data; name=\"$name\"; "
           . "filename=\"$title\"\r\n$type\r\n$content";
}


sub form {
    my $body = join '', map { "--bound\r\n$_\r\n" } @_;

    return ("$body--bound--\r\n", 'multipart/form-data; boundary=bound');
}


# A file to room 1.

sub upload {
    my ($self, $who, $part, %o) = @_;

    return $self->send($who, '/api/message/upload',
                       [field(room_id => defined $o{room} ? $o{room} : 1),
                        $part], %o);
}


sub avatar {
    my ($self, $who, $part, %o) = @_;

    return $self->send($who, '/api/user/upload_avatar', [$part], %o);
}


# chunked => size of the pieces.

sub send {
    my ($self, $who, $path, $parts, %o) = @_;
    my ($body, $type) = form(@$parts);

    return $self->body($who, $path, $body, $type, %o);
}


sub body {
    my ($self, $who, $path, $body, $type, %o) = @_;
    my %h = ('Content-Type' => $type);

    if ($o{chunked}) {
        $body = join '', (map { sprintf("%x\r\n%s\r\n", length $_, $_) }
                          unpack "(a$o{chunked})*", $body), "0\r\n\r\n";
        $h{'Transfer-Encoding'} = 'chunked';
        $h{'Content-Length'} = undef;
    }

    return $self->as($who, POST => $path, body => $body, headers => \%h);
}


# A request that is not sent at once: its first line and headers.

sub head {
    my ($self, $who, $path, $length, @more) = @_;

    return join "\r\n", "POST $path HTTP/1.1", 'Host: localhost',
           "Authorization: Bearer $self->{token}{$who}",
           'Content-Type: multipart/form-data; boundary=bound',
           "Content-Length: $length", 'Connection: close', @more, '', '';
}


# Names of files; bodies on their way: nginx unlinks them when they are open.

sub stored { return $_[0]->names('files') }

sub temporary {
    my ($self) = @_;
    my @open = grep { defined && m{/client_body/} } map { readlink }
               map { glob "/proc/$_/fd/*" } $self->{c}->workers,
                                            $self->{c}->old_workers;

    push @open, $self->names('client_body');
    return @open;
}


sub names {
    my ($self, $folder) = @_;

    opendir my $dh, $self->{c}->dir . "/$folder" or return;
    my @names = sort grep { !/^\.\.?$/ } readdir $dh;

    return @names;
}


# Waits until so many files are there and nothing is on its way.

sub settled {
    my ($self, $n) = @_;

    return Conference::wait_for(sub {
        return $self->stored == $n && $self->temporary == 0;
    }, 15);
}


# Enough of an image.

sub png {
    my ($n) = @_;

    return "\x89PNG\r\n\x1a\n" . "\0\0\0\rIHDR" . 'x' x ($n || 0);
}


1;
