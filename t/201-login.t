# POST /login.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n";
use Conference::Roomchat;

users(qw(alice banned gone free));

ban('banned', 0);
ban('free', time - 60);
ask(USER_DELETE => [0, user_id('gone')]);

run_tests();

__DATA__

=== a user logs in, byte by byte
--- steps
- POST /login {"username":"alice","password":"password1"}
--- reply
{"code":0,"msg":"登录成功","data":{"token":"<jwt>",
  "user":{"ID":1,"username":"alice"}}}



=== the token's claims: a number, 24 hours, HS256
--- request
POST /login
{"username":"alice","password":"password1"}
--- response_body_filters eval
sub {
    my ($head, $body) = map { MIME::Base64::decode_base64url($_) }
                        $_[0] =~ /"token":"([^.]+)\.([^.]+)/;
    my ($exp) = $body =~ /"exp":(\d+)/;
    my $left = $exp - time;

    return CORE::join ' ', $head =~ /"alg":"HS256"/ ? 'hs256' : $head,
           $body =~ /"user_id":1[,}]/ ? 'number' : $body,
           $left > 86400 - 60 && $left <= 86400 ? 'day' : $left;
}
--- response_body chomp
hs256 number day



=== a wrong password and an unknown name are told alike
--- steps
- POST /login {"username":"alice","password":"password2"}
- POST /login {"username":"nobody","password":"password1"}
- POST /login {"username":"alice","password":""}
- POST /login {"username":"","password":""}
- POST /login {"username":"alice","password":"password1\u0020"}
--- reply
{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"用户名或密码错误","data":null}



=== defect: letter case of a password counts
--- steps
- POST /login {"username":"alice","password":"PASSWORD1"}
- POST /login {"username":"alice","password":"Password1"}
--- reply
{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"用户名或密码错误","data":null}



=== defect: no way around the password with SQL or patterns
--- steps
- POST /login {"username":"alice","password":"' OR '1'='1"}
- POST /login {"username":"alice' -- ","password":"password1"}
- POST /login {"username":"%","password":"password1"}
- POST /login {"username":"alice","password":{"$ne":""}}
--- reply
{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}



=== what is missing or of another type
--- steps
- POST /login {"username":"alice"}
- POST /login {"password":"password1"}
- POST /login {}
- POST /login {"username":1,"password":"password1"}
- POST /login {"username":"alice","password":null}
- POST /login ["alice","password1"]
- POST /login "alice"
- POST /login {"username":"alice","password":"password1"
- POST /login
--- reply
{"code":1,"msg":"登录失败，请求错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}

{"code":1,"msg":"登录失败，请求错误","data":null}



=== the name is told without regard to case and blanks
--- steps
- POST /login {"username":" ALICE ","password":"password1"}
--- reply
{"code":0,"msg":"登录成功","data":{"token":"<jwt>",
  "user":{"ID":1,"username":"alice"}}}



=== who is banned learns it only with the right password
--- steps
- POST /login {"username":"banned","password":"password2"}
- POST /login {"username":"banned","password":"password1"}
--- reply
{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"登录失败，用户已被封禁","data":null}



=== a ban that is over
--- steps
- POST /login {"username":"free","password":"password1"}
--- reply
{"code":0,"msg":"登录成功","data":{"token":"<jwt>",
  "user":{"ID":4,"username":"free"}}}



=== a deleted user
--- steps
- POST /login {"username":"gone","password":"password1"}
- POST /register {"username":"gone","password":"password1"}
--- reply
{"code":1,"msg":"用户名或密码错误","data":null}

{"code":1,"msg":"用户名已存在","data":null}



=== only POST, and only this path
--- steps
- GET /login
- PUT /login {"username":"alice","password":"password1"}
- POST /login/ {"username":"alice","password":"password1"}
- POST /api/login {"username":"alice","password":"password1"}
--- reply
HTTP 404
404 page not found

HTTP 404
404 page not found

HTTP 404
404 page not found

HTTP 404
404 page not found



=== credentials in a query do not count
--- request
POST /login?username=alice&password=password1
--- response_body_like: "登录失败，请求错误"
