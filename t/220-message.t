# /api/message/send and /api/message/read.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n";
use Conference::Roomchat;

users(qw(alice bob carol));

room('alice', 'bob') for 1 .. 7;
member(2, 'alice', 'carol');
message(6, 'alice', "message $_") for 1 .. 5;

run_tests();

__DATA__

=== a message is sent, byte by byte, and is in the history
--- steps
alice POST /api/message/send {"room_id":1,"type":"text","content":"hello"}
bob POST /api/message/send {"room_id":1,"type":"text","content":"world"}
bob GET /api/message/list {"room_id":1,"last_message_id":0,"limit":20}
--- reply
{"code":0,"msg":"Message sent successfully","data":{"ID":<n>,
  "send_time":"<local>","epoch":<n>,"seq":1}}

{"code":0,"msg":"Message sent successfully","data":{"ID":<n>,
  "send_time":"<local>","epoch":<n>,"seq":2}}

{"code":0,"msg":"历史消息获取成功","data":[{"ID":<n>,
  "send_time":"<local>","room_id":1,"sender_id":1,"sender_name":"alice",
  "sender_avatar":"/static/avatars/nopic.png","type":"text",
  "content":"hello","epoch":<n>,"seq":1},{"ID":<n>,
  "send_time":"<local>","room_id":1,"sender_id":2,"sender_name":"bob",
  "sender_avatar":"/static/avatars/nopic.png","type":"text",
  "content":"world","epoch":<n>,"seq":2}]}



=== defect: only members send, read and mark
--- steps
carol POST /api/message/send {"room_id":1,"type":"text","content":"a"}
carol GET /api/message/list?room_id=1
carol POST /api/message/list {"room_id":1}
carol POST /api/message/read {"room_id":1,"seq":1}
carol POST /api/message/send {"room_id":900001,"type":"text","content":"a"}
carol GET /api/message/list?room_id=900001
--- reply
{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}



=== who was removed is out at once
--- steps
carol POST /api/message/send {"room_id":2,"type":"text","content":"a"}
alice POST /api/room/leave {"room_id":2,"user_id":3}
carol POST /api/message/send {"room_id":2,"type":"text","content":"b"}
carol GET /api/message/list?room_id=2
--- reply
{"code":0,"msg":"Message sent successfully","data":{<...>"seq":1}}

{"code":0,"msg":"退出聊天室成功","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}



=== a wrong message
--- steps
alice POST /api/message/send {"type":"text","content":"a"}
alice POST /api/message/send {"room_id":3,"content":"a"}
alice POST /api/message/send {"room_id":3,"type":"","content":"a"}
alice POST /api/message/send {"room_id":3,"type":7,"content":"a"}
alice POST /api/message/send {"room_id":3,"type":"text"}
alice POST /api/message/send {"room_id":3,"type":"text","content":null}
alice POST /api/message/send {"room_id":3,"type":"text","content":""}
alice POST /api/message/send {"room_id":0,"type":"text","content":"a"}
alice POST /api/message/send {"room_id":3,"type":"text","content":"a"
alice POST /api/message/send
alice GET /api/message/list?room_id=3
--- reply
{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":1,"msg":"Invalid message data","data":null}

{"code":0,"msg":"历史消息获取成功","data":[]}



=== content of any JSON type comes back as it was
--- steps
alice POST /api/message/send {"room_id":4,"type":"file",
  "content":{"file_url":"/static/files/a.png","n":[1,2.50,null]}}
alice POST /api/message/send {"room_id":4,"type":"text",
  "content":"<b>&\u4e2d\ud83d\ude00\"\\\n\u0001</b>"}
alice POST /api/message/send {"room_id":4,"type":"n","content":12}
bob GET /api/message/list?room_id=4
--- reply
{"code":0,"msg":"Message sent successfully","data":{<...>"seq":1}}

{"code":0,"msg":"Message sent successfully","data":{<...>"seq":2}}

{"code":0,"msg":"Message sent successfully","data":{<...>"seq":3}}

{"code":0,"msg":"历史消息获取成功","data":[{<...>"type":"file",
  "content":{"file_url":"/static/files/a.png","n":[1,2.50,null]},
  "epoch":<n>,"seq":1},{<...>"type":"text",
  "content":"<b>&中😀\"\\\n\u0001</b>","epoch":<n>,"seq":2},{<...>
  "type":"n","content":12,"epoch":<n>,"seq":3}]}



=== a repeated client_id is one message
--- steps
alice POST /api/message/send {"room_id":5,"type":"text","content":"one",
  "client_id":"c1"}
alice POST /api/message/send {"room_id":5,"type":"text","content":"two",
  "client_id":"c1"}
bob POST /api/message/send {"room_id":5,"type":"text","content":"three",
  "client_id":"c1"}
bob GET /api/message/list?room_id=5
--- reply
{"code":0,"msg":"Message sent successfully","data":{"ID":<n>,
  "send_time":"<local>","epoch":<n>,"seq":1}}

{"code":0,"msg":"Message sent successfully","data":{"ID":<n>,
  "send_time":"<local>","epoch":<n>,"seq":1}}

{"code":0,"msg":"Message sent successfully","data":{"ID":<n>,
  "send_time":"<local>","epoch":<n>,"seq":2}}

{"code":0,"msg":"历史消息获取成功","data":[{<...>"content":"one",
  "epoch":<n>,"seq":1,"client_id":"c1"},{<...>"content":"three",
  "epoch":<n>,"seq":2,"client_id":"c1"}]}



=== the longest type, client_id and content
--- request eval
our $wide = "\xf0\x9f\x98\x80";
[map { my ($t, $c, $n) = @$_; "POST /api/message/send\n{\"room_id\":7,"
       . '"type":"' . $wide x $t . '","client_id":"' . $wide x $c
       . '","content":"' . 'x' x $n . '"}' }
 [32, 64, 65536], [33, 1, 1], [1, 65, 1], [1, 1, 65537]]
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- response_body eval
['Message sent successfully', 'Invalid message data',
 'Invalid message data',
 "\xe8\xaf\xb7\xe6\xb1\x82\xe5\x86\x85\xe5\xae\xb9\xe8\xbf\x87\xe5\xa4\xa7"]
--- response_body_filters eval
sub { $_[0] =~ /"msg":"(.*?)"/ ? $1 : $_[0] }
--- error_code eval
[200, 200, 200, 413]



=== marks count in the room's info and never go back
--- steps
bob GET /api/room/info?room_id=6
bob POST /api/message/read {"room_id":6,"seq":3}
bob GET /api/room/info?room_id=6
bob POST /api/message/read {"room_id":"6","seq":"2"}
bob GET /api/room/info?room_id=6
bob POST /api/message/read {"room_id":6,"seq":1000}
bob GET /api/room/info?room_id=6
--- reply
{"code":0,"msg":"获取聊天室信息成功","data":{<...>"seq":5,
  "role":"member","read_seq":0,<...>}}

{"code":0,"msg":"标记已读成功","data":null}

{"code":0,"msg":"获取聊天室信息成功","data":{<...>"read_seq":3,<...>}}

{"code":0,"msg":"标记已读成功","data":null}

{"code":0,"msg":"获取聊天室信息成功","data":{<...>"read_seq":3,<...>}}

{"code":0,"msg":"标记已读成功","data":null}

{"code":0,"msg":"获取聊天室信息成功","data":{<...>"read_seq":5,<...>}}



=== a wrong mark
--- steps
bob POST /api/message/read {"room_id":6}
bob POST /api/message/read {"seq":1}
bob POST /api/message/read {"room_id":6,"seq":-1}
bob POST /api/message/read {"room_id":6,"seq":"x"}
--- reply
{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}



=== nobody without a token, and no other method
--- steps
- POST /api/message/send {"room_id":1,"type":"text","content":"a"}
- POST /api/message/read {"room_id":1,"seq":1}
alice GET /api/message/send
alice GET /api/message/read
alice POST /api/message/send/ {}
--- reply
HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}

HTTP 404
404 page not found

HTTP 404
404 page not found

HTTP 404
404 page not found
