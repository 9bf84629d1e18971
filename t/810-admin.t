# The administration page of the example configuration, in headless Chromium;
# t/browser/admin.mjs drives it.
#
#   PAGE_SHOTS=DIR prove -It/lib t/810-admin.t     leaves screenshots there

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);
use Conference::Page;

my $c = Conference::Page::server(http_extra => 'conf_status_step 1s;');
my $page = $c->http(GET => '/admin/');

is($page->{status}, 200, 'the page');
like($page->{headers}{'content-security-policy'},
     qr/^default-src 'self'(?!.*unsafe)/, 'with a strict policy');
unlike($page->{body}, qr/<script>|<style|\sstyle=|\son\w+=|https?:/,
       'nothing inline, nothing from elsewhere');

# Who is there: an admin, some users, one whose nickname is markup.

sub api {
    my ($method, $path, $token, $json) = @_;
    return $c->http($method => "/api/v1/$path", token => $token,
                    json => $json || {});
}

sub login {
    my ($name) = @_;
    return api(POST => 'auth/login', undef,
               { username => $name, password => 'password1' })
           ->{json}{data}{token};
}

for my $name (qw(root alice mallory strange), map { "user$_" } 1 .. 20) {
    my $reply = api(POST => 'auth/register', undef, {
        username => $name, email => "$name\@example.org",
        password => 'password1',
        nickname => $name eq 'strange' ? '<img src=x onerror=1>' : '',
    });
    is($reply->{status}, 200, $name) if $name !~ /^user/;
}

is($c->confd->command('admin', 'root'), 0, 'an admin');

Conference::Page::run($c, 'admin.mjs',
    alice_banned => sub { !defined login('alice') },

    alice_free => sub { defined login('alice') },

    # All of the admin's logins end.
    root_out => sub {
        return api(POST => 'users/change-password', login('root'), {
            old_password => 'password1', new_password => 'password2',
        })->{status} == 200;
    },
);

$c->done;
done_testing;
