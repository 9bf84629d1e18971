# conf_status, conf_metrics, conf_health; variables for logs; tokens of query
# strings in no log.

use strict;
use warnings;

use Test::More;
use Conference qw(wait_for);

my $c = Conference->new(
    workers => 2,
    http_extra => q{
        conf_status_step  1s;
        log_format  t  '$conf_user|$conf_room|$conf_op|$request|$request_uri';
    },
    server => q{ access_log  %DIR%/access.log  t; },
    locations => q{
        location /           { conf_api roomchat; }
        location = /status   { conf_status; }
        location = /metrics  { conf_metrics; }
        location = /healthz  { conf_health live; }
        location = /readyz   { conf_health ready; }
    },
);

my $in = { username => 'alice', password => 'password1' };
$c->http(POST => '/register', json => $in);
my $token = $c->http(POST => '/login', json => $in)->{json}{data}{token};
ok($token, 'a user');

my $room = $c->http(POST => '/api/room/create', token => $token,
                    json => { name => 'r' })->{json}{data}{ID};
my $ws = $c->ws("/ws/join?token=$token");
ok($ws->ok, 'a socket');

$ws->send_json({ room_id => $room, type => 'text', content => 'x' });
ok($ws->recv_until(sub { $_[0]{code} == 0 }, 5), 'a message');

# Status.

my $status;

ok(wait_for(sub {
    $status = $c->http(GET => '/status')->{json};
    return $status->{traffic}{messages_received} == 1
           && $status->{traffic}{requests_2xx} >= 3
           && $status->{traffic}{calls} >= 4
           && $status->{traffic}{frames_sent} >= 1;
}, 10), 'every worker reports its figures');

is($status->{zone}{sessions}, 1, 'one session');
is($status->{zone}{users}, 1, 'of one user');
is($status->{zone}{rooms}, 1, 'in one room');
is(scalar @{$status->{workers}}, 2, 'two workers');
is($status->{traffic}{sockets_opened}, 1, 'one socket opened');
ok($status->{zone}{free_pages} > 100, 'free pages');
ok($status->{backend}{up}, 'confd is up');
is($status->{backend}{confd}{messages}, 1, 'and tells its figures');
ok($status->{backend}{confd}{commits} >= 3, 'commits, too');
is($c->http(POST => '/status', json => {})->{status}, 405, 'GET only');
ok($status->{zone}{pages} > $status->{zone}{free_pages}, 'used pages');

# Over time: each step is counted once, whoever counts.

my $history;

ok(wait_for(sub {
    return @{$c->http(GET => '/status')->{json}{history}{samples}};
}, 10), 'samples are taken');
$ws->send_json({ room_id => $room, type => 'text', content => 'y' });
ok($ws->recv_until(sub { $_[0]{code} == 0 }, 5), 'another message');
is($c->http(POST => '/login', json => $in)->{status}, 200, 'a request');

ok(wait_for(sub {
    $history = $c->http(GET => '/status')->{json}{history};
    return @{$history->{samples}} >= 2
           && (grep { $_->{messages_received} } @{$history->{samples}})
           && grep { $_->{requests_2xx} } @{$history->{samples}};
}, 10), 'which are in one of them');

my ($received, @times) = (0);

for my $sample (@{$history->{samples}}) {
    $received += $sample->{messages_received};
    push @times, $sample->{time};
}

is($history->{step_ms}, 1000, 'each second');
ok($received >= 1 && $received <= 2, 'each message once');
ok(!(grep { $times[$_] - $times[$_ - 1] < 1000 } 1 .. $#times),
   'the older first, not more often');
is($history->{samples}[-1]{sessions}, 1, 'with who is there');
ok((grep { $_->{request_p99_us} > 0 && $_->{call_p50_us} > 0 }
    @{$history->{samples}}), 'and how long it takes');

$c->reload;
my $kept = $c->http(GET => '/status')->{json}{history};
is($kept->{samples}[0]{time}, $times[0], 'a reload keeps them');

# Metrics: well-formed text, each family announced once.

my $text = $c->http(GET => '/metrics')->{body};
my (%type, %seen, $bad);

for my $line (split /\n/, $text) {
    if ($line =~ /^# TYPE (\S+) (counter|gauge|histogram)$/) {
        $bad .= "$line\n" if $type{$1};
        $type{$1} = $2;

    } elsif ($line =~ /^([a-z_]+)(\{[^}]*\})? (\d+(?:\.\d+)?)$/) {
        my ($name, $labels, $value) = ($1, $2 // '', $3);
        (my $family = $name) =~ s/_(?:bucket|sum|count)$//;
        $bad .= "$line\n" unless $type{$name} || $type{$family};
        $seen{"$name$labels"} = $value;

    } elsif ($line !~ /^# HELP \S+ \S.*\.?$/) {
        $bad .= "$line\n";
    }
}

is($bad, undef, 'metrics are well-formed');
is($seen{conference_sessions}, 1, 'sessions');
is($seen{conference_backend_up}, 1, 'backend');
is($seen{confd_messages}, 2, 'messages');
is($type{conference_request_duration_seconds}, 'histogram', 'latency');
ok($seen{'conference_request_duration_seconds_bucket{le="+Inf"}'}
   == $seen{conference_request_duration_seconds_count}, 'the last bucket');
ok($seen{conference_backend_call_duration_seconds_count} >= 4, 'calls');
is($seen{confd_commit_duration_seconds_count}, $seen{confd_commits_total},
   'each commit is in the histogram');

# Health, with confd and without.

is($c->http(GET => '/healthz')->{status}, 200, 'live');
is($c->http(GET => '/readyz')->{status}, 200, 'ready');

$c->kill_confd;

ok(wait_for(sub { $c->http(GET => '/readyz')->{status} == 503 }, 10),
   'not ready without confd');
is($c->http(GET => '/healthz')->{status}, 200, 'but live');
$status = $c->http(GET => '/status')->{json};
ok(!$status->{backend}{up}, 'status says so');
is($status->{backend}{confd}, undef, 'without its figures');

$c->start_confd;
ok(wait_for(sub { $c->http(GET => '/readyz')->{status} == 200 }, 10),
   'ready again by itself');

# The log.

$ws->close(1000);
$c->http(GET => "/api/room/members?room_id=$room", token => $token);
$c->http(GET => "/api/room/members?room_id=$room&token=$token");
$c->http(GET => "/static/files/none.png?token=$token&x=1&token=$token");

my $log;

ok(wait_for(sub {
    open my $fh, '<', $c->dir . '/access.log' or return 0;
    $log = do { local $/; <$fh> };
    return $log =~ m{/static/files} && $log =~ m{/ws/join};
}, 10), 'the log is written');

like($log, qr{^1\|$room\|/api/room/members\|GET /api/room/members\?}m,
     'user, room and op of a request');
like($log, qr{^1\|-?\|/ws/join\|GET /ws/join\?token=\*+ HTTP/1\.1\|}m,
     'the token is masked');
unlike($log, qr{\Q$token}, 'in every line');
unlike($c->error_log, qr{\Q$token}, 'also of the error log');

$c->done;
done_testing;
