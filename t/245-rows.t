# Each endpoint of the table: without a token, with other methods, with a
# slash at the end, below a prefix, and without confd.

use strict;
use warnings;

use Test::More;
use Conference qw(jwt wait_for);
use Conference::Rows;

my $c = Conference->new(
    workers => 1,
    start => 0,
    locations => "location / { conf_api roomchat; conf_files %DIR%/files; }\n"
                 . "location /a/b/ { conf_api roomchat; }\n"
                 . "location ~ ^/m/(api|register) "
                 . "{ conf_api roomchat mount=/m/; }\n",
);

# confd has never been there: whatever gets past the checks answers 503.

$c->start_nginx;

my @rows = Conference::Rows::endpoints('roomchat');
my $token = jwt({ user_id => 1, exp => time + 3600 });
my %methods;

ok(@rows >= 27, 'endpoints: ' . @rows);
$methods{$_->{path}}{$_->{method}} = 1 for @rows;


sub path {
    my ($row) = @_;
    return $row->{path} =~ s/:\w+/x.png/r;
}

for my $row (@rows) {
    my $path = path($row);
    my $method = $row->{method};
    my $name = "$method $path";

    if (defined $row->{auth}) {
        for my $case ([undef, 'Authorization header is required'],
                      ['x', 'Malformed JWT token'],
                      [jwt({ user_id => 1, exp => 1 }),
                       'Expired or not active JWT token'])
        {
            for my $base ('', '/a/b') {
                my $reply = $c->http($method => "$base$path",
                                     token => $case->[0]);
                is($reply->{status} . $reply->{body},
                   "401{\"error\":\"$case->[1]\"}", "$base$name: $case->[1]");
            }
        }
    }

    for my $other (qw(GET POST PUT DELETE PATCH OPTIONS)) {
        next if $methods{$row->{path}}{$other};
        my $reply = $c->http($other => $path, token => $token);
        is($reply->{status} . $reply->{body}, '404404 page not found',
           "$name: not with $other");
    }

    for my $wrong ("$path/", "/x$path", uc $path, "$path/more") {
        is($c->http($method => $wrong, token => $token)->{status}, 404,
           "$name: not $wrong");
    }

    if ($method eq 'GET') {
        my $reply = $c->http(HEAD => $path);
        is($reply->{status}, $c->http(GET => $path)->{status},
           "HEAD $path is answered as GET");
        is($reply->{body}, '', 'without a body');
    }
}

# Paths as clients may write them

for my $path ('/api//user/my', '/api/./user/my', '/x/../api/user/my',
              '/%61pi/user/my', '/api%2fuser/my', '/api/user/my?', '/api/user/my#a',
              '/m/api/user/my')
{
    is($c->http(GET => $path)->{status}, 401, $path);
}

for my $path ('/a/bapi/user/my', '/a/b', '/', '//', '/%',
              '/api/user/my%00', '/api/user/%ff', '/m/login', '/a/b/a/b/login',
              '/static/files/', '/static/files', '/static/files/a/b',
              '/static/files/..%2f..%2fx', '/static/files/%2e%2e')
{
    my $status = $c->http(GET => $path, token => $token)->{status};
    like($status, qr/^40[04]$/, "$path is nowhere");
}

like($c->raw_http("BREW /login HTTP/1.1\r\nHost: a\r\nConnection: close"
                  . "\r\n\r\n"), qr/^HTTP\/1.1 404.*404 page not found\z/s,
     'a method that nobody knows');


# Without confd

my @down = (
    'POST /register' => '注册失败，服务器错误',
    'POST /login' => '登录失败，服务器错误',
    'POST /api/room/create' => '创建失败',
    'GET /api/room/list' => '获取聊天室列表失败，服务器错误',
    'GET /api/room/members?room_id=1' => '获取聊天室成员列表失败，服务器错误',
    'POST /api/room/add_user' => '添加用户到聊天室失败，服务器错误',
    'GET /api/room/info?room_id=1' => '获取聊天室信息失败，服务器错误',
    'POST /api/room/update' => '修改聊天室信息失败，服务器错误',
    'DELETE /api/room/delete?room_id=1' => '删除聊天室失败，服务器错误3',
    'POST /api/room/leave' => '退出聊天室失败，服务器错误',
    'POST /api/message/send' => 'Failed to send message',
    'GET /api/message/list?room_id=1' => 'Failed to retrieve messages',
    'POST /api/message/list' => 'Failed to retrieve messages',
    'POST /api/message/read' => 'Failed to retrieve messages',
    'POST /api/message/upload' => '上传文件失败',
    'GET /api/user/my' => '服务器错误',
    'GET /api/user/info?user_id=1' => '服务器错误',
    'POST /api/user/update' => '服务器错误',
    'POST /api/user/upload_avatar' => '上传文件失败',
    'POST /api/user/update_password' => '修改密码失败，服务器错误',
    'GET /api/user/friends' => '服务器错误',
    'GET /api/user/common_rooms?friend_id=1' => '服务器错误',
    'GET /api/user/stats' => '服务器错误',
    'GET /static/files/x.png' => '服务器错误',
    'GET /static/avatars/x.png' => '服务器错误',
);

my $json = '{"username":"alice","password":"password1","room_id":1,'
           . '"user_id":1,"name":"a","type":"text","content":"a","seq":1,'
           . '"old_password":"password1","new_password":"password2"}';
my $form = join "\r\n", map { s/^N/Content-Disposition: form-data; name=/r }
           '--b', 'N"room_id"', '', '1', '--b', 'N"file"; filename="a.png"',
           '', "\x89PNG\r\n\x1a\n" . "\0" x 64, '--b--', '';
my %left = map { $_ => 1 }
           map { my $row = $_; map { "$_ " . path($row) } $row->{method} }
           grep { ($_->{body} || '') ne 'socket' } @rows;

while (my ($request, $sentence) = splice @down, 0, 2) {
    my ($method, $path) = split / /, $request;
    my %upload = $path =~ /upload/
                 ? (body => $form, headers => { 'Content-Type' =>
                    'multipart/form-data; boundary=b' }) : ();
    my $reply = $c->http($method => $path, token => $token,
                         $method eq 'POST' && !%upload ? (body => $json) : (),
                         %upload);

    is($reply->{status} . $reply->{body},
       "503{\"code\":1,\"msg\":\"$sentence\",\"data\":null}",
       "down: $request");
    is($reply->{headers}{'retry-after'}, 1, 'and when to try again');
    delete $left{"$method " . $path =~ s/\?.*//r};
}

is(join(', ', sort keys %left), '', 'none is left out');

for my $path ('/api/message/ws', '/ws/join') {
    is($c->ws($path, token => $token)->status, 503, "down: $path");
}

$c->start_confd;
ok(wait_for(sub {
    my $reply = $c->http(POST => '/register', body => $json);
    return $reply->{status} == 200 && $reply->{json}{code} == 0;
}, 20), 'confd comes, and all is well');


# An avatar, byte by byte (the files of rooms have their own tests)

my $time = '"20\d\d-\d\d-\d\dT[^"]+"';

like($c->http(POST => '/api/user/upload_avatar', token => $token,
              body => $form, headers => { 'Content-Type' =>
              'multipart/form-data; boundary=b' })->{body},
     qr/\A\{"code":0,"msg":"上传头像成功","data":\{"ID":1,"CreatedAt":$time,
        "UpdatedAt":$time,"DeletedAt":null,"user_id":1,"username":"alice",
        "nike_name":"","avatar":"\/static\/avatars\/[0-9a-f]{32}\.png",
        "sexuality":"","country":"","province":"","city":"",
        "year":0,"month":0,"day":0,"email":""\}\}\z/x, 'an avatar');

$c->done;
done_testing;
