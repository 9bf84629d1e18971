# JSON in: what is no JSON, what is too much, what yajl lets through.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite confd_config => "scrypt_log_n 10\n";
use Conference::Roomchat;

users(qw(alice));

# /login tells a wrong body (x), a wrong name (n) and the right one (y): what
# is let in can be told from what is dropped.

our $tell = sub {
    return $_[0] =~ /登录失败，请求错误/ ? 'x'
         : $_[0] =~ /用户名或密码错误/ ? 'n'
         : $_[0] =~ /登录成功/ ? 'y'
         : $_[0] =~ /请求内容过大/ ? 'large' : $_[0];
};

# Each body is a login; @ stands for the right credentials.

sub logins {
    return [map { s/\@/"username":"alice","password":"password1"/r }
            map { "POST /login\n$_" } @_];
}

run_tests();

__DATA__

=== malformed: all are told so
--- request eval
main::logins('{', '}', '{@', '@}', '{@,}', '{,@}', '{@ "a":1}', '{@;}',
    '{"a"@}', '{@,"a"}', '{@,"a":}', '{@,a:1}', "{\@,'a':1}", '{@,"a:1}',
    '{@,"a":[1,]}', '{@,"a":[1}', '{@,"a":{]}', '{@}}', '{@}{@}', '{@} x',
    '{@},', '[{@}]', '"{}"', 'null', 'true', '12', '<a/>', 'username=alice',
    '/* */{@}', '{@}//', '{@,"a":\u0031}')
--- response_body_filters eval
$main::tell
--- response_body eval
[('x') x 31]
--- error_code eval
[(200) x 31]



=== values that are no JSON
--- request eval
main::logins(map { "{\@,\"a\":$_}" } '01', '+1', '1.', '.5', '1e', '-',
    '0x1', 'NaN', 'Infinity', 'undefined', 'True', 'nul', '"\x"', '"\u12"',
    '"\uzzzz"', "\"\t\"", "\"\n\"", "\"\0\"", '`a`')
--- response_body_filters eval
$main::tell
--- response_body eval
[('x') x 19]
--- error_code eval
[(200) x 19]



=== unknown fields of any form are ignored
--- request eval
main::logins(map { "{\@,\"a\":$_}" } 'null', '""', '0', '-0', '1e400', '-1.5E+3',
    '123456789012345678901234567890', '[]', '{}', '[[],[{}]]',
    '{"username":"x"}', '{"a":1,"a":2}', '"\u00e9"', '" / \/ "')
--- response_body_filters eval
$main::tell
--- response_body eval
[('y') x 14]
--- error_code eval
[(200) x 14]



=== white space around, keys with escapes, other order, null
--- request eval
main::logins("{ \t\r\n\@ }", "{\@}\n \n",
    '{"password":"password1","username":"alice"}',
    '{"user\u006eame":"alice","\u0070assword":"password1"}',
    '{"username":"\u0061lice","password":"passwor\u00641"}',
    '{"Username":"alice","password":"password1"}',
    '{"username ":"alice","password":"password1"}',
    '{"username":null,"password":"password1"}')
--- response_body_filters eval
$main::tell
--- response_body eval
['y', 'y', 'y', 'y', 'y', 'x', 'x', 'x']
--- error_code eval
[(200) x 8]



=== a key twice is refused, however it is written
--- request eval
main::logins('{@,"username":"alice"}', '{"username":"bob",@}',
    '{@,"user\u006eame":"alice"}', '{"username":null,@}',
    '{@,"password":null}')
--- response_body_filters eval
$main::tell
--- response_body eval
[('x') x 5]
--- error_code eval
[(200) x 5]



=== NUL and surrogates without a partner are refused everywhere
--- request eval
main::logins((map { "{\"username\":\"alice$_\",\"password\":\"password1\"}" }
              '\u0000', '\ud800', '\udc00', '\udc00\ud800', '\ud83dx',
              '\ud83d\n', '\ud83d\u0041', '\uD83D'),
             '{@,"a":"\u0000"}', '{@,"a":["\ud800"]}', '{@,"\u0000":1}',
             '{@,"\udfff":1}', '{@,"username\u0000":"x"}')
--- response_body_filters eval
$main::tell
--- response_body eval
[('x') x 13]
--- error_code eval
[(200) x 13]



=== what is no UTF-8 is refused everywhere
--- request eval
my @bad = ("\xff", "\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\xaf",
           "\xed\xa0\x80", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xe4\xb8");
main::logins((map { "{\"username\":\"alice$_\",\"password\":\"password1\"}" }
              @bad), (map { "{\@,\"a\":\"$_\"}" } @bad),
             (map { "{\@,\"$_\":1}" } @bad), "\xef\xbb\xbf{\@}",
             "{\@}\xff", "\xff\xfe{\0}\0")
--- response_body_filters eval
$main::tell
--- response_body eval
[('x') x 33]
--- error_code eval
[(200) x 33]



=== nested 15 levels below the object, and not 16
--- request eval
main::logins('{@,"a":' . '[' x 15 . ']' x 15 . '}',
             '{@,"a":' . '[' x 16 . ']' x 16 . '}',
             '{@,"a":' . '{"a":' x 15 . '1' . '}' x 15 . '}',
             '{@,"a":' . '{"a":' x 16 . '1' . '}' x 16 . '}')
--- response_body_filters eval
$main::tell
--- response_body eval
['y', 'x', 'y', 'x']
--- error_code eval
[(200) x 4]



=== nested a million deep
--- config
location / {
    conf_api roomchat;
    conf_body_max 6m;
}
--- request eval
main::logins('[' x 1000000, '{"a":' x 1000000,
             '{@,"a":' . '[' x 1000000 . ']' x 1000000 . '}',
             '{@,"a":"' . '[' x 1000000 . '"}')
--- response_body_filters eval
$main::tell
--- response_body eval
['x', 'x', 'x', 'y']
--- error_code eval
[(200) x 4]
--- timeout: 30



=== a million keys
--- config
location / {
    conf_api roomchat;
    conf_body_max 8m;
}
--- request eval
main::logins('{@' . ',"a":1' x 1000000 . '}',
             '{@' . ',"username":1' x 300000 . '}')
--- response_body_filters eval
$main::tell
--- response_body eval
['y', 'x']
--- error_code eval
[(200) x 2]
--- timeout: 30



=== 1 MB is too large, in the dialect's form
--- request eval
"POST /login\n" . '{"username":"' . 'x' x 1048576 . '","password":"a"}'
--- error_code: 413
--- response_headers
Content-Type: application/json; charset=utf-8
--- response_body eval
qr/\A\{"code":1,"msg":"请求内容过大","data":null\}\z/



=== no body, and one of blanks
--- request eval
["POST /login", "POST /login", "POST /room"]
--- more_headers eval
['', "Content-Length: 0", '']
--- response_body_filters eval
$main::tell
--- response_body eval
['x', 'x', '404 page not found']
--- error_code eval
[200, 200, 404]



=== the media type of a request does not matter
--- request eval
main::logins(('{@}') x 6)
--- more_headers eval
['Content-Type: text/plain', 'Content-Type: application/json; charset=gbk',
 'Content-Type:', 'Content-Type: application/x-www-form-urlencoded',
 'Content-Type: multipart/form-data', 'Content-Type: ' . 'x' x 3000]
--- response_body_filters eval
$main::tell
--- response_body eval
[('y') x 6]
--- error_code eval
[(200) x 6]
