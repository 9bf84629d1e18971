# /api/message/list: GET and POST, both directions, limits.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n";
use Conference::Roomchat;

users(qw(alice bob carol));

# Room 1: seq 1 to 5 are ids 1, 3, 4, 5, 6, as room 2 has id 2.

room('alice', 'bob');
room('alice', 'bob');
room('alice');

message(1, 'alice', 'one');
message(2, 'alice', 'other');
message(1, 'bob', 'two');
message(1, 'alice', $_) for qw(three four five);

# Room 4: 130 messages.

room('alice', 'bob');
message(4, 'alice', "m$_") for 1 .. 130;

# What a list has, short: "seq:content ...", or the sentence.

our $short = sub {
    my @m = $_[0] =~ /"content":"(\w+)","epoch":\d+,"seq":(\d+)/g;
    my @out;

    return $1 if $_[0] =~ /"code":1,"msg":"(.*?)"/;
    push @out, splice(@m, 1, 1) . ':' . shift @m while @m;
    return @out > 9 ? "$out[0] .. $out[-1], " . @out : "@out";
};

run_tests();

__DATA__

=== the document's way: GET with a JSON body, oldest first
--- steps
bob GET /api/message/list {"room_id":1,"last_message_id":0,"limit":2}
--- reply
{"code":0,"msg":"历史消息获取成功","data":[{"ID":5,
  "send_time":"<local>","room_id":1,"sender_id":1,"sender_name":"alice",
  "sender_avatar":"/static/avatars/nopic.png","type":"text",
  "content":"four","epoch":<n>,"seq":4},{"ID":6,
  "send_time":"<local>","room_id":1,"sender_id":1,"sender_name":"alice",
  "sender_avatar":"/static/avatars/nopic.png","type":"text",
  "content":"five","epoch":<n>,"seq":5}]}



=== backward by last_message_id, which is not in the page
--- request eval
[map { "GET /api/message/list\n{\"room_id\":1,\"last_message_id\":$_,"
       . '"limit":2}' } 0, 5, 3, 1, 2, 900001]
--- more_headers eval
'Authorization: Bearer ' . main::token('bob')
--- response_body_filters eval
$main::short
--- response_body eval
['4:four 5:five', '2:two 3:three', '1:one', '', '1:one', '4:four 5:five']
--- error_code eval
[(200) x 6]



=== the later client's way: POST, newest first
--- request eval
[map { "POST /api/message/list\n{\"room_id\":1,\"last_message_id\":$_,"
       . '"limit":2}' } 0, 5, 3, 1]
--- more_headers eval
'Authorization: Bearer ' . main::token('bob')
--- response_body_filters eval
$main::short
--- response_body eval
['5:five 4:four', '3:three 2:two', '1:one', '']
--- error_code eval
[(200) x 4]



=== GET with a query
--- request eval
["GET /api/message/list?room_id=1",
 "GET /api/message/list?room_id=1&last_message_id=4&limit=1",
 "GET /api/message/list?room_id=3"]
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- response_body_filters eval
$main::short
--- response_body eval
['1:one 2:two 3:three 4:four 5:five', '2:two', '']
--- error_code eval
[(200) x 3]



=== order says otherwise
--- request eval
["GET /api/message/list?room_id=1&limit=3&order=desc",
 "GET /api/message/list?room_id=1&limit=3&order=asc",
 "POST /api/message/list\n{\"room_id\":1,\"limit\":3,\"order\":\"asc\"}",
 "POST /api/message/list\n{\"room_id\":1,\"limit\":3,\"order\":\"desc\"}"]
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- response_body_filters eval
$main::short
--- response_body eval
['5:five 4:four 3:three', '3:three 4:four 5:five',
 '3:three 4:four 5:five', '5:five 4:four 3:three']
--- error_code eval
[(200) x 4]



=== forward by seq, to catch up
--- request eval
["GET /api/message/list?room_id=1&after_seq=0&limit=2",
 "GET /api/message/list?room_id=1&after_seq=2&limit=2",
 "GET /api/message/list?room_id=1&after_seq=4&limit=2",
 "GET /api/message/list?room_id=1&after_seq=5",
 "GET /api/message/list?room_id=1&after_seq=900",
 "POST /api/message/list\n{\"room_id\":1,\"seq\":3}"]
--- more_headers eval
'Authorization: Bearer ' . main::token('bob')
--- response_body_filters eval
$main::short
--- response_body eval
['1:one 2:two', '3:three 4:four', '5:five', '', '', '5:five 4:four']
--- error_code eval
[(200) x 6]



=== another epoch is told
--- steps
bob GET /api/message/list?room_id=1&after_seq=2&epoch=1
--- reply
{"code":1,"msg":"历史消息已变更，请重新获取","data":null}



=== defect: a limit never means all
--- request eval
[map { "GET /api/message/list\n{\"room_id\":4,\"limit\":$_}" }
 -1, 0, 1, 99, 100, 101, 1000000, '-9223372036854775808',
 '9223372036854775807', 'null']
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- response_body_filters eval
$main::short
--- response_body eval
['130:m130', '111:m111 .. 130:m130, 20', '130:m130',
 '32:m32 .. 130:m130, 99', '31:m31 .. 130:m130, 100',
 '31:m31 .. 130:m130, 100', '31:m31 .. 130:m130, 100', '130:m130',
 '31:m31 .. 130:m130, 100', '111:m111 .. 130:m130, 20']
--- error_code eval
[(200) x 10]



=== defect: nor does it in a query or a POST
--- request eval
["GET /api/message/list?room_id=4&limit=-1",
 "GET /api/message/list?room_id=4&limit=0",
 "GET /api/message/list?room_id=4&limit=1000",
 "POST /api/message/list\n{\"room_id\":4,\"limit\":-1}",
 "POST /api/message/list\n{\"room_id\":4}"]
--- more_headers eval
'Authorization: Bearer ' . main::token('alice')
--- response_body_filters eval
$main::short
--- response_body eval
['130:m130', '111:m111 .. 130:m130, 20', '31:m31 .. 130:m130, 100',
 '130:m130', '130:m130 .. 111:m111, 20']
--- error_code eval
[(200) x 5]



=== a wrong request
--- steps
alice GET /api/message/list
alice GET /api/message/list {}
alice POST /api/message/list {"room_id":0}
alice POST /api/message/list {"room_id":1,"limit":"many"}
alice POST /api/message/list {"room_id":1,"limit":1.5}
alice POST /api/message/list {"room_id":1,"limit":9223372036854775808}
alice POST /api/message/list {"room_id":1,"last_message_id":-1}
alice POST /api/message/list {"room_id":1,"order":"up"}
alice POST /api/message/list {"room_id":1
alice GET /api/message/list [1]
--- reply
{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}

{"code":1,"msg":"Invalid query message data","data":null}



=== for members only, and with a token
--- steps
carol GET /api/message/list?room_id=1
carol POST /api/message/list {"room_id":1}
carol GET /api/message/list?room_id=1&after_seq=0
- GET /api/message/list?room_id=1
- POST /api/message/list {"room_id":1}
alice DELETE /api/message/list?room_id=1
alice GET /api/message/list/?room_id=1
--- reply
{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

{"code":1,"msg":"当前用户已不在聊天室中","data":null}

HTTP 401
{"error":"Authorization header is required"}

HTTP 401
{"error":"Authorization header is required"}

HTTP 404
404 page not found

HTTP 404
404 page not found



=== a body that is chunked, on GET
--- raw_request eval
"GET /api/message/list HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Authorization: Bearer " . main::token('bob') . "\r\n"
. "Transfer-Encoding: chunked\r\n\r\n"
. "9\r\n{\"room_id\r\n4\r\n\":1,\r\n9\r\n\"limit\":1\r\n1\r\n}\r\n0\r\n\r\n"
--- response_body_filters eval
$main::short
--- response_body eval
'5:five'
