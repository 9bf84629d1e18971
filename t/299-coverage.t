# What the dialects' tables have, the tests have: each endpoint, each message
# of a socket and each sentence occurs in some other file.

use strict;
use warnings;

use Test::More;
use Conference::Process qw(slurp);
use Conference::Rows;
use File::Basename qw(dirname basename);

my $dir = dirname(__FILE__);
my %text = map { $_ => named(slurp($_)) }
           grep { basename($_) !~ /^(?:0|299)/ } glob "$dir/*.t";
my $all = join "\n", map { $text{$_} } sort keys %text;

# A file may give the beginning of its paths a name: my $at = '/api/v1/auth'.

sub named {
    my ($text) = @_;
    my %value = $text =~ m{^my \$(\w+) = '(/[\w/.-]+)';$}mg;

    $text =~ s/\$($_)\b/$value{$1}/g for sort keys %value;
    return $text;
}

# Sentences that no endpoint can give: each that has such an error has words
# of its own for it.  They are what a new endpoint says at first.

my %spare = (roomchat => [
    '密码错误', '用户不存在', '聊天室不存在', '没有权限', '用户已在聊天室中',
    '聊天室已满', '没有权限，当前用户不在此房间中',

    # Errors of verbs that this dialect does not have.

    '聊天室已关闭', '消息不存在', '文件不存在', '文件类型错误', '已存在',
], meeting => [

    # Its rows have other words, or limits of their own, for what would be it.

    'Already a participant', 'Already exists', 'File type not allowed',
    'Invalid request parameters', 'Message not found', 'Permission denied',
    'Required text is empty', 'Service not available',

    # What takes a race, or a fault.

    'Changed meanwhile, please try again', 'Internal server error',
]);

# The sentence itself, not as a part of a longer one; or written as \x{hex}.

sub known {
    my ($string) = @_;

    return 1 if $all =~ /(?<![\x80-\xff\w])\Q$string\E(?![\x80-\xff\w])/;

    utf8::decode($string);
    $string =~ s/([^\x00-\x7f])/sprintf '\x{%x}', ord $1/ge;

    return $string =~ /\\x/ && index($all, $string) >= 0;
}

my @apis = Conference::Rows::apis();

ok(@apis > 0, 'dialects: ' . join ' ', @apis);

for my $api (@apis) {
    my @rows = Conference::Rows::endpoints($api);
    my @messages = Conference::Rows::messages($api);
    my @sentences = Conference::Rows::sentences($api);

    # The parser must not be what makes this pass.

    ok(@rows > 0, "$api: rows");
    ok(@sentences >= 20, 'and sentences');

    for my $row (@rows) {
        (my $path = quotemeta $row->{path}) =~ s{\\:\w+}{[^/\\s'"?]+}g;
        my $same = grep { $_->{path} eq $row->{path} } @rows;
        my $method = $same > 1 ? "\\b$row->{method}\\b[^\\n]{0,80}?" : '';

        ok($all =~ m{$method$path(?![\w/])}, "$row->{method} $row->{path}");
    }

    for my $row (grep { $_->{path} ne '*' } @messages) {
        ok($all =~ /(?:type\W+(?:=>|:)\s*\\?|->say\()['"]$row->{path}\b/,
           "message $row->{path}");
    }

    my %unsaid = map { $_ => 1 } @{$spare{$api} || []};

    for my $sentence (@sentences) {
        next if $unsaid{$sentence};
        ok(known($sentence), $sentence);
    }

    my %have = map { $_ => 1 } @sentences;
    ok($have{$_}, "spare, and there: $_") for sort keys %unsaid;
}

done_testing;
