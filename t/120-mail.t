# Mail that waits in the store leaves it: to a file, a command, a relay; it
# is tried again when that fails, and survives the daemon.

use strict;
use warnings;

use Conference::Confd;
use Conference::Process qw(slurp spew wait_for);
use Data::MessagePack;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use MIME::Base64;
use Test::More;

my $top = tempdir('confdXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $binary = Conference::Confd::abs_binary(undef);
my $n = 0;


# A store with one mail in it; a secret of its own each.

sub store {
    my $dir = "$top/" . ++$n;
    my $key = pack 'Q>', 1;
    my $mail = Data::MessagePack->new->prefer_integer->pack(
        [1, 'bob@example.org', 'A subject', "hello secret$n\n", 1767261600000,
         0, 0]);

    mkdir $dir;
    spew("$dir/dump", qq({"confd":"dump","version":1}\n)
         . qq({"space":"mail","last":1}\n)
         . sprintf(qq({"space":"mail","key":"%s","value":"%s"}\n),
                   encode_base64($key, ''), encode_base64($mail, ''))
         . qq({"end":3}\n));

    is(system("$binary -d $dir/data load <$dir/dump 2>$dir/err"), 0, 'loaded')
        or diag(slurp("$dir/err"));
    return $dir;
}


sub confd {
    my ($dir, $config) = @_;

    return Conference::Confd->new(dir => $dir, binary => $binary,
                                  config => "log_level info\n$config");
}


sub handed {
    my ($confd) = @_;
    return wait_for(sub { $confd->log_text =~ /mail 1 handed over/ }, 20);
}


sub command {
    my ($dir, $text) = @_;
    my $path = "$dir/sendmail";

    spew($path, "#!/bin/sh\n$text");
    chmod 0755, $path;
    return $path;
}


# Files, where nothing is configured

{
    my $dir = store();
    my $confd = confd($dir, '')->start;

    ok(handed($confd), 'a file');
    my @files = glob "$dir/data/mail/*";
    is("@files", "$dir/data/mail/00000000000000000001.eml", 'its name');
    is(((stat $files[0])[2] & 07777), 0600, 'for nobody else');
    is(slurp($files[0]),
       "Date: Thu, 01 Jan 2026 10:00:00 +0000\n"
       . "From: <noreply\@localhost>\nTo: <bob\@example.org>\n"
       . "Subject: A subject\nMessage-ID: <1.0000019b78fff900\@confd>\n"
       . "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
       . "Content-Transfer-Encoding: 8bit\nAuto-Submitted: auto-generated\n\n"
       . "hello secret1\n", 'the mail');
    unlike($confd->log_text, qr/secret1|example\.org/,
           'neither text nor address in the log');

    is($confd->stop, undef, 'stops');
    unlink @files;
    $confd->start;
    sleep 2;
    ok(!-e $files[0], 'it left the store');
    is($confd->stop, undef, 'stops');
}


# A folder that cannot be written to: later

{
    my $dir = store();
    my $confd = confd($dir, "mail_spool $dir/dump/x\n")->start;

    ok(wait_for(sub { $confd->log_text =~ /mail 1 not handed over, try 1/ },
                20), 'no folder');
    is($confd->stop, undef, 'stops');

    $confd = confd($dir, "mail_spool $dir/spool\n");
    $confd->start;
    sleep 1;
    ok(!-e "$dir/spool", 'not before its time, in another process too');
    is($confd->stop, undef, 'stops');
}


# A command with the interface of sendmail

{
    my $dir = store();
    my $path = command($dir, "echo \"\$@\" >$dir/args\ncat >$dir/text\n");
    my $confd = confd($dir, "mail_command $path\nmail_from x\@y.org\n")
                ->start;

    ok(handed($confd), 'a command');
    is(slurp("$dir/args"), "-i -f x\@y.org -- bob\@example.org\n",
       'its arguments');
    like(slurp("$dir/text"), qr/From: <x\@y\.org>\n.*\nhello secret/s,
         'its input');
    is($confd->stop, undef, 'stops');
}


# One that fails, is not there, does not read, or is stopped with us

for my $try (['exit 75', qr/status 75, signal 0/],
             ['kill -9 $$', qr/status 0, signal 9/])
{
    my $dir = store();
    my $confd = confd($dir, 'mail_command ' . command($dir, "$try->[0]\n")
                            . "\n")->start;

    ok(wait_for(sub { $confd->log_text =~ /mail 1 not handed over, try 1/ },
                20), $try->[0]);
    like($confd->log_text, $try->[1], 'why');
    is($confd->stop, undef, 'stops');
}

{
    my $dir = store();
    my $confd = confd($dir, "mail_command $dir/nothing\n")->start;

    ok(wait_for(sub { $confd->log_text =~ /mail 1 not handed over, try 1/ },
                20), 'a command that is not there');
    is($confd->stop, undef, 'stops');
}

{
    my $dir = store();
    my $path = command($dir, "echo \$\$ >$dir/pid\nexec sleep 30\n");
    my $confd = confd($dir, "mail_command $path\n")->start;

    ok(wait_for(sub { -s "$dir/pid" }, 20), 'a command that takes long');
    is($confd->stop, undef, 'does not hold up the end');
    kill 'KILL', slurp("$dir/pid") =~ /(\d+)/;

    $path = command($dir, "cat >$dir/text\n");
    $confd->start;
    ok(handed($confd), 'and the mail is there after it');
    is($confd->stop, undef, 'stops');
}


# A relay

{
    my $dir = store();
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1,
                                       Timeout => 20) or die;
    my $confd = confd($dir, 'mail_relay smtp://127.0.0.1:'
                            . $server->sockport . "\n")->start;
    my $peer = $server->accept or die 'no client came';
    my ($data, @said) = ('');

    print $peer "220 hello\r\n";

    while (my $line = <$peer>) {
        $line =~ s/\r\n\z//;
        push @said, $line;

        if ($line eq 'DATA') {
            print $peer "354 go on\r\n";

            while (defined($line = <$peer>) && $line ne ".\r\n") {
                $data .= $line;
            }
        }

        print $peer "250 fine\r\n";
        last if $line =~ /^QUIT/;
    }

    close $peer;
    ok(handed($confd), 'a relay');
    like("@said", qr/MAIL FROM:<noreply\@localhost>.*RCPT TO:<bob\@example\.org>/, 'who to whom');
    like($data, qr/\r\nSubject: A subject\r\n.*\r\n\r\nhello secret/s, 'what');
    is($confd->stop, undef, 'stops');
}


# What is refused at the start

for my $try (["mail_command /a\nmail_relay smtp://b\n", qr/exclude each/],
             ["mail_command sendmail\n", qr/not an absolute path/],
             ["mail_relay http://b\n", qr{not smtp://host:port}],
             ["mail_from nobody\n", qr/"mail_from" is no address/],
             ["mail_from -x\@y\n", qr/"mail_from" is no address/],
             ["mail_reset_url https://x/reset\n", qr/has no %TOKEN%/])
{
    my $dir = "$top/refused";
    mkdir $dir;
    ok(!eval { confd($dir, $try->[0])->start }, $try->[0] =~ s/\n/ /gr);
    like($@, $try->[1], 'why');
}

done_testing;
