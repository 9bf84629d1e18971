# meeting: each row of accounts and administration without a token, with other
# methods, with a slash at the end, with a body that is none, without confd.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt wait_for);
use Conference::Files qw(form file png);
use Conference::Rows;

my $c = Conference->new(
    workers => 1, start => 0,
    locations => "location / { conf_api meeting; conf_files %DIR%/files; }\n",
);

# confd has never been there: whatever gets past the checks answers 503.

$c->start_nginx;

my @rows = grep { $_->{path} =~ m{^/api/v1/(?:auth|users|admin/users|admin/audit|csrf-)} }
           Conference::Rows::endpoints('meeting');
my %list = map { $_ => 1 } qw(/api/v1/admin/users /api/v1/admin/audit);
my $token = jwt({ user_id => 1, exp => time + 3600 });
my %methods;

cmp_ok(scalar @rows, '>=', 20, 'rows');

sub path { return $_[0]{path} =~ s{:\w+}{1}gr }

$methods{path($_)}{$_->{method}} = 1 for @rows;

sub outcome {
    my ($reply) = @_;
    return join ' ', $reply->{status}, $reply->{json}{code},
                     $reply->{json}{message};
}

my $body = '{"username":"alice","email":"a@x.org","password":"password1"}';
my %body = (
    '/api/v1/auth/refresh' => '{"refresh_token":"' . '0' x 96 . '"}',
    '/api/v1/auth/reset-password' =>
        '{"new_password":"password2","token":"' . '0' x 80 . '"}',
    map { $_ => '{"old_password":"password1","new_password":"password2"}' }
        qw(/api/v1/users/change-password /api/v1/users/password),
);

for my $row (@rows) {
    my $path = path($row);
    my $method = $row->{method};
    my $auth = $row->{auth} || '';
    my $json = $row->{body} eq 'json';
    my %with = $json ? (body => $body{$path} || $body) : ();
    my @with = (token => $token, %with);

    if ($row->{body} eq 'upload') {
        my ($form, $type) = form(file('a.png', png()));
        @with = (token => $token, body => $form,
                 headers => { 'Content-Type' => $type });
    }

    if ($auth eq 'token' || $auth eq 'admin') {
        for my $case ([undef, '401 401 Missing authorization header'],
                      ['x', '401 401 Invalid token'],
                      [jwt({ user_id => 1, exp => 1 }),
                       '401 1005 Token expired'])
        {
            is(outcome($c->http($method => $path, %with,
                                token => $case->[0])),
               $case->[1], "$method $path: $case->[1]");
        }
    }

    for my $other (qw(GET POST PUT DELETE PATCH)) {
        next if $methods{$path}{$other};
        my $reply = $c->http($other => $path, token => $token);
        is(outcome($reply), '405 405 Method not allowed',
           "$path: not with $other");
        my %allow = map { $_ => 1 } split /, /, $reply->{headers}{allow};
        delete $allow{HEAD};
        is(join(' ', sort keys %allow), join(' ', sort keys %{$methods{$path}}),
           'but with those');
    }

    my $slash = outcome($c->http($method => "$path/", @with));

    if ($list{$path}) {
        isnt($slash, '404 404 Endpoint not found', "$path/ will do");

    } else {
        is($slash, '404 404 Endpoint not found', "$path/ is nowhere");
    }

    if ($json) {
        for my $wrong ('{', '[]', '"x"', "{\"a\":\"\xff\"}", '{} x',
                       '[' x 100)
        {
            is(outcome($c->http($method => $path, token => $token,
                                body => $wrong)),
               '400 400 Invalid request format', "$method $path: no JSON");
        }

        is($c->http($method => $path, token => $token,
                    body => ' ' x (256 * 1024) . '{}')->{status}, 400,
           'too large');
    }

    next if $row->{path} =~ /csrf/;

    my $reply = $c->http($method => $path, @with);

    is(outcome($reply), '503 503 Service unavailable',
       "$method $path: without confd");
    is($reply->{headers}{'retry-after'}, 1, 'and when to try again');
}

$c->start_confd;
ok(wait_for(sub {
    my $reply = $c->http(POST => '/api/v1/auth/register', body => $body);
    return $reply->{status} == 200;
}, 20), 'confd comes, and all is well');

# Nobody is shut out for what confd has not answered.

is($c->http(POST => '/api/v1/auth/login', body => $body)->{status}, 200,
   'a login');

$c->done;
done_testing;
