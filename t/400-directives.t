# What nginx -t says to every directive, right and wrong.

use strict;
use warnings;

use Test::More;
use Conference;
use Conference::JWT;
use Conference::Process qw(slurp spew);

my $c = Conference->new(start => 0, confd => 0);
my $dir = $c->dir;
my $secret = $Conference::JWT::Secret;

spew("$dir/good", "$secret\r\n");
spew("$dir/short", "short\n");
spew("$dir/empty", '');
spew("$dir/large", 'x' x 5000);
mkdir "$dir/folder";

my $zone = 'conf_zone main:2m;';
my $backend = 'conf_backend unix:/nowhere;';
my $key = "conf_jwt_secret $secret;";
my $api = 'location / { conf_api roomchat; }';

# The sanitizers find what nginx -t leaves to the system.
local $ENV{ASAN_OPTIONS} = join ':', grep { defined && length }
                           $ENV{ASAN_OPTIONS}, 'detect_leaks=0';

sub check {
    my (%part) = @_;

    @$c{qw(http server locations main)} = map { defined $_ ? $_ : '' }
        @part{qw(http server locations main)};
    spew("$dir/nginx.conf", $c->conf);

    my $out = `$c->{nginx_binary} -t -e stderr -p $dir -c $dir/nginx.conf 2>&1`;
    my @lines = grep { /\[emerg\]/ } split /\n/, $out;

    s/^.*\[emerg\] [\d#: ]*//, s/\Q$dir\E/DIR/g for @lines;
    return ($?, join("\n", @lines), $out);
}

sub good {
    my ($name, %part) = @_;
    my ($rc, undef, $out) = check(%part);

    ok($rc == 0 && $out =~ /test is successful/, $name) or diag($out);
}

# want: the whole sentence, without where it stands.

sub bad {
    my ($name, $want, %part) = @_;
    my ($rc, $said, $out) = check(%part);

    s/ in DIR\/nginx.conf:\d+$// for $said;
    ok($rc != 0, "$name: refused");
    is($said, $want, 'with a sentence') or diag($out);
    unlike($out, qr/Sanitizer|runtime error/, 'and nothing else');
}

# The same text at one of the levels, with all that a location needs.

sub at {
    my ($level, $text, $api_text) = @_;
    my %part = (http => "$zone $backend $key", server => '',
                locations => "location / { %s conf_api roomchat; }");

    if ($level eq 'location') {
        $part{locations} =~ s/%s/$text/;
    } else {
        $part{$level} .= " $text";
        $part{locations} =~ s/%s//;
    }

    return %part;
}

# Contexts: a value that is right, and where it may stand

my @all = qw(http server location);
my %right = (
    conf_jwt_secret => [$secret, @all],
    conf_token_ttl => ['1h', @all],
    conf_rate_limit => ['off', @all],
    conf_allowed_origins => ['https://a.example http://b:8080', @all],
    conf_turn_uri => ['stun:a.example turn:b:3478?transport=udp', @all],
    conf_turn_secret => ['shared', @all],
    conf_ws_ping => ['10s', @all],
    conf_ws_timeout => ['40s', @all],
    conf_ws_max_message => ['32k', @all],
    conf_ws_queue => ['512k', @all],
    conf_body_max => ['1m', @all],
    conf_upload_max => ['1g', @all],
    conf_files => ["$dir/files", @all],
    conf_zone => ['main:2m', 'http'],
    conf_backend => ['unix:/nowhere', 'http'],
    conf_backend_timeout => ['2s', 'http'],
    conf_api => ['roomchat', 'location'],
    conf_openapi => ['meeting mount=/a/', 'location'],
    conf_status => ['', 'location'],
    conf_status_step => ['1s', 'http'],
);

for my $name (sort keys %right) {
    my ($value, @levels) = @{$right{$name}};
    my %may = map { $_ => 1 } @levels;

    for my $level (@all) {
        my %part = at($level, "$name $value;");

        # What at() has given already would be there twice.
        $part{http} =~ s/\b$name [^;]*;// if $name =~ /zone|_backend$|secret/;
        $part{locations} =~ s/conf_api roomchat;// if $name =~ /^conf_(?:status|openapi)$/;
        $part{locations} =~ s/conf_api roomchat; conf_api/conf_api/;

        if ($may{$level}) {
            good("$name in $level", %part);
        } else {
            bad("$name in $level",
                "\"$name\" directive is not allowed here", %part);
        }
    }

    my ($level) = $levels[-1];
    next if $value eq '';

    my %twice = at($level, "$name $value; $name $value;");
    $twice{http} =~ s/\b$name [^;]*;//
        if $level eq 'http' && $name =~ /zone|_backend$/;
    $twice{locations} =~ s/ conf_api roomchat; }/ }/ if $name eq 'conf_api';
    bad("$name twice", "\"$name\" directive is duplicate", %twice);

    bad("$name without a value",
        "invalid number of arguments in \"$name\" directive",
        at($level, "$name;"));
}

# Values

my @wrong = (
    ['conf_api nothing', 'conf_api: unknown API "nothing"'],
    ['conf_api Roomchat', 'conf_api: unknown API "Roomchat"'],
    ['conf_api roomchat prefix=/', 'conf_api: "prefix=/" is not mount=/path'],
    ['conf_api roomchat mount=chat',
     'conf_api: "mount=chat" is not mount=/path'],
    ['conf_api roomchat mount=', 'conf_api: "mount=" is not mount=/path'],
    ['conf_api roomchat mount=/ x',
     'invalid number of arguments in "conf_api" directive'],
    ['conf_zone main', 'conf_zone: "main" is not name:size'],
    ['conf_zone :2m', 'conf_zone: ":2m" is not name:size'],
    ['conf_zone main:', 'conf_zone: size "" is wrong or less than 1m'],
    ['conf_zone main:x', 'conf_zone: size "x" is wrong or less than 1m'],
    ['conf_zone main:-1', 'conf_zone: size "-1" is wrong or less than 1m'],
    ['conf_zone main:1023k',
     'conf_zone: size "1023k" is wrong or less than 1m'],
    ['conf_backend /nowhere', 'conf_backend: "/nowhere" is not unix:/path'],
    ['conf_backend 127.0.0.1:80',
     'conf_backend: "127.0.0.1:80" is not unix:/path'],
    ['conf_backend unix:', 'conf_backend: "unix:" is not unix:/path'],
    ['conf_backend unix:/' . 'x' x 200,
     'conf_backend: too long path in the unix domain socket in "unix:/'
     . 'x' x 200 . '"'],
    ['conf_backend_timeout x',
     '"conf_backend_timeout" directive invalid value'],
    ['conf_backend_timeout 0', 'conf_backend_timeout must not be 0'],
    ['conf_status_step 999ms', 'conf_status_step must be at least 1s'],
    ['conf_jwt_secret short',
     'conf_jwt_secret: the secret has 5 bytes, at least 32 are needed'],
    ['conf_jwt_secret ""',
     'conf_jwt_secret: the secret has 0 bytes, at least 32 are needed'],
    ['conf_jwt_secret ' . 'x' x 31,
     'conf_jwt_secret: the secret has 31 bytes, at least 32 are needed'],
    ["conf_jwt_secret file=$dir/short",
     'conf_jwt_secret: the secret has 5 bytes, at least 32 are needed'],
    ["conf_jwt_secret file=$dir/empty",
     'conf_jwt_secret: the secret has 0 bytes, at least 32 are needed'],
    ["conf_jwt_secret file=$dir/none",
     'conf_jwt_secret: cannot open "DIR/none" (2: No such file or directory)'],
    ["conf_jwt_secret file=$dir/folder",
     'conf_jwt_secret: cannot read "DIR/folder" (21: Is a directory)'],
    ["conf_jwt_secret file=$dir/large",
     'conf_jwt_secret: "DIR/large" has more than 4096 bytes'],
    ['conf_token_ttl x', '"conf_token_ttl" directive invalid value'],
    ['conf_token_ttl 0', 'conf_token_ttl must be at least 1s'],
    ['conf_token_ttl 999ms', 'conf_token_ttl must be at least 1s'],
    ['conf_rate_limit yes', 'invalid value "yes" in "conf_rate_limit" '
     . 'directive, it must be "on" or "off"'],
    ['conf_ws_ping x', '"conf_ws_ping" directive invalid value'],
    ['conf_ws_ping 0', 'conf_ws_timeout must be longer than conf_ws_ping'],
    ['conf_ws_ping 75s', 'conf_ws_timeout must be longer than conf_ws_ping'],
    ['conf_ws_timeout 30s',
     'conf_ws_timeout must be longer than conf_ws_ping'],
    ['conf_ws_timeout x', '"conf_ws_timeout" directive invalid value'],
    ['conf_ws_max_message x',
     '"conf_ws_max_message" directive invalid value'],
    ['conf_ws_max_message 1023',
     'conf_ws_max_message must be between 1k and 256k'],
    ['conf_ws_max_message 262145',
     'conf_ws_max_message must be between 1k and 256k'],
    ['conf_ws_queue x', '"conf_ws_queue" directive invalid value'],
    ['conf_ws_queue 127k',
     'conf_ws_queue must be at least twice conf_ws_max_message'],
    ['conf_body_max x', '"conf_body_max" directive invalid value'],
    ['conf_body_max 0', 'conf_body_max must be between 1k and 16m'],
    ['conf_body_max 17m', 'conf_body_max must be between 1k and 16m'],
    ['conf_upload_max x', '"conf_upload_max" directive invalid value'],
    ['conf_upload_max 0', 'conf_upload_max must be at least 1k'],
    ['conf_allowed_origins example.org', 'conf_allowed_origins: '
     . '"example.org" is not scheme://host[:port]'],
    ['conf_allowed_origins https://a/', 'conf_allowed_origins: '
     . '"https://a/" is not scheme://host[:port]'],
    ['conf_allowed_origins https://', 'conf_allowed_origins: '
     . '"https://" is not scheme://host[:port]'],
    ['conf_allowed_origins same https://a',
     'conf_allowed_origins: "same" is not scheme://host[:port]'],
    ['conf_turn_uri http://a', 'conf_turn_uri: "http://a" is not a stun: or '
     . 'turn: address'],
);

for my $row (@wrong) {
    my ($text, $want) = @$row;
    my ($name) = $text =~ /^(\w+)/;
    my $level = $right{$name}[-1];
    my %part = at($level, "$text;");

    $part{http} =~ s/\b$name [^;]*;// if $level eq 'http'
                                         && $name =~ /zone|_backend$/;
    $part{locations} =~ s/ conf_api roomchat; }/ }/ if $name eq 'conf_api';
    bad($text, $want, %part);
}

for my $text (
    "conf_jwt_secret file=$dir/good", 'conf_jwt_secret file=good',
    'conf_allowed_origins same', 'conf_allowed_origins any',
    'conf_allowed_origins https://a.example:8443', 'conf_ws_max_message 256k',
    'conf_ws_max_message 1k', 'conf_ws_queue 128k', 'conf_body_max 1k',
    'conf_token_ttl 1s', 'conf_files relative', 'conf_upload_max 8g',
) {
    good($text, at('location', "$text;"));
}

good('the smallest zone', at('http', 'conf_backend_timeout 1ms;'),
     http => "conf_zone main:1m; $backend $key");

# Contexts of nginx that are none of ours

for my $row (['if', 'location / { if ($arg_a) { conf_api roomchat; } }'],
             ['limit_except',
              'location / { limit_except GET { conf_api roomchat; } }'])
{
    bad("conf_api in $row->[0]", '"conf_api" directive is not allowed here',
        http => "$zone $backend $key", locations => $row->[1]);
}

bad('conf_zone at the top', '"conf_zone" directive is not allowed here',
    main => $zone);

# What belongs together

bad('no zone', 'conf_api and conf_status need conf_zone in the http block',
    http => "$backend $key", locations => $api);
bad('no backend',
    'conf_api and conf_status need conf_backend in the http block',
    http => "$zone $key", locations => $api);
bad('no secret', 'conf_api needs conf_jwt_secret',
    http => "$zone $backend", locations => $api);
for my $case (
    ['nothing', 'conf_openapi: unknown API "nothing"'],
    ['', 'invalid number of arguments in "conf_openapi" directive'],
    ['meeting mount=x', 'conf_openapi: "mount=x" is not mount=/path'],
    ['meeting; conf_openapi roomchat', '"conf_openapi" directive is duplicate'])
{
    bad("conf_openapi $case->[0]", $case->[1],
        locations => "location / { conf_openapi $case->[0]; }");
}

good('conf_openapi alone',
    locations => 'location / { conf_openapi roomchat; }');

bad('conf_status alone',
    'conf_api and conf_status need conf_zone in the http block',
    locations => 'location / { conf_status; }');
bad('a zone that has the name of another', 'the shared memory zone "main" is '
    . 'already declared for a different use', http =>
    "$zone $backend $key limit_req_zone \$uri zone=main:1m rate=1r/s;",
    locations => $api);
bad('a regular expression without mount', '"conf_api" directive needs '
    . 'mount=/path in a location by regular expression or name',
    http => "$zone $backend $key", locations =>
    'location ~ ^/a { conf_api roomchat; }');
bad('a name without mount', '"conf_api" directive needs '
    . 'mount=/path in a location by regular expression or name',
    http => "$zone $backend $key", locations =>
    'location @a { conf_api roomchat; }');

good('with mount', http => "$zone $backend $key", locations =>
     'location ~ ^/a { conf_api roomchat mount=/; } '
     . 'location @a { conf_api roomchat mount=/b; }');
good('not used at all', locations => 'location / { return 200; }');
good('a zone that no location uses', http => "$zone $backend $key");
good('no secret where no API is', http => "$zone $backend",
     server => $key, locations => $api);
good('one secret a location', http => "$zone $backend", locations =>
     "location /a { $key conf_api roomchat; } location /b { "
     . "conf_jwt_secret another-$secret; conf_api roomchat; }");

# Directives that this file does not know have a test of their own; none is
# left out silently.

my %other = map { $_ => 1 } qw(conf_log_mask conf_metrics conf_health
                               conf_ws_deflate conf_ws_echo
                               conf_rate_scale conf_refresh_ttl
                               conf_password_min);

for my $name (slurp('ngx_conf_module/ngx_http_conference_module.c')
              =~ /ngx_string\("(conf_\w+)"\)/g)
{
    ok($right{$name} || $other{$name}, "$name is tested");
}

$c->done;
done_testing;
