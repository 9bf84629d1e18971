# The README says what the sources say: endpoints and messages, directives
# with their contexts, the examples.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference;
use Conference::Process qw(slurp spew);
use Conference::Rows;

my $readme = slurp('README');
my $module = slurp('ngx_conf_module/ngx_http_conference_module.c');

# Endpoints

for my $name (Conference::Rows::apis()) {
    my $api = `auto/api $name`;
    is($?, 0, "auto/api $name");

    (my $indented = $api) =~ s/^(?=.)/    /gm;
    ok(index($readme, $indented) >= 0,
       'the README has what it prints') or diag($indented);

    # It sees every row.

    my $said = () = $api =~ /^\S.*(?:token\]?|admin|-) +\S+$/mg;
    my $there = () = Conference::Rows::rows($name);
    is($said, $there, 'all rows');
    cmp_ok($there, '>', 25, 'which are many');
}

# Directives

my ($table) = $readme =~ /^Directives\n(.*?)^Roomchat\n/ms;
my %known;

while ($module =~ /ngx_string\("(conf_\w+)"\),\n(.*?),/gs) {
    my ($name, $flags) = ($1, $2);
    my $contexts = join '', map { $flags =~ /$$_[0]/ ? $$_[1] : '' }
                   ['MAIN_CONF', 'M'], ['SRV_CONF', 'S'], ['LOC_CONF', 'L'];

    $known{$name} = 1;
    my ($row) = $table =~ /^    $name\b(.*?)(?=^    \S|\n\n)/ms;
    ok(defined $row, "$name has a row") or next;

    my ($default, $where) = $row =~ /\s(\S+) {2,}([MSL]+)(?:\s|$)/;
    is($where, $contexts, "$name: where");

    # The default is what the source sets.
    my ($field) = $name =~ /^conf_(.*)/;
    my ($set) = $module =~ /ngx_conf_(?:merge|init)_\w+value\((?:conf|cmcf)
                            ->$field,\s*(?:prev->$field,\s*)?([^;]*)\);/x;
    next unless defined $set && $set =~ /^[\d *]+$/;

    is($default, human(eval $set, $name), "$name: default $set");
}

cmp_ok(scalar keys %known, '>=', 16, 'directives');

for my $name ($readme =~ /(?<!\$)\b(conf_[a-z_]+)\b(?!\.)/g) {
    ok($known{$name}, "$name exists") unless $known{$name};
}

# And each variable

my $variables = slurp('ngx_conf_module/ngx_http_conference_variable.c');

for my $name ($variables =~ /ngx_string\("(conf_[a-z]+)"\)/g) {
    like($readme, qr/^ {4}\$$name\s/m, "\$$name is told");
}

for my $name ($readme =~ /\$(conf_[a-z_]+)/g) {
    like($variables, qr/ngx_string\("$name"\)/, "\$$name exists");
}

# A number as the README writes it.

sub human {
    my ($n, $name) = @_;

    if ($name =~ /ttl|ping|timeout|step/) {
        return $n % 3600000 == 0 ? $n / 3600000 . 'h' : $n / 1000 . 's';
    }

    return $n ? 'on' : 'off' if $n < 2;
    return $n % (1 << 20) ? ($n >> 10) . 'k' : ($n >> 20) . 'm';
}

# The minimal configuration is one

{
    my $c = Conference->new(start => 0, confd => 0);
    my $dir = $c->dir;
    my ($text) = $readme =~ /^(    load_module .*?^    \})/ms;

    $text =~ s/^ *load_module .*//m;
    $text =~ s{unix:/run/confd/}{unix:$dir/};
    $text =~ s{/var/lib/nginx/conference}{$dir/files};
    $text =~ s/location/listen 127.0.0.1:$c->{port}; location/;
    spew("$dir/jwt.secret", '0' x 64);

    $text = join '', (map { "load_module $_;\n" } split ' ',
                      $ENV{TEST_NGINX_LOAD_MODULES} || ''),
            ($> == 0 ? "user root;\n" : ''),
            "pid $dir/nginx.pid; error_log $dir/error.log; events { }\n",
            $text;
    $text =~ s/http \{/http { client_body_temp_path $dir\/a;
        proxy_temp_path $dir\/b; fastcgi_temp_path $dir\/c;
        uwsgi_temp_path $dir\/d; scgi_temp_path $dir\/e;/;
    spew("$dir/nginx.conf", $text);

    local $ENV{ASAN_OPTIONS} = join ':', grep { defined && length }
                               $ENV{ASAN_OPTIONS}, 'detect_leaks=0';
    my $out = `$c->{nginx_binary} -t -e stderr -p $dir -c $dir/nginx.conf 2>&1`;
    like($out, qr/test is successful/, 'the minimal nginx.conf') or diag($text);
    $c->done;
}

# Files and commands that it names are there

for my $path ($readme =~ /\b((?:auto|conf|t|bench)\/[\w.]+)\b/g) {
    ok(-e $path, "$path is there");
}

done_testing;
