# meeting: what is said in a meeting, over HTTP.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::People;

my $c = Conference::Meeting->new(workers => 2);
my $p = Conference::People->new($c);
my ($host, $part, $out, $admin) = map { $c->user($_) } qw(host part out admin);
my $at = '/api/v1/meetings';

$p->ask(USER_ROLE => [0, 0, 'admin', 1]);

my $m = $c->meeting($host);
my $path = "$at/$m->{id}/messages";

$c->api($part, POST => "$at/$m->{id}/join");


# Saying

for my $case ([host => $host, '200 200'], [participant => $part, '200 200'],
              [outsider => $out, '403 403'], [admin => $admin, '200 200'],
              [anonymous => undef, '401 401'])
{
    is($c->says($case->[1], POST => $path, { content => "by $case->[0]" }),
       $case->[2], "post: $case->[0]");
    is($c->says($case->[1], GET => $path), $case->[2], "get: $case->[0]");
}

my $r = $c->api($part, POST => $path, { content => 'Grüße 东' });
is($r->{json}{message}, 'Message sent successfully', 'the sentence');
is($r->{json}{data}{seq}, 4, 'in order');
ok($r->{json}{data}{message_id} >= 4, 'a number');
like($r->{json}{data}{timestamp}, qr/Z$/, 'a time');

is($c->says($part, POST => $path, { content => $_->[1] }), '400 400', $_->[0])
    for ['empty', ''], ['long', 'x' x 1001], ['a number', 5];
is($c->says($part, POST => $path, {}), '400 400', 'nothing');
is($c->says($part, POST => $path, { content => 'x' x 1000 }), '200 200',
   'as long as may be');
is($c->says($part, POST => "$at/999999/messages", { content => 'x' }),
   '404 2001', 'none');
is($c->says($part, GET => "$at/999999/messages"), '404 2001', 'none');


# Reading

my $d = $c->api($host, GET => $path)->{json}{data};
is(join(' ', @$d{qw(total page page_size total_pages)}), '5 1 50 1', 'all');
is($d->{messages}[1]{content}, 'Grüße 东', 'the newest first');
is($d->{messages}[1]{username}, 'part', 'by whom');
is($d->{messages}[1]{from_user_id}, $part->{id}, 'by another name');
is($d->{messages}[4]{content}, 'by host', 'the oldest last');

$d = $c->api($host, GET => "$path?page=2&page_size=2")->{json}{data};
is_deeply([map { $_->{seq} } @{$d->{messages}}], [3, 2], 'the second page');
my $last = $c->api($host, GET => "$path?page=9&page_size=2")->{json}{data};
is_deeply($last->{messages}, [], 'behind the last');
my ($third) = grep { $_->{seq} == 3 } @{$d->{messages}};
$d = $c->api($host, GET => "$path?before_id=$third->{message_id}")
     ->{json}{data};
is_deeply([map { $_->{seq} } @{$d->{messages}}], [2, 1], 'before one');
is($c->says($host, GET => "$path?$_"), '400 400', $_)
    for qw(page=0 page_size=101 page=x);


# Chat that is off

$c->api($host, PUT => "$at/$m->{id}",
        { settings => { enable_chat => JSON::PP::false } });
is($c->says($part, POST => $path, { content => 'x' }), '403 403', 'off');
is($c->api($part, POST => $path, { content => 'x' })->{json}{message},
   'Chat is disabled in this meeting', 'the sentence');
is($c->says($host, POST => $path, { content => 'x' }), '200 200',
   'but for who leads');


# What is over

$c->api($host, POST => "$at/$m->{id}/end");
is($c->says($host, POST => $path, { content => 'x' }), '400 2002', 'over');
is($c->says($part, GET => $path), '200 200', 'but not forgotten');

done_testing();
