# The OpenAPI documents: served, valid by a validator that is not ours, with
# each row in them, and with examples that obey their own schemas.

use strict;
use warnings;

use Test::More;
use Conference qw(json_decode json_encode);
use Conference::Node;
use Conference::Process qw(spew);
use Conference::Rows;
use Cwd qw(abs_path);

my $root = abs_path('.');
my $tools = Conference::Node::packages('openapi');
my @apis = Conference::Rows::apis();

ok($tools, 'the validator is installed') or do { done_testing; exit 1 };
ok(@apis >= 2, "dialects: @apis");

my $c = Conference->new(confd => 0, locations => join '', map {
    "location = /openapi/$_.json { conf_openapi $_; gzip on; "
    . "gzip_types application/json; }\n"
    . "location = /chat/$_.json { conf_openapi $_ mount=/chat/; }\n"
} @apis);


# The validator's verdict and words.

sub checked {
    my ($text) = @_;
    my $file = $c->dir . '/openapi.json';

    spew($file, $text);
    local $ENV{OPENAPI_TOOLS} = $tools;
    my $words = `node "$root/t/openapi/check.mjs" <"$file" 2>&1`;

    return ($? == 0, $words);
}


sub broken {
    my ($text, $name, $change) = @_;
    my $doc = json_decode($text);

    $change->($doc);
    my ($good) = checked(json_encode($doc));
    ok(!$good, "which sees $name");
}

for my $api (@apis) {
    my $reply = $c->http(GET => "/openapi/$api.json");
    my $doc = $reply->{json};

    is($reply->{status}, 200, "$api is served");
    is($reply->{headers}{'content-type'}, 'application/json', 'as JSON');
    is($reply->{headers}{'content-length'}, length $reply->{body}, 'whole');

    my ($good, $words) = checked($reply->{body});
    ok($good, "valid, $words");

    # Each row, with its rate and its token.

    my $rows = 0;

    for my $row (Conference::Rows::rows($api)) {
        my ($method, $path, $rate) = @$row{qw(method path rate)};
        my $auth = $row->{auth} // '-';

        if ($row->{kind} eq 'message') {
            ok((grep { $_->{type} eq $path }
                @{$doc->{'x-websocket'}{messages}}), "message $path");
            next;
        }

        $rows++;
        (my $name = $path) =~ s/[:*](\w+)/{$1}/g;
        my $op = $doc->{paths}{$name}{lc $method};

        is($op->{summary}, $row->{summary}, "$method $path");
        is($op->{'x-rate-limit'}{count} || '-', ($rate // '') =~ /^(\d+)/ ? $1 : '-',
           'its rate');

        my $security = $op->{security} || [];
        my ($with) = grep { $_->{token} } @$security;
        my $need = !$with ? '-' : @{$with->{token}} ? $with->{token}[0]
                 : 'token';
        $need = "[$need]" if grep { !%$_ } @$security;
        is($need, $auth, 'its token');
        ok($op->{responses}{401} || $auth !~ /^\w/, '401 without it');
        is($row->{body} eq 'upload',
           exists $op->{requestBody}{content}{'multipart/form-data'},
           'its body');
    }

    ok($rows > 3, "$api: $rows rows");

    # Not again when it is known.

    my $etag = $reply->{headers}{etag};
    like($etag, qr/^"[0-9a-f]{8}-\d+"$/, 'a tag');
    is($c->http(GET => "/openapi/$api.json",
                headers => { 'If-None-Match' => $etag })->{status},
       304, 'not modified');

    my $head = $c->http(HEAD => "/openapi/$api.json");
    is($head->{status} . $head->{body}, '200', 'HEAD');
    is($c->http(POST => "/openapi/$api.json", json => {})->{status}, 405,
       'POST is no way');

    my $small = $c->http(GET => "/openapi/$api.json",
                         headers => { 'Accept-Encoding' => 'gzip' });
    is($small->{headers}{'content-encoding'}, 'gzip', 'by gzip');
    like($small->{headers}{etag}, qr/^W\//, 'with a weak tag');

    # Where it is mounted.

    ok(!exists $doc->{servers}, 'at the root');
    is($c->http(GET => "/chat/$api.json")->{json}{servers}[0]{url}, '/chat',
       'mount= tells the server');
}

# What the rows say, in detail.

my $doc = $c->http(GET => '/openapi/roomchat.json')->{json};
my $text = json_encode($doc);
my $op = $doc->{paths}{'/register'}{post};
my $schema = $op->{requestBody}{content}{'application/json'}{schema};

is_deeply($schema->{properties}{username},
          { type => 'string', minLength => 1, maxLength => 50 }, 'limits');
is_deeply($schema->{required}, ['username', 'password'], 'what is required');
ok($op->{requestBody}{required}, 'so is the body');
my $examples = $op->{responses}{200}{content}{'application/json'}{examples};

like($examples->{INVALID}{value}{msg}, qr/^\x{6ce8}\x{518c}/,
     "a row's own sentence");
is($examples->{NAME_TAKEN}{'$ref'}, '#/components/examples/NAME_TAKEN',
   'one of all rows');
is($op->{responses}{429}{headers}{'Retry-After'}{'$ref'},
   '#/components/headers/Retry-After', 'Retry-After');

$op = $doc->{paths}{'/static/files/{name}'}{get};
is($op->{parameters}[0]{in} . $op->{parameters}[0]{name}, 'pathname',
   'a parameter of the path');
is_deeply($op->{security}, [{ token => [] }, { query => [] }],
          'a token in the query will do for files');
ok($op->{responses}{404}{content}{'text/plain'}, 'plain text');

$op = $doc->{paths}{'/api/message/list'}{get};
is((grep { $_->{name} eq 'order' } @{$op->{parameters}})[0]{schema}{enum}[0],
   'asc', 'an enum in the query');
is_deeply($doc->{paths}{'/ws/join'}{get}{responses}{101}{description},
          'WebSocket', 'an upgrade');

my $closes = $c->http(GET => '/openapi/meeting.json')->{json}
               ->{'x-websocket'}{closes};
is((grep { $_->{code} == 4002 } @$closes)[0]{reason}, 'meeting ended',
   'close codes');

# The validator is one.

broken($text, 'a wrong version', sub { $_[0]{openapi} = '3.1' });
broken($text, 'a wrong place', sub {
    $_[0]{paths}{'/static/files/{name}'}{get}{parameters}[0]{in} = 'nowhere';
});
broken($text, 'a wrong example', sub {
    $_[0]{components}{examples}{TOKEN_ABSENT}{value} = { x => 1 };
});

$c->done;
done_testing;
