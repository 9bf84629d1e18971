# meeting: the history of one has what was said, and who came and left.

use strict;
use warnings;
use utf8;

use Test::More;
use Conference qw(wait_for);
use Conference::Meeting;
use Conference::Process qw(slurp);

my $c = Conference::Meeting->new(workers => 2);
my ($alice, $bob, $carol, $eve) = map { $c->user($_) }
                                  qw(alice bob carol eve);
my %name = map { $_->{id} => $_->{name} } $alice, $bob, $carol;
my $id = $c->meeting($alice)->{id};
my $other = $c->meeting($alice)->{id};
my $p = "/api/v1/meetings/$id";
my $h = "/api/v1/messages/history/$id";


sub history {
    my ($who, $query) = @_;
    my $r;

    # A worker may not have found confd again yet.

    ok(wait_for(sub {
        $r = $c->api($who, GET => $h . ($query || ''));
        return $r->{status} == 200;
    }, 20), 'history') or diag $r->{raw};

    return $r->{json}{data};
}


# As "bob join", "alice: hello"; oldest first.

sub told {
    return map {
        my $who = $name{$_->{from_user_id}};
        $_->{type} eq 'chat' ? "$who: $_->{content}" : "$who $_->{type}"
    } reverse @{$_[0]};
}


sub done {
    my ($who, $what, @json) = @_;
    my $r = $c->api($who, POST => "$p/$what", @json);

    is($r->{status}, 200, "$who->{name}: $what") or diag $r->{raw};
}


is_deeply(history($alice)->{messages}, [], 'of nothing');

done($alice, 'join');
done($alice, 'join');
done($alice, 'messages', { content => 'hello' });
done($bob, 'join');
done($bob, 'messages', { content => 'hi' });
done($bob, 'messages', { content => 'bye' });
done($bob, 'leave');
done($bob, 'leave');
done($carol, 'join');
done($bob, 'join');

my @all = ('alice join', 'alice: hello', 'bob join', 'bob: hi', 'bob: bye',
           'bob leave', 'carol join', 'bob join');
my $data = history($bob);
my @list = @{$data->{messages}};

is_deeply([told(\@list)], \@all, 'all of it, each once, in order');
is("$data->{total} " . ($data->{more} ? 'more' : 'all'), '8 all', 'so many');

my ($joined) = grep { $_->{type} eq 'join' } @list;
like(delete $joined->{created_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
     'when');
like(delete $joined->{message_id}, qr/^[1-9]\d*$/, 'its id');
is_deeply($joined, {
    type => 'join', from_user_id => $bob->{id}, from_username => 'bob',
    to_user_id => undef, meeting_id => $id, content => '', message_seq => 0,
    payload => { content => '', user_id => $bob->{id}, username => 'bob' },
}, 'who came');


# Pages of any size, one after the other, are the whole.

for my $limit (1, 2, 3, 7, 8) {
    my (@pages, $before);

    for (1 .. 10) {
        my $page = history($bob, "?limit=$limit"
                                 . ($before ? "&before_id=$before" : ''));

        push @pages, @{$page->{messages}};
        cmp_ok(@{$page->{messages}}, '<=', $limit, 'no more than the limit');
        last if !$page->{more};
        $before = $pages[-1]{message_id};
    }

    is_deeply([told(\@pages)], \@all, "pages of $limit");
}


# What was said is alone where only that is asked for.

is(join(' ', map { $_->{content} }
        @{$c->api($bob, GET => "$p/messages")->{json}{data}{messages}}),
   'bye hi hello', 'messages are messages');
is($c->says($eve, GET => $h), '403 403', 'not for who is not in it');
is_deeply($c->api($alice, GET => "/api/v1/messages/history/$other")
          ->{json}{data}{messages}, [], 'another meeting has its own');


# Put out, and when it ends; confd killed between.

$c->kill_confd;

my ($binary, $data_dir) = @{$c->confd}{qw(binary data)};
my @dumps = map { "$c->{dir}/$_.dump" } 1, 2;

is(system("$binary -d $data_dir dump >$dumps[0]"), 0, 'all can be dumped');
is(system("$binary -d $c->{dir}/loaded load <$dumps[0]"), 0, 'loaded');
is(system("$binary -d $c->{dir}/loaded dump >$dumps[1]"), 0, 'and dumped');
ok(slurp($dumps[0]) eq slurp($dumps[1]), 'and is the same');
$c->start_confd;

ok(wait_for(sub { $c->api($alice, DELETE => "$p/participants/$carol->{id}")
                  ->{status} == 200 }, 20), 'carol is put out');
ok(wait_for(sub { $c->says($alice, POST => "$p/end") eq '200 200' }, 20),
   'alice ends it');
push @all, 'carol leave', 'alice leave', 'bob leave';

@list = told(history($alice)->{messages});
is_deeply([@list[0 .. 8]], [@all[0 .. 8]], 'who was put out has left');
is_deeply([sort @list[9 .. $#list]], [sort @all[9 .. $#all]],
          'and all when it ended');

$c->done;
done_testing;
