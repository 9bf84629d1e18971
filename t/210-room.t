# /api/room/create, list, info, update, delete.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n";
use Conference::Roomchat;

users(qw(alice bob carol dave erin));

room('alice');                       # 1: alice alone
room('alice', 'bob');                # 2
member(2, 'alice', 'carol', 2);      #    carol is its admin
room('erin');                        # 3
room('erin');                        # 4
room('alice', 'bob', 'carol');       # 5: to be changed
room('alice', 'bob');                # 6: to be deleted
member(6, 'alice', 'carol', 2);
room('alice', 'bob');                # 7: changed by its admin
member(7, 'alice', 'carol', 2);

run_tests();

__DATA__

=== a room is created, byte by byte
--- steps
alice POST /api/room/create {"name":"room1","description":"test room"}
--- reply
{"code":0,"msg":"创建成功","data":{"ID":<n>,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room1","description":"test room",
  "owner_id":1,"member_count":1,"epoch":<n>,"seq":0}}



=== names need not be unique; a description may be missing
--- steps
bob POST /api/room/create {"name":"room1"}
bob POST /api/room/create {"name":"  room1  ","description":null}
--- reply
{"code":0,"msg":"创建成功","data":{"ID":<n>,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room1","description":"",
  "owner_id":2,"member_count":1,"epoch":<n>,"seq":0}}

{"code":0,"msg":"创建成功","data":{"ID":<n>,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room1","description":"",
  "owner_id":2,"member_count":1,"epoch":<n>,"seq":0}}



=== a room needs a name
--- steps
alice POST /api/room/create {"name":"","description":"test room"}
alice POST /api/room/create {"name":"  "}
alice POST /api/room/create {"description":"test room"}
alice POST /api/room/create {}
alice POST /api/room/create
--- reply
{"code":1,"msg":"创建聊天室失败，聊天室名称不能为空","data":null}

{"code":1,"msg":"创建聊天室失败，聊天室名称不能为空","data":null}

{"code":1,"msg":"创建聊天室失败，聊天室名称不能为空","data":null}

{"code":1,"msg":"创建聊天室失败，聊天室名称不能为空","data":null}

{"code":1,"msg":"创建聊天室失败，聊天室名称不能为空","data":null}



=== a wrong request to create
--- steps
alice POST /api/room/create {"name":7}
alice POST /api/room/create {"name":"a","description":["b"]}
alice POST /api/room/create {"name":"a"
--- reply
{"code":1,"msg":"创建失败","data":null}

{"code":1,"msg":"创建失败","data":null}

{"code":1,"msg":"创建失败","data":null}



=== the longest name and description, in characters
--- request eval
[map { my ($n, $d) = @$_; "POST /api/room/create\n{\"name\":\""
       . "\xf0\x9f\x98\x80" x $n . '","description":"'
       . "\xf0\x9f\x98\x80" x $d . '"}' }
 [100, 1], [101, 1], [1, 1000], [1, 1001]]
--- more_headers eval
'Authorization: Bearer ' . main::token('dave')
--- response_body_like eval
[qr/"code":0,"msg":"创建成功"/, qr/"创建失败"/,
 qr/"code":0,"msg":"创建成功"/, qr/"创建失败"/]
--- error_code eval
[200, 200, 200, 200]



=== defect: a client cannot set ID, owner or times of a room
--- steps
alice POST /api/room/create {"ID":900001,"owner_id":2,"name":"mass",
  "CreatedAt":"2001-01-01T00:00:00Z","DeletedAt":"2001-01-01T00:00:00Z"}
--- reply
{"code":0,"msg":"创建成功","data":{"ID":<small>,
  "CreatedAt":"202<...>","UpdatedAt":"202<...>","DeletedAt":null,
  "name":"mass","description":"",
  "owner_id":1,"member_count":1,"epoch":<n>,"seq":0}}



=== the list has the caller's rooms only, byte by byte
--- steps
erin GET /api/room/list
--- reply
{"code":0,"msg":"获取成功","data":[{"ID":3,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room3","description":"test room",
  "owner_id":5,"member_count":1,"epoch":<n>,"seq":0},{"ID":4,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room4","description":"test room",
  "owner_id":5,"member_count":1,"epoch":<n>,"seq":0}]}



=== pages of the list
--- steps
erin GET /api/room/list?limit=1
erin GET /api/room/list?after=3
erin GET /api/room/list?after=4
--- reply
{"code":0,"msg":"获取成功","data":[{"ID":3,<...>"seq":0}]}

{"code":0,"msg":"获取成功","data":[{"ID":4,<...>"seq":0}]}

{"code":0,"msg":"获取成功","data":[]}



=== a wrong page
--- steps
erin GET /api/room/list?limit=0
erin GET /api/room/list?limit=-1
erin GET /api/room/list?limit=1001
erin GET /api/room/list?after=-1
erin GET /api/room/list?after=99999999999999999999
--- reply
{"code":1,"msg":"获取聊天室列表失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室列表失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室列表失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室列表失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室列表失败，请求错误","data":null}



=== one room for each of its roles, byte by byte
--- steps
alice GET /api/room/info?room_id=2
carol GET /api/room/info?room_id=2
bob GET /api/room/info?room_id=2
--- reply
{"code":0,"msg":"获取聊天室信息成功","data":{"ID":2,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room2","description":"test room","owner_id":1,"member_count":3,
  "epoch":<n>,"seq":0,"role":"owner","read_seq":0,"online_count":0}}

{"code":0,"msg":"获取聊天室信息成功","data":{"ID":2,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room2","description":"test room","owner_id":1,"member_count":3,
  "epoch":<n>,"seq":0,"role":"admin","read_seq":0,"online_count":0}}

{"code":0,"msg":"获取聊天室信息成功","data":{"ID":2,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"room2","description":"test room","owner_id":1,"member_count":3,
  "epoch":<n>,"seq":0,"role":"member","read_seq":0,"online_count":0}}



=== an outsider and an unknown room are told alike
--- steps
dave GET /api/room/info?room_id=2
dave GET /api/room/info?room_id=900001
--- reply
{"code":1,"msg":"获取聊天室信息失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":1,"msg":"获取聊天室信息失败，没有权限，当前用户不在此房间中",
  "data":null}



=== a wrong room id
--- steps
alice GET /api/room/info
alice GET /api/room/info?room_id=
alice GET /api/room/info?room_id=0
alice GET /api/room/info?room_id=-1
alice GET /api/room/info?room_id=one
alice GET /api/room/info?room_id=1.5
alice GET /api/room/info?room_id=1e3
alice GET /api/room/info?room_id=18446744073709551617
--- reply
{"code":1,"msg":"获取聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室信息失败，请求错误","data":null}



=== the owner and an admin change a room
--- steps
alice POST /api/room/update {"room_id":7,"name":"new","description":"words"}
carol POST /api/room/update {"room_id":7,"description":""}
carol POST /api/room/update {"room_id":"7","name":" newer "}
bob GET /api/room/info?room_id=7
--- reply
{"code":0,"msg":"修改聊天室信息成功","data":{"ID":7,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"new","description":"words",
  "owner_id":1,"member_count":3,"epoch":<n>,"seq":0}}

{"code":0,"msg":"修改聊天室信息成功","data":{"ID":7,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"new","description":"",
  "owner_id":1,"member_count":3,"epoch":<n>,"seq":0}}

{"code":0,"msg":"修改聊天室信息成功","data":{"ID":7,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "name":"newer","description":"",
  "owner_id":1,"member_count":3,"epoch":<n>,"seq":0}}

{"code":0,"msg":"获取聊天室信息成功","data":{"ID":7,<...>
  "name":"newer","description":"",<...>}}



=== who may not change a room
--- steps
bob POST /api/room/update {"room_id":5,"name":"mine"}
dave POST /api/room/update {"room_id":5,"name":"mine"}
dave POST /api/room/update {"room_id":900001,"name":"mine"}
alice POST /api/room/update {"room_id":5,"name":""}
alice POST /api/room/update {"room_id":5,"name":"   "}
alice POST /api/room/update {"name":"mine"}
alice POST /api/room/update {"room_id":5,"name":5}
alice POST /api/room/update {"room_id":{},"name":"mine"}
bob GET /api/room/info?room_id=5
--- reply
{"code":1,"msg":"修改聊天室信息失败，没有权限","data":null}

{"code":1,"msg":"修改聊天室信息失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":1,"msg":"修改聊天室信息失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":1,"msg":"修改聊天室信息失败，聊天室名称不能为空","data":null}

{"code":1,"msg":"修改聊天室信息失败，聊天室名称不能为空","data":null}

{"code":1,"msg":"修改聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"修改聊天室信息失败，请求错误","data":null}

{"code":1,"msg":"修改聊天室信息失败，请求错误","data":null}

{"code":0,"msg":"获取聊天室信息成功","data":{"ID":5,<...>"name":"room5",
  "description":"test room",<...>}}



=== defect: only the owner deletes a room, and then it is gone for all
--- steps
bob DELETE /api/room/delete?room_id=6
carol DELETE /api/room/delete?room_id=6
dave DELETE /api/room/delete?room_id=6
alice DELETE /api/room/delete?room_id=6
alice DELETE /api/room/delete?room_id=6
alice GET /api/room/info?room_id=6
bob POST /api/message/send {"room_id":6,"type":"text","content":"a"}
bob GET /api/message/list?room_id=6
bob POST /api/room/add_user {"room_id":6,"user_id":4,"role":"member"}
bob GET /api/room/members?room_id=6
--- reply
{"code":1,"msg":"删除聊天室失败，没有权限，当前用户不是此房间的创建者",
  "data":null}

{"code":1,"msg":"删除聊天室失败，没有权限，当前用户不是此房间的创建者",
  "data":null}

{"code":1,"msg":"删除聊天室失败，没有权限，当前用户不是此房间的创建者",
  "data":null}

{"code":0,"msg":"删除聊天室成功","data":null}

{"code":1,"msg":"删除聊天室失败，没有权限，当前用户不是此房间的创建者",
  "data":null}

{"code":1,"msg":"获取聊天室信息失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"添加用户到聊天室失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":1,"msg":"获取聊天室成员列表失败，没有权限，当前用户不在此房间中",
  "data":null}



=== a wrong request to delete
--- steps
alice DELETE /api/room/delete
alice DELETE /api/room/delete?room_id=abc
alice DELETE /api/room/delete?room_id=0
alice DELETE /api/room/delete {"room_id":
--- reply
{"code":1,"msg":"删除聊天室失败，请求错误2","data":null}

{"code":1,"msg":"删除聊天室失败，请求错误2","data":null}

{"code":1,"msg":"删除聊天室失败，请求错误2","data":null}

{"code":1,"msg":"删除聊天室失败，请求错误1","data":null}



=== nobody without a token
--- steps
- POST /api/room/create {"name":"room1"}
- GET /api/room/list
- GET /api/room/info?room_id=1
- POST /api/room/update {"room_id":1,"name":"a"}
- DELETE /api/room/delete?room_id=1
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



=== other methods and a slash at the end
--- steps
alice GET /api/room/create
alice POST /api/room/list {}
alice DELETE /api/room/info?room_id=1
alice GET /api/room/update?room_id=1
alice GET /api/room/delete?room_id=1
alice POST /api/room/delete {"room_id":1}
alice GET /api/room/list/
alice GET /api/room
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

HTTP 404
404 page not found



=== HEAD answers as GET without the body
--- request
HEAD /api/room/list?limit=1
--- more_headers eval
'Authorization: Bearer ' . main::token('erin')
--- response_headers
Content-Type: application/json; charset=utf-8
--- raw_response_headers_like: Content-Length: [1-9]\d\d
--- response_body chomp
