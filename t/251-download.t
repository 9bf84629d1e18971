# Downloads: who gets a file, how it is served, and what a browser may do.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Files qw(field file form png);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my $f = Conference::Files->new(workers => 2);
my $c = $f->c;

sub url {
    my ($reply) = @_;
    return $reply->{json}{data}{file_url};
}

sub absent {
    my ($reply, $name) = @_;

    is($reply->{status}, 404, "$name: 404");
    is($reply->{body}, '404 page not found', 'the answer');
}

my $text = join '', map { "line $_\n" } 1 .. 1000;
my $url = url($f->upload('alice', file('notes.txt', $text)));
my $image = url($f->upload('alice', file('cat.png', png(100))));
my $avatar = $f->avatar('alice', file('me.png', png(50)))
             ->{json}{data}{avatar};
my ($name) = $url =~ m{([^/]+)$};

# Who

is($f->as(alice => GET => $url)->{body}, $text, 'who sent it');
is($f->as(bob => GET => $url)->{body}, $text, 'another member');

for my $token ($f->token('bob'), 'Bearer%20' . $f->token('bob'),
               'bearer+' . $f->token('bob'))
{
    is($c->http(GET => "$url?token=$token")->{body}, $text,
       'token in the query');
}

is($c->http(GET => "$url?a=1&token=" . $f->token('bob') . '&b=2')->{status},
   200, 'among other arguments');

for my $row (['none', $url], ['an empty one', "$url?token="],
             ['garbage', "$url?token=a.b.c"],
             ['a cut one', "$url?token=" . substr $f->token('bob'), 0, -1])
{
    my $reply = $c->http(GET => $row->[1]);
    is($reply->{status}, 401, "$row->[0]: 401");
    like($reply->{json}{error}, qr/token|Authorization/, 'in its form');
    unlike($reply->{raw}, qr/line/, 'nothing of the file');
}

absent($f->as(eve => GET => $url), 'an outsider');
is($c->http(GET => $avatar)->{body}, png(50), 'an avatar is public');
is($f->as(eve => GET => $avatar)->{status}, 200, 'with any token');
is($c->http(GET => $avatar, headers => { Authorization => 'x' })->{status},
   200, 'even a bad one');

# The public path does not open what belongs to a room.

absent($c->http(GET => "/static/avatars/$name"), 'as an avatar');
absent($f->as(eve => GET => "/static/avatars/$name"), 'by an outsider');
absent($f->as(bob => GET => "/static/avatars/$name"), 'by a member');

# Names

for my $path ('none.png', '..%2f..%2fconfd.sock', '%2e%2e%2fnginx.conf',
              '../../nginx.conf', '.' . $name, "$name/", "$name%2f",
              "./$name/../../../nginx.conf", 'x' x 65, 'x' x 2000, '',
              uc $name, "$name%20", '%F0%9F%98%80', '%ff')
{
    absent($f->as(bob => GET => "/static/files/$path"),
           substr $path, 0, 30);
}

is($f->as(bob => GET => "/static/files/$name%00.png")->{status}, 400,
   'NUL');
absent($f->as(bob => POST => $url), 'POST');
absent($f->as(bob => DELETE => $url), 'DELETE');

# How

my $full = $f->as(bob => GET => $url);
my %h = %{$full->{headers}};

is($h{'content-type'}, 'text/plain', 'type');
is($h{'content-length'}, length $text, 'length');
is($h{'accept-ranges'}, 'bytes', 'ranges');
is($h{'x-content-type-options'}, 'nosniff', 'nosniff');
is($h{'content-security-policy'}, "default-src 'none'; sandbox", 'sandbox');
is($h{'cache-control'}, 'private, max-age=86400', 'for one browser');
like($h{etag}, qr/^"[0-9a-f]+-[0-9a-f]+"$/, 'ETag');
like($h{'last-modified'}, qr/ GMT$/, 'Last-Modified');

my $head = $f->as(bob => HEAD => $url);
delete @{$_}{qw(date)} for $head->{headers}, \%h;
is_deeply([$head->{status}, $head->{body}], [200, ''], 'HEAD');
is_deeply($head->{headers}, \%h, 'has the same headers');

for my $row (['bytes=0-3', 'line', '0-3'], ['bytes=-5', "1000\n",
             length($text) - 5 . '-' . (length($text) - 1)],
             ['bytes=' . (length($text) - 1) . '-', "\n",
              length($text) - 1 . '-' . (length($text) - 1)])
{
    my ($range, $want, $is) = @$row;
    my $reply = $f->as(bob => GET => $url, headers => { Range => $range });

    is($reply->{status}, 206, "Range: $range");
    is($reply->{body}, $want, 'its bytes');
    is($reply->{headers}{'content-range'}, "bytes $is/" . length $text,
       'Content-Range');
}

my $parts = $f->as(bob => GET => $url, headers =>
                   { Range => 'bytes=0-3,5-5' });
like($parts->{headers}{'content-type'}, qr{^multipart/byteranges}, 'two');
is($f->as(bob => GET => $url, headers => { Range => 'bytes=99999-' })
   ->{status}, 416, 'beyond the end');
is($f->as(bob => GET => $url, headers =>
          { Range => 'bytes=0-3', 'If-Range' => $h{etag} })->{status}, 206,
   'If-Range');
is($f->as(bob => GET => $url, headers =>
          { Range => 'bytes=0-3', 'If-Range' => '"other"' })->{status}, 200,
   'If-Range of another');

for my $row (['If-Modified-Since', $h{'last-modified'}, 304],
             ['If-None-Match', $h{etag}, 304],
             ['If-None-Match', '"other"', 200],
             ['If-Modified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT', 200],
             ['If-Match', '"other"', 412])
{
    my $reply = $f->as(bob => GET => $url,
                       headers => { $row->[0] => $row->[1] });
    is($reply->{status}, $row->[2], "$row->[0]: $row->[1]");
    is($reply->{body}, '', 'no body') if $row->[2] == 304;
}

absent($f->as(eve => GET => $url, headers => { 'If-None-Match' => $h{etag} }),
       'an outsider who knows the ETag');

# What a browser may do with it

sub disposition {
    my ($title, $bytes) = @_;
    my $reply = $f->as(bob => GET => url($f->upload('alice',
                                                    file($title, $bytes))));

    is($reply->{body}, $bytes, "$title: the bytes");
    return @{$reply->{headers}}{qw(content-type content-disposition)};
}

my $html = '<html><script>alert(1)</script>';
my $svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';

for my $row (
    ['a.html', $html, 'text/plain', "attachment; filename*=UTF-8''a.html"],
    ['a.svg', $svg, 'text/plain', "attachment; filename*=UTF-8''a.svg"],
    ['a.js', 'alert(1)', 'text/plain', "attachment; filename*=UTF-8''a.js"],
    ['a.pdf', "%PDF-1.7\n", 'application/pdf',
     "attachment; filename*=UTF-8''a.pdf"],
    ['a.exe', "MZ\0\0", 'application/octet-stream',
     "attachment; filename*=UTF-8''a.exe"],
    ['a.png', png(), 'image/png', "inline; filename*=UTF-8''a.png"],
    ['x.html', png(), 'image/png', "inline; filename*=UTF-8''x.html"],
    ['..', 'text', 'text/plain', 'attachment'],
    ['猫 "1";%.txt', 'text', 'text/plain',
     "attachment; filename*=UTF-8''%E7%8C%AB%20%221%22%3B%25.txt"],
) {
    my ($title, $bytes, $type, $want) = @$row;
    (my $sent = $title) =~ s/"/\\"/g;
    my @got = disposition($sent, $bytes);

    is_deeply(\@got, [$type, $want], 'type and disposition');
}

{
    # A title cannot add a header.
    my ($body, $type) = form(field(room_id => 1),
                             file("a\r\nX-Evil: 1", 'text'));
    my $reply = $f->body('alice', '/api/message/upload', $body, $type);
    is($reply->{json}{code}, 1, 'a title of two lines is refused');

    ($body, $type) = form(field(room_id => 1), "Content-Disposition: "
        . "form-data; name=\"file\"; filename*=UTF-8''a%0d%0aX-Evil:%201"
        . "\r\n\r\ntext");
    $reply = $f->body('alice', '/api/message/upload', $body, $type);
    my $got = $f->as(bob => GET => url($reply) || '/');
    ok(!exists $got->{headers}{'x-evil'}, 'nor by percent signs');
}

# Much, on one connection, with a slow reader

{
    my $big = join '', map { pack 'N', $_ * 2654435761 % 2 ** 32 }
              1 .. 1_500_000;
    my $big_url = url($f->upload('alice', file('big', $big)));
    my $token = $f->token('bob');

    ok($f->as(bob => GET => $big_url)->{body} eq $big, 'six megabytes');

    my $sock = $c->connect;
    my $in = '';

    syswrite $sock, "GET $big_url?token=$token HTTP/1.1\r\nHost: a\r\n\r\n"
                    . "GET $avatar HTTP/1.1\r\nHost: a\r\n"
                    . "Connection: close\r\n\r\n";
    select undef, undef, undef, 0.2;
    1 while sysread $sock, $in, 65536, length $in;

    my ($first, $rest) = $in =~ /^(HTTP.*?\r\n\r\n)(.*)$/s;
    ok(substr($rest, 0, length $big) eq $big, 'kept alive');
    like(substr($rest, length $big), qr/^HTTP\/1.1 200 .*PNG/s,
         'and the next one');
}

# A file that somebody removed

unlink $c->dir . '/files/' . ($image =~ m{([^/]+)$})[0];
absent($f->as(bob => GET => $image), 'gone from the disk');
like($c->error_log, qr/\[error\].*is known but not there.*2: No such file/,
     'the log tells');

# confd away: files are checked with it

$c->kill_confd;

for my $path ($url, $avatar) {
    my $reply = wait_for(sub {
        my $got = $f->as(bob => GET => $path);
        return $got->{status} == 503 ? $got : 0;
    }, 15);

    is($reply->{json}{code}, 1, "without confd: $path");
    like($reply->{headers}{'retry-after'}, qr/^[1-9]/, 'Retry-After');
}

$c->start_confd;

# Each worker has a link of its own: all of them answer.

ok(wait_for(sub {
    !grep { $f->as(bob => GET => $url)->{status} != 200 } 1 .. 16
}, 20), 'again when it is back');

# Who leaves sees it no more; a room that has ended takes its files along

is($f->as(bob => POST => '/api/room/leave', json => { room_id => 1 })
   ->{json}{code}, 0, 'bob leaves');
absent($f->as(bob => GET => $url), 'who left');
is($f->as(alice => GET => $url)->{status}, 200, 'not for others');
is($f->as(alice => DELETE => '/api/room/delete?room_id=1')->{json}{code}, 0,
   'the room is deleted');
absent($f->as(alice => GET => $url), 'of a deleted room');
is($c->http(GET => $avatar)->{status}, 200, 'avatars stay');

$c->done;
done_testing;
