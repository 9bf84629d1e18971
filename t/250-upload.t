# Uploads: what is stored, under which name, and what leaves nothing behind.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Files qw(field file form png);
use Conference::Process qw(slurp);

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my $room = '/api/message/upload';
my $face = '/api/user/upload_avatar';
my $failed = '上传文件失败';
my $large = '上传文件过大';

my $f = Conference::Files->new(
    workers => 2, server => 'conf_upload_max 600k;',
    http_extra => 'conf_backend_timeout 60s;', locations => <<'END');
location / {
    conf_api    roomchat;
    conf_files  %DIR%/files;
}
location /without/ { conf_api roomchat; }
location /chat/ {
    conf_api    roomchat;
    conf_files  %DIR%/files;
}
END
my $c = $f->c;
my $n = 0;

sub error {
    my ($reply, $status, $msg, $name) = @_;

    is($reply->{status}, $status, "$name: $status");
    is_deeply($reply->{json}, { code => 1, msg => $msg, data => undef },
              "$name: the answer");
}

sub nothing {
    my ($name) = @_;

    ok($f->settled($n), "$name: nothing is left")
        or diag(join ' ', $f->stored, '|', $f->temporary);
}

# A file of a room

{
    my $reply = $f->upload('alice', file('cat.png', png(10)));
    my $data = $reply->{json}{data};

    is($reply->{status}, 200, 'a file');
    is($reply->{json}{msg}, '上传文件成功', 'the sentence');
    like($data->{create_time}, qr/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/, 'time');
    like($data->{file_url}, qr{^/static/files/[0-9a-f]{32}\.png$}, 'URL');
    is_deeply([@$data{qw(file_name file_type file_size room_id)}],
              ['cat.png', '.png', length png(10), 1], 'the rest');

    my ($name) = $data->{file_url} =~ m{([^/]+)$};
    $n++;
    nothing('a file');
    is_deeply([$f->stored], [$name], 'the name on disk');
    is(slurp($c->dir . "/files/$name"), png(10), 'the bytes');
    is((stat $c->dir . "/files/$name")[2] & 07777, 0640, 'the mode');

    # The same once more is another file.
    my $other = $f->upload('bob', file('cat.png', png(10)));
    isnt($other->{json}{data}{file_url}, $data->{file_url}, 'random names');
    $n++;
}

# Bytes: all values, lookalikes of the delimiter, pieces of all sizes

{
    my $bytes = join '', map { chr($_ * 7 & 255) } 0 .. 150_000;
    $bytes .= "\r\n--boun\r\n--boun--\r\n-\r\n--";

    for my $how ([], [chunked => 1000], [chunked => 65521]) {
        my $reply = $f->upload('alice', file('x', $bytes), @$how);
        my ($name) = $reply->{json}{data}{file_url} =~ m{([^/]+)$};

        $n++;
        ok(slurp($c->dir . "/files/$name") eq $bytes, "bytes (@$how)");
    }

    my ($body) = form(field(room_id => 1), file('x', png()));
    my $got = $c->raw_http([$f->head(alice => $room, length $body),
                            map { [$_, 0.001] } split //, $body]);
    like($got, qr/^HTTP\/1.1 200 .*"code":0/s, 'byte by byte');
    $n++;

    my $sock = $c->connect;
    syswrite $sock, $f->head(alice => $room, length $body,
                             'Expect: 100-continue');
    sysread $sock, my $first, 1000;
    like($first, qr/^HTTP\/1.1 100 Continue\r\n\r\n$/, '100 Continue');
    syswrite $sock, $body;
    local $/;
    like(<$sock>, qr/^HTTP\/1.1 200 /, 'and then the body');
    $n++;

    # More parts than the two, in any order.
    $got = $f->send('alice', $room, [file('x', png()), field(note => 'a'),
                                     field(room_id => 1)]);
    is($got->{json}{code}, 0, 'the file first, and a field we do not know');
    $n++;
}

# The type is what the bytes say; nothing that a browser would run

my $html = '<html><script>alert(1)</script></html>';
my $svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';

for my $row (
    ['a.html', 'text/html', png(), '.png'],
    ['a.png', 'image/png', $html, '.txt'],
    ['a.svg', 'image/svg+xml', $svg, '.txt'],
    ['a.png', 'image/png', "<?xml version=\"1.0\"?>$svg", '.txt'],
    ['a.txt', 'text/plain', "\xff\xd8\xff\xe0JFIF", '.jpg'],
    ['a', undef, "GIF89a\1\0\1\0", '.gif'],
    ['a.exe', 'image/png', "MZ\x90\0\3\0", '.bin'],
    ['a.pdf', 'image/png', "%PDF-1.7\n$html", '.pdf'],
    ['.htaccess', 'application/x', "RIFF\1\0\0\0WEBPVP8 ", '.webp'],
) {
    my ($title, $type, $bytes, $extension) = @$row;
    my $reply = $f->upload('alice', file($title, $bytes, type => $type));

    is($reply->{json}{data}{file_type}, $extension, "$title is $extension");
    like($reply->{json}{data}{file_url}, qr/[0-9a-f]{32}\Q$extension\E$/,
         'and so is its name');
    $n++;
}

# Titles are only titles, cut where the record ends and between characters

my ($title_max) = slurp('backend/proto/conf_types.h')
                  =~ /^#define CONF_NAME_MAX +(\d+)/m;

for my $row (['../../etc/passwd', 'passwd'], ['/etc/passwd', 'passwd'],
             ['C:\\\\dir\\\\a.png', 'a.png'], ['..', ''], ['猫.png', '猫.png'],
             ['a\\"b', 'a"b'], ['x' x 3000, 'x' x $title_max],
             ['x' . '猫' x 1000, 'x' . '猫' x (($title_max - 1) / 3)])
{
    my ($title, $want) = @$row;
    my $reply = $f->upload('alice', file($title, 'text'));

    is($reply->{json}{data}{file_name}, $want, "title $want");
    $n++;
}

nothing('titles');
is((grep { !/^[0-9a-f]{32}\.(?:png|jpg|gif|webp|pdf|txt|bin)$/ } $f->stored),
   0, 'no name on disk is the client\'s');
is_deeply([grep { !m{/(?:files|client_body|proxy|fastcgi|uwsgi|scgi|data)$}
                  && !/confd|nginx|\.log$/ } glob $c->dir . '/*'],
          [], 'nor anywhere else');

# Limits

{
    my $body = length((form(field(room_id => 1), file('x', '')))[0]);
    my $most = 600 * 1024 - $body;

    for my $how ([], [chunked => 5000]) {
        my $text = @$how ? 'chunked' : 'with a length';

        is($f->upload('alice', file('x', 'x' x $most), @$how)->{json}{code},
           0, "$text: as much as is allowed");
        $n++;
        error($f->upload('alice', file('x', 'x' x ($most + 1)), @$how),
              413, $large, "$text: a byte more");
        error($f->avatar('alice', file('x', png($most * 2)), @$how),
              413, $large, "$text: an avatar");
        nothing($text);
    }

    # A length that is never sent: refused before it comes.
    my $got = $c->raw_http($f->head(alice => $room, 1 << 40),
                           done => sub { $_[0] =~ /null}$/ });
    like($got, qr/^HTTP\/1.1 413 .*\Q"code":1\E/s, 'a huge length');

    # One that goes on for ever is cut.
    my $sock = $c->connect;
    my $head = $f->head(alice => $room, 0);
    $head =~ s/Content-Length: 0/Transfer-Encoding: chunked/;
    local $SIG{PIPE} = 'IGNORE';
    syswrite $sock, $head;
    my ($sent, $answer) = (0, '');
    while ($sent++ < 1000) {
        my $bits = '';
        vec($bits, fileno $sock, 1) = 1;
        last if select $bits, undef, undef, 0;
        last unless syswrite $sock, "ffff\r\n" . 'x' x 0xffff . "\r\n";
    }
    sysread $sock, $answer, 1000;
    like($answer, qr/^HTTP\/1.1 413 /, 'an endless body is cut');
    close $sock;
    nothing('limits');
}

# Forms that are wrong

{
    my $file = file('x', 'text');
    my $id = field(room_id => 1);
    my $type = 'multipart/form-data; boundary=bound';

    my @wrong = (
        ['no file', form($id)],
        ['no parts', "--bound--\r\n", $type],
        ['an empty body', '', $type],
        ['an empty file', form($id, file('x', ''))],
        ['a field and no file', form($id, field(file => 'text'))],
        ['two files', form($id, $file, $file)],
        ['no room', form($file)],
        ['no number', form(field(room_id => 'x'), $file)],
        ['a negative one', form(field(room_id => -1), $file)],
        ['zero', form(field(room_id => 0), $file)],
        ['two rooms', form($id, $id, $file)],
        ['ten fields', form($id, $file, map { field("f$_", 1) } 1 .. 9)],
        ['no end', "--bound\r\n$id\r\n--bound\r\n$file\r\n", $type],
        ['an end in the file', "--bound\r\n$id\r\n--bound\r\n$file", $type],
        ['another boundary', (form($id, $file))[0],
         'multipart/form-data; boundary=other'],
        ['no boundary', (form($id, $file))[0], 'multipart/form-data'],
        ['another type', (form($id, $file))[0], 'application/json'],
        ['no type', (form($id, $file))[0], undef],
        ['broken headers', "--bound\r\nno colon\r\n\r\nx\r\n--bound--\r\n",
         $type],
        ['LF only', "--bound\n$id\n--bound\n$file\n--bound--\n", $type],
        ['JSON', '{"room_id":1}', $type],
    );

    for my $row (@wrong) {
        my ($name, $body, $of) = @$row;
        error($f->body('alice', $room, $body, $of), 200, $failed, $name);
    }

    error($f->send('alice', $room, [field(room_id => 1 . ' ' x 1024), $file]),
          413, $large, 'a long field');
    error($f->send('alice', $room, [$id, ("X: y\r\n" x 1000) . $file]),
          413, $large, 'long headers');

    nothing('wrong forms');
}

# Who may

{
    my $file = file('x', 'text');
    my $gone = '当前用户已不在聊天室中';

    error($f->upload('eve', $file), 200, $gone, 'an outsider');
    error($f->upload('alice', $file, room => 99), 200, $gone, 'no such room');

    is($c->http(POST => $room, body => (form($file))[0], headers =>
                { 'Content-Type' => (form($file))[1] })->{status}, 401,
       'without a token');
    is($f->as(alice => GET => $room)->{status}, 404, 'GET is not for it');
    nothing('who may');
}

# Avatars

{
    my $bad = '上传文件不是图片';

    for my $row (['a text', 'a.png', 'text'], ['HTML', 'a.png', $html],
                 ['SVG', 'a.svg', $svg], ['PDF', 'a.png', "%PDF-1.7\n"],
                 ['BMP', 'a.bmp', "BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"])
    {
        error($f->avatar('alice', file($row->[1], $row->[2],
                                       type => 'image/png')),
              200, $bad, "$row->[0] is no image");
    }

    error($f->avatar('alice', file('a.png', '')), 200, $failed, 'empty');
    error($f->send('alice', $face, [field(file => png())]), 200, $failed,
          'no file');
    nothing('no avatar');
    is($f->as(alice => GET => '/api/user/my')->{json}{data}{avatar},
       '/static/avatars/nopic.png', 'the avatar of those who have none');

    my $data = $f->avatar('alice', file('me.png', png()))->{json}{data};
    my $url = $data->{avatar};

    $n++;
    like($url, qr{^/static/avatars/[0-9a-f]{32}\.png$}, 'a URL');
    is($data->{username}, 'alice', 'with all of the user');
    is($f->as(alice => GET => '/api/user/my')->{json}{data}{avatar}, $url,
       'it stays');
    is($f->as(bob => GET => '/api/user/info?user_id=1')
       ->{json}{data}{avatar}, $url, 'others see it');
    is($f->as(bob => GET => '/api/room/members?room_id=1')
       ->{json}{data}[0]{avatar}, $url, 'in rooms too');
    is($c->http(GET => $url)->{body}, png(), 'and get it without a token');

    my $ws = $c->ws('/ws/join', token => $f->token('bob'));
    $f->as(alice => POST => '/api/message/send',
           json => { room_id => 1, type => 'text', content => 'hi' });
    is($ws->recv_until(sub { $_->{code} == 0 })->{data}{sender_avatar}, $url,
       'with what is said');
    $ws->close;

    for my $row (["\xff\xd8\xff\xe0JFIF", '.jpg'], ["GIF87a", '.gif'],
                 ["RIFF\1\0\0\0WEBPVP8 ", '.webp'])
    {
        my $old = $url;

        $url = $f->avatar('alice', file('x', $row->[0]))
               ->{json}{data}{avatar};
        like($url, qr/\Q$row->[1]\E$/, $row->[1]);
        is($c->http(GET => $old)->{status}, 404, 'in place of the other');
    }

    nothing('avatars');
}

# Below a prefix the URL has it

{
    my ($body, $type) = form(field(room_id => 1), file('x', png()));
    my %o = (token => $f->token('alice'), body => $body,
             headers => { 'Content-Type' => $type });
    my $data = $c->http(POST => "/chat$room", %o)->{json}{data};

    like($data->{file_url}, qr{^/chat/static/files/}, 'below a prefix');
    is($c->http(GET => $data->{file_url}, token => $o{token})->{body}, png(),
       'it is served there');
    $data = $c->http(POST => "/chat$face", %o)->{json}{data};
    like($data->{avatar}, qr{^/chat/static/avatars/}, 'an avatar too');
    is($c->http(GET => $data->{avatar})->{body}, png(), 'served there');
    $n++;

    my $reply = $c->http(POST => "/without$room", %o);
    error($reply, 500, $failed, 'without conf_files');
    like($c->error_log, qr/\[error\].*uploads need conf_files/, 'is logged');
    nothing('prefixes');
}

# Clients that leave

{
    my ($body) = form(field(room_id => 1), file('x', 'x' x 600_000));
    my @left = map { $c->connect } 1 .. 5;

    syswrite $_, $f->head(alice => $room, length $body)
                 . substr $body, 0, 500_000 for @left;
    ok(wait_for(sub { $f->temporary == 5 }, 15), 'five uploads begin');
    close $_ for @left;
    nothing('clients left halfway');

    # While the answer is not there yet: SIGSTOP holds confd.  Who leaves
    # before confd is asked leaves nothing, who leaves later a whole avatar
    # (and the bytes of the one before, which nobody was there to remove).

    my ($image) = form(file('x', png(1)));
    my $my = sub {
        return $f->as(alice => GET => '/api/user/my')->{json}{data}{avatar};
    };
    my ($before, $now, $bad) = ($my->()) x 2;

    for (1 .. 20) {
        my $sock = $c->connect;

        kill 'STOP', $c->confd->pid;
        syswrite $sock, $f->head(alice => $face, length $image) . $image;
        wait_for(sub { (grep { !/^\./ } $f->stored) == $n + 1 }, 15);
        close $sock;
        wait_for(sub { $f->temporary == 0 }, 15);
        kill 'CONT', $c->confd->pid;

        last if wait_for(sub { $now = $my->(); $now ne $before }, 2);
        $bad++ if !$f->settled($n);
    }

    isnt($now, $before, 'confd had been asked');
    is($c->http(GET => $now)->{body}, png(1), 'so the file stays');
    ok(!$bad, 'or nothing is left');
    $n++;
}

# Reload: an upload that has begun ends

{
    my ($body) = form(field(room_id => 1), file('x', 'x' x 600_000));
    my $sock = $c->connect;

    syswrite $sock, $f->head(alice => $room, length $body)
                    . substr $body, 0, 500_000;
    ok(wait_for(sub { $f->temporary == 1 }, 15), 'an upload begins');
    ok($c->reload, 'reload');
    syswrite $sock, substr $body, 500_000;
    local $/;
    like(<$sock>, qr/^HTTP\/1.1 200 .*"code":0/s, 'it ends');
    $n++;
    nothing('reload');
}

# confd away

{
    $c->kill_confd;

    my $reply = wait_for(sub {
        my $got = $f->upload('alice', file('x', png()));
        return $got->{status} == 503 ? $got : 0;
    }, 15);

    error($reply, 503, $failed, 'without confd');
    like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/, 'Retry-After');
    is($f->avatar('alice', file('x', png()))->{status}, 503, 'an avatar');
    nothing('without confd');

    $c->start_confd;
    ok(wait_for(sub {
        $f->upload('alice', file('x', png()))->{status} == 200
    }, 15), 'again when it is back');
    $n++;
    nothing('with confd');
}

$c->done;
done_testing;
