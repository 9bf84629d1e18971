# /api/room/members, add_user, leave.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n"
                                      . "room_members_max 4\n"
                                      . "user_rooms_max 12\n";
use Conference::Roomchat;

users(qw(alice bob carol dave erin frank gone grace));
ask(USER_DELETE => [0, user_id('gone')]);

room('alice', 'bob');                # 1
room('alice', 'bob');                # 2: carol is added
room('alice', 'bob');                # 3: roles
member(3, 'alice', 'carol', 2);
room('alice', 'bob', 'carol');       # 4: dave makes it full
room('alice', 'bob', 'dave');        # 5: who leaves
member(5, 'alice', 'carol', 2);
room('alice', 'bob', 'dave');        # 6: the owner leaves
member(6, 'alice', 'carol', 2);
room('alice');                       # 7: the last one leaves
room('alice', 'bob');                # 8: by name
room('alice', 'grace');              # 9: grace changes her name
room('frank') for 1 .. 12;           # frank has as many as one may have

run_tests();

__DATA__

=== a room's members, byte by byte
--- steps
bob GET /api/room/members?room_id=1
--- reply
{"code":0,"msg":"获取成功","data":[{"ID":1,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "username":"alice","avatar":"/static/avatars/nopic.png","nike_name":"",
  "role":"owner","online":false},{"ID":2,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "username":"bob","avatar":"/static/avatars/nopic.png","nike_name":"",
  "role":"member","online":false}]}



=== what a member shows is what it is now
--- steps
alice GET /api/room/members?room_id=9
grace POST /api/user/update {"username":"grace2","nike_name":"G"}
alice GET /api/room/members?room_id=9
--- reply
{"code":0,"msg":"获取成功","data":[{"ID":1,<...>},{"ID":8,<...>
  "username":"grace",<...>"nike_name":"",<...>}]}

{"code":0,"msg":"更新用户信息成功",<...>}

{"code":0,"msg":"获取成功","data":[{"ID":1,<...>},{"ID":8,<...>
  "username":"grace2",<...>"nike_name":"G",<...>}]}



=== members are for members, asked cold and hot
--- steps
dave GET /api/room/members?room_id=1
alice GET /api/room/members?room_id=1
dave GET /api/room/members?room_id=1
dave GET /api/room/members?room_id=900001
- GET /api/room/members?room_id=1
--- reply
{"code":1,"msg":"获取聊天室成员列表失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":0,"msg":"获取成功","data":[{<...>},{<...>}]}

{"code":1,"msg":"获取聊天室成员列表失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":1,"msg":"获取聊天室成员列表失败，没有权限，当前用户不在此房间中",
  "data":null}

HTTP 401
{"error":"Authorization header is required"}



=== a wrong room id
--- steps
alice GET /api/room/members
alice GET /api/room/members?room_id=x
alice GET /api/room/members?room_id=1&room_id=2
alice GET /api/room/members?room_id=9223372036854775808
--- reply
{"code":1,"msg":"获取聊天室成员列表失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室成员列表失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室成员列表失败，请求错误","data":null}

{"code":1,"msg":"获取聊天室成员列表失败，请求错误","data":null}



=== any member adds a member, who is in the room at once
--- steps
alice GET /api/room/members?room_id=2
bob POST /api/room/add_user {"room_id":2,"user_id":3,"role":"member"}
bob POST /api/room/add_user {"room_id":2,"user_id":3,"role":"member"}
alice POST /api/room/add_user {"room_id":2,"user_id":1,"role":"owner"}
carol GET /api/room/members?room_id=2
--- reply
{"code":0,"msg":"获取成功","data":[{"ID":1,<...>},{"ID":2,<...>}]}

{"code":0,"msg":"添加用户到聊天室成功","data":null}

{"code":1,"msg":"添加用户到聊天室失败，用户已在聊天室中","data":null}

{"code":1,"msg":"添加用户到聊天室失败，用户已在聊天室中","data":null}

{"code":0,"msg":"获取成功","data":[{"ID":1,<...>},{"ID":2,<...>},{"ID":3,
  "CreatedAt":"<time>","UpdatedAt":"<time>","DeletedAt":null,
  "username":"carol","avatar":"/static/avatars/nopic.png","nike_name":"",
  "role":"member","online":false}]}



=== by name, as the later client does; without a role a member
--- steps
alice POST /api/room/add_user {"room_id":8,"user_name":"carol"}
alice POST /api/room/add_user {"room_id":"8","username":"DAVE"}
alice POST /api/room/add_user {"room_id":8,"user_name":"nobody"}
dave GET /api/room/info?room_id=8
--- reply
{"code":0,"msg":"添加用户到聊天室成功","data":null}

{"code":0,"msg":"添加用户到聊天室成功","data":null}

{"code":1,"msg":"添加用户到聊天室失败，用户不存在","data":null}

{"code":0,"msg":"获取聊天室信息成功","data":{<...>"role":"member",<...>}}



=== the order of the checks of add_user
--- steps
dave POST /api/room/add_user {"room_id":"x"}
dave POST /api/room/add_user {"room_id":1,"user_id":900001}
bob POST /api/room/add_user {"room_id":1,"user_id":900001,"role":"owner"}
bob POST /api/room/add_user {"room_id":1,"user_id":7,"role":"member"}
bob POST /api/room/add_user {"room_id":1,"user_id":1,"role":"owner"}
bob POST /api/room/add_user {"room_id":1,"user_id":4,"role":"owner"}
dave POST /api/room/add_user {"room_id":900001,"user_id":4}
--- reply
{"code":1,"msg":"添加用户到聊天室失败，请求错误","data":null}

{"code":1,"msg":"添加用户到聊天室失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":1,"msg":"添加用户到聊天室失败，用户不存在","data":null}

{"code":1,"msg":"添加用户到聊天室失败，用户不存在","data":null}

{"code":1,"msg":"添加用户到聊天室失败，用户已在聊天室中","data":null}

{"code":1,"msg":"添加用户到聊天室失败，没有权限","data":null}

{"code":1,"msg":"添加用户到聊天室失败，没有权限，当前用户不在此房间中",
  "data":null}



=== defect: nobody becomes owner or admin by a member's word
--- steps
bob POST /api/room/add_user {"room_id":3,"user_id":4,"role":"owner"}
bob POST /api/room/add_user {"room_id":3,"user_id":4,"role":"admin"}
carol POST /api/room/add_user {"room_id":3,"user_id":4,"role":"owner"}
alice POST /api/room/add_user {"room_id":3,"user_id":4,"role":"owner"}
dave GET /api/room/info?room_id=3
carol POST /api/room/add_user {"room_id":3,"user_id":4,"role":"admin"}
dave GET /api/room/info?room_id=3
--- reply
{"code":1,"msg":"添加用户到聊天室失败，没有权限","data":null}

{"code":1,"msg":"添加用户到聊天室失败，没有权限","data":null}

{"code":1,"msg":"添加用户到聊天室失败，没有权限","data":null}

{"code":1,"msg":"添加用户到聊天室失败，没有权限","data":null}

{"code":1,"msg":"获取聊天室信息失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":0,"msg":"添加用户到聊天室成功","data":null}

{"code":0,"msg":"获取聊天室信息成功","data":{<...>"role":"admin",<...>}}



=== a wrong request to add_user
--- steps
alice POST /api/room/add_user {"room_id":1}
alice POST /api/room/add_user {"user_id":4,"role":"member"}
alice POST /api/room/add_user {"room_id":1,"user_id":4,"role":"king"}
alice POST /api/room/add_user {"room_id":1,"user_id":4,"role":3}
alice POST /api/room/add_user {"room_id":1,"user_id":-4}
alice POST /api/room/add_user {"room_id":1,"user_id":4.5}
alice POST /api/room/add_user {"room_id":1,"user_id":4
- POST /api/room/add_user {"room_id":1,"user_id":4}
--- reply
{"code":1,"msg":"添加用户到聊天室失败，请求错误","data":null}

{"code":1,"msg":"添加用户到聊天室失败，请求错误","data":null}

{"code":1,"msg":"添加用户到聊天室失败，请求错误","data":null}

{"code":1,"msg":"添加用户到聊天室失败，请求错误","data":null}

{"code":1,"msg":"添加用户到聊天室失败，请求错误","data":null}

{"code":1,"msg":"添加用户到聊天室失败，请求错误","data":null}

{"code":1,"msg":"添加用户到聊天室失败，请求错误","data":null}

HTTP 401
{"error":"Authorization header is required"}



=== a room, and a user's list of rooms, can be full
--- steps
alice POST /api/room/add_user {"room_id":4,"user_id":4}
alice POST /api/room/add_user {"room_id":4,"user_id":5}
alice POST /api/room/add_user {"room_id":1,"user_id":6}
frank POST /api/room/create {"name":"one too many"}
--- reply
{"code":0,"msg":"添加用户到聊天室成功","data":null}

{"code":1,"msg":"添加用户到聊天室失败，聊天室已满","data":null}

{"code":1,"msg":"添加用户到聊天室失败，聊天室已满","data":null}

{"code":1,"msg":"创建失败","data":null}



=== who may remove whom
--- steps
bob POST /api/room/leave {"room_id":5,"user_id":4}
carol POST /api/room/leave {"room_id":5,"user_id":1}
erin POST /api/room/leave {"room_id":5,"user_id":4}
carol POST /api/room/leave {"room_id":5,"user_id":4}
carol POST /api/room/leave {"room_id":5,"user_id":4}
dave GET /api/room/info?room_id=5
bob POST /api/room/leave {"room_id":5}
bob POST /api/message/send {"room_id":5,"type":"text","content":"a"}
bob POST /api/room/leave {"room_id":5}
alice GET /api/room/members?room_id=5
--- reply
{"code":1,"msg":"退出聊天室失败，没有权限","data":null}

{"code":1,"msg":"退出聊天室失败，没有权限","data":null}

{"code":1,"msg":"退出聊天室失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":0,"msg":"退出聊天室成功","data":null}

{"code":1,"msg":"退出聊天室失败，用户不在此房间中","data":null}

{"code":1,"msg":"获取聊天室信息失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":0,"msg":"退出聊天室成功","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"退出聊天室失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":0,"msg":"获取成功","data":[{"ID":1,<...>},{"ID":3,<...>}]}



=== the owner leaves: the admin follows, then who was first
--- steps
alice POST /api/room/leave {"room_id":6}
carol GET /api/room/info?room_id=6
carol POST /api/room/leave {"room_id":6}
bob GET /api/room/info?room_id=6
bob DELETE /api/room/delete?room_id=6
--- reply
{"code":0,"msg":"退出聊天室成功","data":null}

{"code":0,"msg":"获取聊天室信息成功","data":{<...>"owner_id":3,
  "member_count":3,<...>"role":"owner",<...>}}

{"code":0,"msg":"退出聊天室成功","data":null}

{"code":0,"msg":"获取聊天室信息成功","data":{<...>"owner_id":2,
  "member_count":2,<...>"role":"owner",<...>}}

{"code":0,"msg":"删除聊天室成功","data":null}



=== the last one leaves and the room ends
--- steps
alice POST /api/room/leave {"room_id":7}
alice GET /api/room/info?room_id=7
alice POST /api/room/add_user {"room_id":7,"user_id":1}
--- reply
{"code":0,"msg":"退出聊天室成功","data":null}

{"code":1,"msg":"获取聊天室信息失败，没有权限，当前用户不在此房间中",
  "data":null}

{"code":1,"msg":"添加用户到聊天室失败，没有权限，当前用户不在此房间中",
  "data":null}



=== a wrong request to leave
--- steps
alice POST /api/room/leave {}
alice POST /api/room/leave {"room_id":null}
alice POST /api/room/leave {"room_id":1
- POST /api/room/leave {"room_id":1}
alice GET /api/room/leave?room_id=1
--- reply
{"code":1,"msg":"退出聊天室失败，请求错误","data":null}

{"code":1,"msg":"退出聊天室失败，请求错误","data":null}

{"code":1,"msg":"退出聊天室失败，请求错误","data":null}

HTTP 401
{"error":"Authorization header is required"}

HTTP 404
404 page not found
