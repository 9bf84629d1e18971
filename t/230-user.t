# /api/user/*.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n";
use Conference::Roomchat;

users(qw(alice bob carol dave erin gone lonely));
ask(USER_DELETE => [0, user_id('gone')]);

room('alice', 'bob', 'carol');       # 1
room('bob', 'alice');                # 2
room('carol', 'alice');              # 3
message(1, 'bob', $_) for 1 .. 3;
message(2, 'alice', 1);

users(map { sprintf 'pager%02d', $_ } 1 .. 30);     # ids 8 to 37

our $ids = sub {
    return $_[0] =~ /^\{"code":0,/
           ? CORE::join ' ', $_[0] =~ /\{"ID":(\d+),/g : $_[0];
};

run_tests();

__DATA__

=== oneself, byte by byte
--- steps
alice GET /api/user/my
--- reply
{"code":0,"msg":"获取用户信息成功","data":{"ID":1,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "user_id":1,"username":"alice","nike_name":"",
  "avatar":"/static/avatars/nopic.png","sexuality":"",
  "country":"","province":"","city":"",
  "year":0,"month":0,"day":0,"email":""}}



=== another user shows no birthday and no address
--- steps
bob POST /api/user/update {"year":1990,"month":2,"day":3,
  "email":"bob@example.org","nike_name":"Bobby","sexuality":"男",
  "country":"中国","province":"四川","city":"成都"}
alice GET /api/user/info?user_id=2
bob GET /api/user/my
--- reply
{"code":0,"msg":"更新用户信息成功","data":{"ID":2,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "user_id":2,"username":"bob","nike_name":"Bobby",
  "avatar":"/static/avatars/nopic.png","sexuality":"男",
  "country":"中国","province":"四川","city":"成都",
  "year":1990,"month":2,"day":3,"email":"bob@example.org"}}

{"code":0,"msg":"获取用户信息成功","data":{"ID":2,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "user_id":2,"username":"bob","nike_name":"Bobby",
  "avatar":"/static/avatars/nopic.png","sexuality":"男",
  "country":"中国","province":"四川","city":"成都"}}

{"code":0,"msg":"获取用户信息成功","data":{<...>"year":1990,"month":2,
  "day":3,"email":"bob@example.org"}}



=== no such user
--- steps
alice GET /api/user/info?user_id=900001
alice GET /api/user/info?user_id=6
alice GET /api/user/info?user_id=0
alice GET /api/user/info?user_id=x
alice GET /api/user/info
alice GET /api/user/common_rooms?friend_id=900001
alice GET /api/user/common_rooms?friend_id=6
alice GET /api/user/common_rooms
--- reply
{"code":1,"msg":"无效的用户ID","data":null}

{"code":1,"msg":"无效的用户ID","data":null}

{"code":1,"msg":"无效的用户ID","data":null}

{"code":1,"msg":"无效的用户ID","data":null}

{"code":1,"msg":"无效的用户ID","data":null}

{"code":1,"msg":"无效的用户ID","data":null}

{"code":1,"msg":"无效的用户ID","data":null}

{"code":1,"msg":"无效的用户ID","data":null}



=== a profile changes field by field
--- steps
dave POST /api/user/update {"nike_name":"D","year":"2000"}
dave POST /api/user/update {"city":"x"}
dave POST /api/user/update {"nike_name":""}
dave POST /api/user/update {}
--- reply
{"code":0,"msg":"更新用户信息成功","data":{<...>"nike_name":"D",<...>
  "city":"","year":2000,<...>}}

{"code":0,"msg":"更新用户信息成功","data":{<...>"nike_name":"D",<...>
  "city":"x","year":2000,<...>}}

{"code":0,"msg":"更新用户信息成功","data":{<...>"nike_name":"",<...>
  "city":"x","year":2000,<...>}}

{"code":0,"msg":"更新用户信息成功","data":{<...>"city":"x","year":2000,
  <...>}}



=== a new name: unique, and a login with it
--- steps
erin POST /api/user/update {"username":"Bob"}
erin POST /api/user/update {"username":"erin2"}
- POST /login {"username":"erin2","password":"password1"}
- POST /login {"username":"erin","password":"password1"}
erin POST /api/user/update {"username":"erin"}
--- reply
{"code":1,"msg":"用户名已存在","data":null}

{"code":0,"msg":"更新用户信息成功","data":{<...>"username":"erin2",<...>}}

{"code":0,"msg":"登录成功","data":{"token":"<jwt>",
  "user":{"ID":5,"username":"erin2"}}}

{"code":1,"msg":"用户名或密码错误","data":null}

{"code":0,"msg":"更新用户信息成功","data":{<...>"username":"erin",<...>}}



=== an address is one user's
--- steps
dave POST /api/user/update {"email":"dave@example.org"}
erin POST /api/user/update {"email":"Dave@example.org"}
dave POST /api/user/update {"email":""}
erin POST /api/user/update {"email":"dave@example.org"}
erin POST /api/user/update {"email":""}
--- reply
{"code":0,"msg":"更新用户信息成功",<...>"email":"dave@example.org"}}

{"code":1,"msg":"邮箱已存在","data":null}

{"code":0,"msg":"更新用户信息成功",<...>"email":""}}

{"code":0,"msg":"更新用户信息成功",<...>"email":"dave@example.org"}}

{"code":0,"msg":"更新用户信息成功",<...>"email":""}}



=== defect: a profile is changed by its user only
--- steps
dave POST /api/user/update {"user_id":1,"nike_name":"hacked"}
dave POST /api/user/update {"ID":1,"nike_name":"hacked"}
alice GET /api/user/my
dave POST /api/user/update {"user_id":4,"version":9,"status":1,"uuid":"a",
  "CreatedAt":"2001-01-01T00:00:00Z","avatar":"http://evil/","password":"x"}
--- reply
{"code":1,"msg":"无权操作","data":null}

{"code":1,"msg":"无权操作","data":null}

{"code":0,"msg":"获取用户信息成功","data":{<...>"nike_name":"",<...>}}

{"code":0,"msg":"更新用户信息成功","data":{"ID":4,
  "CreatedAt":"202<...>","avatar":"/static/avatars/nopic.png",<...>}}



=== a wrong profile
--- steps
dave POST /api/user/update {"username":""}
dave POST /api/user/update {"username":"  "}
dave POST /api/user/update {"nike_name":1}
dave POST /api/user/update {"year":10000}
dave POST /api/user/update {"month":13}
dave POST /api/user/update {"day":32}
dave POST /api/user/update {"day":-1}
dave POST /api/user/update {"user_id":"x"}
dave POST /api/user/update {"city":
--- reply
{"code":1,"msg":"无效的请求数据","data":null}

{"code":1,"msg":"无效的请求数据","data":null}

{"code":1,"msg":"无效的请求数据","data":null}

{"code":1,"msg":"无效的请求数据","data":null}

{"code":1,"msg":"无效的请求数据","data":null}

{"code":1,"msg":"无效的请求数据","data":null}

{"code":1,"msg":"无效的请求数据","data":null}

{"code":1,"msg":"无效的请求数据","data":null}

{"code":1,"msg":"无效的请求数据","data":null}



=== friends are found by a part of the name, byte by byte
--- steps
alice GET /api/user/friends?keyword=AGER07
--- reply
{"code":0,"msg":"获取用户列表成功","data":[{"ID":14,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "user_id":14,"username":"pager07","nike_name":"",
  "avatar":"/static/avatars/nopic.png","sexuality":"",
  "country":"","province":"","city":""}]}



=== defect: friends come in pages and never all
--- request eval
[map { "GET /api/user/friends$_" }
 '', '?keyword=pager', '?keyword=pager&page=2',
 '?keyword=pager&page_size=3&page=10', '?keyword=pager&page=3',
 '?keyword=%25', '?keyword=gone', '?keyword=pager0&limit=2']
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- response_body_filters eval
$main::ids
--- response_body eval
['1 2 3 4 5 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21',
 CORE::join(' ', 8 .. 27), CORE::join(' ', 28 .. 37),
 '35 36 37', '', '', '', '8 9']
--- error_code eval
[(200) x 8]



=== a wrong page
--- steps
alice GET /api/user/friends?page=0
alice GET /api/user/friends?page=-1
alice GET /api/user/friends?page_size=101
alice GET /api/user/friends?page_size=0
alice GET /api/user/friends?page_size=-1
alice GET /api/user/friends?page=x
--- reply
{"code":1,"msg":"请求错误","data":null}

{"code":1,"msg":"请求错误","data":null}

{"code":1,"msg":"请求错误","data":null}

{"code":1,"msg":"请求错误","data":null}

{"code":1,"msg":"请求错误","data":null}

{"code":1,"msg":"请求错误","data":null}



=== rooms in common
--- request eval
[map { "GET /api/user/common_rooms?$_" }
 'friend_id=2', 'friend_id=3', 'friend_id=1', 'friend_id=4', 'user_id=2']
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- response_body_filters eval
$main::ids
--- response_body eval
['1 2', '1 3', '1 2 3', '', '1 2']
--- error_code eval
[(200) x 5]



=== a room in common, byte by byte
--- steps
bob GET /api/user/common_rooms?friend_id=3
--- reply
{"code":0,"msg":"获取共同房间列表成功","data":[{"ID":1,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room1","description":"test room",
  "owner_id":1,"member_count":3,"epoch":<n>,"seq":3}]}



=== true statistics, byte by byte
--- steps
alice GET /api/user/stats
lonely GET /api/user/stats
--- reply
{"code":0,"msg":"获取统计信息成功","data":{"room_count":3,
  "friend_count":2,"online_user_count":0,"unread_message_count":3,
  "message_count":{"<day>":<n>,"<day>":<n>,"<day>":<n>,"<day>":<n>,
  "<day>":<n>,"<day>":<n>,"<day>":<n>},
  "room_message_count":{"room1":3,"room2":1,"room3":0}}}

{"code":0,"msg":"获取统计信息成功","data":{"room_count":0,
  "friend_count":0,"online_user_count":0,"unread_message_count":0,
  "message_count":{"<day>":0,"<day>":0,"<day>":0,"<day>":0,
  "<day>":0,"<day>":0,"<day>":0},"room_message_count":{}}}



=== the days sum up to the messages
--- request
GET /api/user/stats
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- response_body_filters eval
sub {
    my $sum = 0;
    $sum += $_ for $_[0] =~ /"\d{4}-\d\d-\d\d":(\d+)/g;
    return $sum;
}
--- response_body chomp
4



=== nobody without a token
--- steps
- GET /api/user/my
- GET /api/user/info?user_id=1
- POST /api/user/update {"city":"x"}
- POST /api/user/update_password {"old_password":"password1",
  "new_password":"password2"}
- GET /api/user/friends
- GET /api/user/common_rooms?friend_id=1
- GET /api/user/stats
--- reply
HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}



=== other methods and paths
--- steps
alice POST /api/user/my {}
alice GET /api/user/update
alice GET /api/user/update_password
alice POST /api/user/friends {}
alice POST /api/user/stats {}
alice GET /api/user/my/
alice GET /api/user
--- reply
HTTP 404
404 page not found

HTTP 404
404 page not found

HTTP 404
404 page not found

HTTP 404
404 page not found

HTTP 404
404 page not found

HTTP 404
404 page not found

HTTP 404
404 page not found
