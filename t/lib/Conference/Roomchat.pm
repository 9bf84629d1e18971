package Conference::Roomchat;

# For block files of the roomchat dialect, behind Conference::Suite: what is
# there before the first block, and blocks that read as a conversation.
#
#   use Test::Nginx::Socket 'no_plan';
#   use Conference::Suite confd_config => "scrypt_log_n 10\n";
#   use Conference::Roomchat;
#
#   users(qw(alice bob));          # ids from 1, password "password1"
#   room('alice', 'bob');          # id 1, owned by alice; name room1
#   run_tests();
#   __DATA__
#   === a block
#   --- steps
#   alice GET /api/room/list
#   - POST /login {"username":"alice",
#     "password":"password1"}
#   --- reply
#   {"code":0,"msg":"...","data":[{"ID":1,
#     "CreatedAt":"<time>"}]}
#
#   HTTP 401
#   {"error":"..."}
#
# A step is a user ("-": nobody), a method, a path and a body.  A paragraph
# of reply is one answer, 200 unless it says so, compared byte by byte but for
# <time> (RFC 3339), <local> (date and time), <day>, <n> (a number), <small>
# (one from 1 to 999), <jwt>, <hex> and <...> (anything).  Lines that are
# indented go on with the line before.  The media type is checked too.

use strict;
use warnings;

use Conference::JWT qw(jwt);
use Conference::Rpc;
use Exporter ();

our @ISA = ('Exporter');
our @EXPORT = qw(users user_id room member ban message token ask rpc);

my (%id, $rpc, $rooms);

my %pattern = (
    'time' => '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?'
              . '(?:Z|[+-]\d\d:\d\d)',
    'local' => '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d',
    'day' => '\d{4}-\d\d-\d\d',
    'n' => '(?:0|[1-9]\d*)',
    'small' => '[1-9]\d{0,2}',
    'jwt' => '[\w-]+\.[\w-]+\.[\w-]{43}',
    'hex' => '[0-9a-f]{32}',
    '...' => '.*?',
);


sub rpc {
    if (!$rpc) {
        $rpc = Conference::Rpc->new($ENV{TEST_NGINX_CONFD_SOCKET})
            or die "no confd at $ENV{TEST_NGINX_CONFD_SOCKET}\n";
        $rpc->hello(node => 77);
    }

    return $rpc;
}


# The body of confd's reply.

sub ask {
    my ($op, $body) = @_;
    my $reply = rpc()->call($op, $body, 60) or die "confd: no reply to $op\n";

    die "confd: $op: $reply->{error}\n" if defined $reply->{error};
    return $reply->{body};
}


sub users {
    for my $name (@_) {
        my $user = ask(USER_REGISTER => [$name, 'password1', '', '', '']);
        $id{$name} = $user->[0];
    }
}


sub user_id {
    my ($name) = @_;

    die "no user $name\n" unless defined $id{$name};
    return $id{$name};
}


sub room {
    my ($owner, @members) = @_;
    my $name = 'room' . ++$rooms;
    my $room = ask(ROOM_CREATE => [user_id($owner), $name, 'test room'])->[0];

    member($room, $owner, $_) for @members;
    return $room;
}


# role: 1 member, 2 admin.

sub member {
    my ($room, $who, $name, $role) = @_;
    ask(MEMBER_ADD => [user_id($who), $room, user_id($name), '', $role || 1]);
}


# until: seconds since 1970; 0: for ever.

sub ban {
    my ($name, $until) = @_;
    ask(USER_BAN => [user_id($name), Conference::Rpc::bool(1),
                     $until * 1000, '']);
}


sub message {
    my ($room, $who, $text) = @_;
    return ask(MESSAGE_POST => [user_id($who), $room, 'text', "$text",
                                Conference::Rpc::bool(0), ''])->[0];
}


sub token {
    my ($name, %claims) = @_;
    return jwt({ user_id => user_id($name), exp => time + 3600, %claims });
}


sub joined {
    my ($text) = @_;
    my @lines;

    for my $line (split /\n/, $text) {
        next if $line !~ /\S/;

        if ($line =~ /^\s+(.*?)\s*$/ && @lines) {
            $lines[-1] .= $1;
        } else {
            push @lines, $line;
        }
    }

    return @lines;
}


sub step {
    my ($block, $line) = @_;

    die $block->name . ": bad step: $line\n" unless
        $line =~ /^(\S+) ([A-Z]+) (\S+)(?: (.*))?$/;

    my ($who, $request, $body) = ($1, "$2 $3", $4);

    $request .= "\n$body" if defined $body;
    return ($request, $who eq '-' ? '' : 'Authorization: Bearer '
                                         . token($who));
}


sub pattern {
    my ($text) = @_;
    my $out = '';

    for my $part (split /(<(?:time|local|day|n|small|jwt|hex|\.\.\.)>)/, $text) {
        $out .= $part =~ /^<(.*)>$/ && $pattern{$1} ? $pattern{$1}
                                                     : quotemeta $part;
    }

    return qr/\A$out\z/s;
}


sub reply {
    my ($text) = @_;

    my $status = $text =~ s/^HTTP (\d+)\n// ? $1 : 200;
    my $type = $status == 404 ? 'text/plain'
                              : 'application/json; charset=utf-8';
    my $body = join '', joined($text);

    utf8::encode($body) if utf8::is_utf8($body);
    return ($status, "Content-Type: $type", pattern($body));
}


sub prepare {
    my ($block) = @_;
    my %s;

    return unless defined $block->steps;

    for my $line (joined($block->steps)) {
        my ($request, $header) = step($block, $line);
        push @{$s{request}}, $request;
        push @{$s{more_headers}}, $header;
    }

    for my $text (split /\n\s*\n/, $block->reply) {
        my ($status, $type, $body) = reply($text);
        push @{$s{error_code}}, $status;
        push @{$s{response_headers}}, $type;
        push @{$s{response_body}}, $body;
    }

    die $block->name . ': ' . @{$s{request}} . ' steps, '
        . @{$s{response_body}} . " replies\n"
        if @{$s{request}} != @{$s{response_body}};

    # A list of one is given as in any other block.

    if (@{$s{request}} == 1) {
        $_ = $_->[0] for values %s;
    }

    $block->set_value($_ => $s{$_}) for grep { !defined $block->$_ } keys %s;
}


sub import {
    my $caller = caller;

    $caller->can('add_block_preprocessor')->(\&prepare);
    __PACKAGE__->export_to_level(1, @_);
}


1;
