# meeting: what all of its answers have in common.

use Test::Nginx::Socket 'no_plan';
use Conference::Suite api => 'meeting';

run_tests();

__DATA__

=== an answer has five members, and the client's request id
--- request
GET /health
--- more_headers
X-Request-ID: abc-1.2_Z
--- response_headers
X-Request-ID: abc-1.2_Z
Content-Type: application/json; charset=utf-8
--- response_body_like chomp
^\{"code":200,"message":"Success","data":\{"status":"ok"\},"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","request_id":"abc-1\.2_Z"\}$



=== Request-ID will do
--- request
GET /health
--- more_headers
Request-ID: 7
--- response_headers
X-Request-ID: 7
--- response_body_like: "request_id":"7"



=== what is no word is not echoed
--- request
GET /health
--- more_headers
X-Request-ID: a"b
--- response_headers_like
X-Request-ID: [0-9a-f]{32}
--- response_body_like: "request_id":"[0-9a-f]{32}"



=== nor what is longer than 64
--- request
GET /health
--- more_headers eval
'X-Request-ID: ' . 'a' x 65
--- response_headers_like
X-Request-ID: [0-9a-f]{32}



=== an unknown path
--- request
GET /api/v1/nothing
--- error_code: 404
--- response_body_like chomp
^\{"code":404,"message":"Endpoint not found","data":\{\},"error":"Endpoint not found","timestamp":"[^"]+","request_id":"[0-9a-f]{32}"\}$



=== a wrong method
--- request
POST /health
--- error_code: 405
--- response_headers
Allow: GET, HEAD
--- response_body_like: ^\{"code":405,"message":"Method not allowed","data":\{\},



=== HEAD is GET without a body
--- request
HEAD /health
--- response_body:



=== no AI service is configured
--- request
GET /api/v1/ai/health
--- error_code: 503
--- response_headers
!Retry-After
--- response_body_like: ^\{"code":4001,"message":"AI service unavailable","data":\{\},



=== a rate is scaled
--- http_config eval
$ENV{TEST_NGINX_CONF_HTTP} =~ s/conf_rate_limit off/conf_rate_scale 1/r
--- request eval
[ map { 'GET /health' } 1 .. 4 ]
--- error_code eval
[ 200, 200, 200, 429 ]
--- response_headers eval
[ "X-RateLimit-Limit: 3\nX-RateLimit-Remaining: 2",
  "X-RateLimit-Limit: 3\nX-RateLimit-Remaining: 1",
  "X-RateLimit-Limit: 3\nX-RateLimit-Remaining: 0",
  "X-RateLimit-Limit: 3\nX-RateLimit-Remaining: 0\nRetry-After: 20" ]
--- response_body_like eval
[ qr/"code":200/, qr/"code":200/, qr/"code":200/,
  qr/"code":429,"message":"Rate limit exceeded\. Please try again later\."/ ]
