# POST /register.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n";
use Conference::Roomchat;

users(qw(alice));
ask(USER_REGISTER => ["\xe7\x94\xb2", 'password1', '', '', '']);

our $long = 'x' x 50;

run_tests();

__DATA__

=== a user registers, byte by byte
--- steps
- POST /register {"username":"user12345","password":"password12345"}
--- reply
{"code":0,"msg":"注册成功","data":{"ID":<n>,"username":"user12345"}}



=== a name is taken
--- steps
- POST /register {"username":"alice","password":"password2"}
- POST /register {"username":"甲","password":"password2"}
--- reply
{"code":1,"msg":"用户名已存在","data":null}

{"code":1,"msg":"用户名已存在","data":null}



=== nobody poses as another by letter case or blanks
--- steps
- POST /register {"username":"Alice","password":"password2"}
- POST /register {"username":"  alice ","password":"password2"}
- POST /register {"username":"alic\u0065","password":"password2"}
--- reply
{"code":1,"msg":"用户名已存在","data":null}

{"code":1,"msg":"用户名已存在","data":null}

{"code":1,"msg":"用户名已存在","data":null}



=== defect: empty credentials are refused
--- steps
- POST /register {"username":"","password":"password1"}
- POST /register {"username":"   ","password":"password1"}
- POST /register {"username":"empty1","password":""}
- POST /register {"username":"","password":""}
- POST /register {"username":null,"password":null}
- POST /register {}
--- reply
{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}



=== what is missing or of another type
--- steps
- POST /register {"username":"missing1"}
- POST /register {"password":"password1"}
- POST /register {"username":12345,"password":"password1"}
- POST /register {"username":"types1","password":12345678}
- POST /register {"username":["types1"],"password":"password1"}
- POST /register {"username":{"a":1},"password":"password1"}
- POST /register {"username":true,"password":"password1"}
--- reply
{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}

{"code":1,"msg":"注册失败，请求错误","data":null}



=== a password has 6 to 100 characters
--- request eval
[map { "POST /register\n" . '{"username":"pass' . length($_)
       . "\",\"password\":\"$_\"}" } 'x' x 5, 'x' x 6, 'x' x 100, 'x' x 101]
--- response_body_like eval
[qr/"注册失败，请求错误"/, qr/"code":0/, qr/"code":0/, qr/"注册失败，请求错误"/]
--- error_code eval
[200, 200, 200, 200]



=== a name has at most 50 characters, not bytes
--- request eval
[map { "POST /register\n{\"username\":\"$_\",\"password\":\"password1\"}" }
 "\xe4\xb8\xad" x 50, "\xe4\xb8\xad" x 51, 'x' x 50, 'x' x 51]
--- response_body_like eval
[qr/"code":0/, qr/"注册失败，请求错误"/, qr/"code":0/, qr/"注册失败，请求错误"/]
--- error_code eval
[200, 200, 200, 200]



=== what must be escaped in JSON is
--- steps
- POST /register {"username":"a\"b\\c\td<&>","password":"password1"}
- POST /register {"username":"\ud83d\ude00","password":"password1"}
--- reply
{"code":0,"msg":"注册成功","data":{"ID":<n>,"username":"a\"b\\c\td<&>"}}

{"code":0,"msg":"注册成功","data":{"ID":<n>,"username":"😀"}}



=== defect: a client cannot set ID, times or role
--- steps
- POST /register {"ID":900001,"id":900001,"CreatedAt":"2001-01-01T00:00:00Z",
  "role":"owner","status":1,"version":9,"username":"mass1",
  "password":"password1"}
- POST /login {"username":"mass1","password":"password1"}
--- reply
{"code":0,"msg":"注册成功","data":{"ID":<small>,"username":"mass1"}}

{"code":0,"msg":"登录成功","data":{"token":"<jwt>",
  "user":{"ID":<small>,"username":"mass1"}}}



=== only POST, and only this path
--- steps
- GET /register
- PUT /register {"username":"method1","password":"password1"}
- DELETE /register
- PATCH /register {}
- OPTIONS /register
- POST /register/ {"username":"method2","password":"password1"}
- POST /Register {"username":"method3","password":"password1"}
- POST /register/alice {}
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



=== HEAD has no body
--- request
HEAD /register
--- error_code: 404
--- response_headers
Content-Type: text/plain
Content-Length: 18
--- response_body chomp



=== a query does not count, nor does a token
--- request
POST /register?username=query1&password=password1
{"username":"body1","password":"password1"}
--- more_headers
Authorization: Bearer garbage
Content-Type: text/plain
--- response_body_like: "username":"body1"
