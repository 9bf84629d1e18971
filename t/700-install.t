#!/usr/bin/perl

# make install and uninstall below a folder, the Debian package, and, run by
# root, the package on this machine: installed, used, removed, purged.  What
# is installed is what the other tests run.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Conference;
use Conference::Process qw(slurp spew find_binary);
use Cwd qw(abs_path);
use Fcntl qw(:flock);
use File::Temp qw(tempdir);
use Test::More;

my $repo = abs_path("$FindBin::Bin/..");
my $confd = abs_path($ENV{CONFD_BINARY} || "$repo/build/debug/confd");
my ($module) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} || '';

plan skip_all => 'there is no confd (set CONFD_BINARY)'
    unless $confd && -x $confd;
plan skip_all => 'there is no module (set TEST_NGINX_LOAD_MODULES)'
    unless $module && -f $module;

$module = abs_path($module);

my $top = tempdir('installXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $nginx = find_binary('nginx');
my $name = 'libnginx-mod-http-conference';
my $so = '/usr/lib/nginx/modules/ngx_http_conference_module.so';
my $snippet = '/usr/share/nginx/modules-available/mod-http-conference.conf';
my $link = '/etc/nginx/modules-enabled/50-mod-http-conference.conf';

chmod 0755, $top;


sub run {
    my (@command) = @_;
    my $out = "$top/run.out";
    my $pid = fork;

    if (!$pid) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $out or die $!;
        open STDERR, '>&', \*STDOUT;
        $ENV{LC_ALL} = 'C';
        $ENV{DEBIAN_FRONTEND} = 'noninteractive';
        delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS)};
        exec @command;
        exit 127;
    }

    waitpid $pid, 0;
    return ($? >> 8, slurp($out));
}


sub make {
    my (@args) = @_;

    return run('make', '-s', '-C', $repo, "CONFD_BIN=$confd",
               "MODULE_SO=$module", @args);
}


# Names below a folder, with a slash behind those of folders.

sub tree {
    my ($dir) = @_;
    my @names = map { s/^\Q$dir\E//r }
                split /\n/, `find '$dir' -mindepth 1 \\( -type d -printf '%p/\\n' -o -printf '%p\\n' \\)`;

    return sort @names;
}


# nginx -t, with what the snippet loads; modules/ is beside its prefix.

sub nginx_accepts {
    my ($dir, $include) = @_;
    my $prefix = "$top/prefix";

    mkdir $prefix;
    unlink "$prefix/modules";
    symlink "$dir/usr/lib/nginx/modules", "$prefix/modules" or die $!;

    spew("$prefix/nginx.conf", <<"END");
include $include;
pid $prefix/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    conf_zone conference:4m;
    conf_backend unix:$prefix/confd.sock;
    conf_jwt_secret 0123456789abcdef0123456789abcdef;
    server {
        listen 127.0.0.1:1;
        location / { conf_api roomchat; }
    }
}
END

    return run($nginx, '-p', "$prefix/", '-e', 'stderr', '-t', '-c',
               "$prefix/nginx.conf");
}


# A server from what is installed answers.

sub serves {
    my ($dir) = @_;

    local $ENV{TEST_NGINX_LOAD_MODULES} = "$dir$so";
    local $ENV{CONFD_BINARY} = "$dir/usr/sbin/confd";

    my $c = Conference->new;
    my $in = { username => 'alice', password => 'password1' };

    is $c->http(POST => '/register', json => $in)->{json}{code}, 0,
        'registers';
    ok $c->http(POST => '/login', json => $in)->{json}{data}{token},
        'logs in';
    $c->done;
}


subtest 'what is documented' => sub {
    my $commands = join '', map { slurp($_) }
                   glob "$repo/ngx_conf_module/ngx_http_conference_*.c";
    my @directives = $commands =~ /\{ ngx_string\("(conf_\w+)"\),\s+NGX_HTTP/g;
    my $page = slurp("$repo/doc/ngx_http_conference_module.8");

    ok @directives > 10, 'there are directives';
    like $page, qr/^\.It Ic $_\b/m, "directive $_" for @directives;
    my @variables = $commands =~ /\{ ngx_string\("(conf_\w+)"\), NULL/g;
    like $page, qr/^\.It Va \$$_\b/m, "variable $_" for @variables;

    my @keys = slurp("$repo/backend/server/confd_config.c")
               =~ /^\s+CONFD_KEY\("(\w+)"/mg;
    $page = slurp("$repo/doc/confd.conf.5");
    ok @keys > 20, 'there are keys';
    like $page, qr/^\.It Cm .*\b$_\b/m, "key $_" for @keys;
    my $example = slurp("$repo/conf/confd.conf");
    like $example, qr/^#?$_ /m, "$_ in the example" for @keys;

    my @commands = slurp("$repo/backend/server/confd_cmd.c")
                   =~ /^    \{ "(\w+)", \d/mg;
    $page = slurp("$repo/doc/confd.8");
    is scalar @commands, 8, 'there are commands';
    like $page, qr/^\.It Cm $_\b/m, "command $_" for @commands;

    SKIP: {
        skip 'no groff', 3 unless -x '/usr/bin/groff';

        for my $man (glob "$repo/doc/*.[58]") {
            my ($rc, $out) = run('groff', '-mandoc', '-ww', '-z', '-Tutf8',
                                 $man);
            is "$rc$out", '0', "$man is set without a warning";
        }
    }
};


subtest 'the unit' => sub {
    my $unit = slurp("$repo/conf/confd.service");

    like $unit, qr/^$_$/m, $_
        for qw(User=confd NoNewPrivileges=yes ProtectSystem=strict
               MemoryDenyWriteExecute=yes PrivateDevices=yes
               RestrictAddressFamilies=AF_UNIX CapabilityBoundingSet=
               RuntimeDirectory=confd RuntimeDirectoryMode=0750);
    like $unit, qr/^StateDirectory=confd\b/m, 'StateDirectory';

    plan skip_all => 'no systemd-analyze'
        unless -x '/usr/bin/systemd-analyze';

    my ($rc, $out) = run('systemd-analyze', 'security', '--offline=true',
                         '--threshold=15', "$repo/conf/confd.service");
    is $rc, 0, 'little is exposed' or diag $out;

    # The binary is not there yet; nothing else may be said.

    (undef, $out) = run('systemd-analyze', 'verify', '--man=no',
                        "$repo/conf/confd.service");
    my @other = grep { /confd\.service/ && !/is not executable/ }
                split /\n/, $out;
    is_deeply \@other, [], 'valid';
};


subtest 'install and uninstall' => sub {
    my $dir = "$top/dest";
    my ($rc, $out) = make('install', "DESTDIR=$dir");

    is $rc, 0, 'install' or diag $out;

    my %mode = ('/usr/sbin/confd' => '755', $so => '644', $snippet => '644',
                '/etc/confd/confd.conf' => '644',
                '/usr/lib/systemd/system/confd.service' => '644',
                '/usr/lib/sysusers.d/confd.conf' => '644',
                '/usr/share/man/man8/confd.8.gz' => '644',
                '/usr/share/man/man5/confd.conf.5.gz' => '644',
                '/usr/share/man/man8/ngx_http_conference_module.8.gz'
                => '644');

    is sprintf('%o', ((stat "$dir$_")[2] || 0) & 07777), $mode{$_}, $_
        for sort keys %mode;
    is readlink("$dir$link"), $snippet, 'the module is enabled';
    is slurp("$dir$snippet"),
        "load_module modules/ngx_http_conference_module.so;\n", 'by a line';

    ($rc, $out) = nginx_accepts($dir, "$dir$snippet");
    is $rc, 0, 'nginx takes it' or diag $out;
    serves($dir);

    ($rc, $out) = run("$dir/usr/sbin/confd", '-f',
                      "$dir/etc/confd/confd.conf", 'check');
    is $rc, 0, 'its configuration is valid' or diag $out;

    spew("$dir/etc/confd/confd.conf", "# changed\n");
    ($rc) = make('install', "DESTDIR=$dir");
    is slurp("$dir/etc/confd/confd.conf"), "# changed\n",
        'a configuration that is there is kept';

    ($rc, $out) = make('uninstall', "DESTDIR=$dir");
    is "$rc$out", '0', 'uninstall';
    is_deeply [tree($dir)], [qw(/etc/ /etc/confd/ /etc/confd/confd.conf)],
        'leaves what was changed';

    spew("$dir/etc/confd/confd.conf", slurp("$repo/conf/confd.conf"));
    make('uninstall', "DESTDIR=$dir");
    is_deeply [tree($dir)], [], 'and nothing else';

    ($rc, $out) = make('install', "DESTDIR=$dir", 'PREFIX=/usr/local',
                       'SYSCONFDIR=/usr/local/etc');
    is $rc, 0, 'another prefix';
    is_deeply [grep { !m{^/usr/(?:local/|$)} } tree($dir)], [],
        'nothing is elsewhere';
    like slurp("$dir/usr/local/lib/systemd/system/confd.service"),
        qr{^ExecStart=/usr/local/sbin/confd -f /usr/local/etc/confd/}m,
        'the unit knows';
    like slurp("$dir/usr/local$snippet" =~ s{/usr/local/usr}{/usr/local}r),
        qr{^load_module /usr/local/lib/nginx/modules/}, 'and so does nginx';
    make('uninstall', "DESTDIR=$dir", 'PREFIX=/usr/local',
         'SYSCONFDIR=/usr/local/etc');
    is_deeply [tree($dir)], [], 'uninstall';
};


# Built twice, for what it should not depend on.

my @deb;

subtest 'the package' => sub {
    plan skip_all => 'no dpkg-shlibdeps' unless -x '/usr/bin/dpkg-shlibdeps';

    my (undef, $plan) = run('make', '-C', $repo, '-n', 'deb');
    like $plan, qr{^auto/build\ release\n
                   auto/deb\ build/release/confd\ build/module/\S+\.so$}mx,
        'by default of what is released';

    for my $n (1, 2) {
        my ($rc, $out) = run("$repo/auto/deb", $confd, $module,
                             "$top/deb$n");
        is $rc, 0, 'built' or diag $out;
        push @deb, glob "$top/deb$n/*.deb";
    }

    is scalar @deb, 2, 'one file each';
    return if @deb != 2;
    ok slurp($deb[0]) eq slurp($deb[1]), 'the same to the byte';

    my $field = sub { (run('dpkg-deb', '-f', $deb[0], $_[0]))[1] };
    my ($version) = slurp("$repo/backend/server/confd_server.h")
                    =~ /CONFD_VERSION\s+"([\d.]+)"/;

    is $field->('Package'), "$name\n", 'its name';
    my ($abi) = `dpkg-query -W -f '\${Provides}' nginx` =~ /(nginx-abi-\S+)/;
    my $nginx = $abi =~ s/^nginx-abi-//r =~ tr/-/./r;

    is $field->('Version'), "$version-1+nginx$nginx\n", 'its version';
    my $depends = $field->('Depends');
    like $depends, qr/(?:^|, )\Q$abi\E(?:,|$)/, 'the interface of this nginx';
    like $depends, qr/\b$_\b/, "needs $_"
        for qw(libc6 liblmdb0 libuv1 libyajl2 libssl3 libjwt0 adduser);

    my (undef, $list) = run('dpkg-deb', '-c', $deb[0]);
    my @strange = grep { !m{^\S+ root/root } } split /\n/, $list;
    is_deeply \@strange, [], 'everything is root\'s';
    like $list, qr{^-rwxr-xr-x .* \./usr/sbin/confd$}m, 'confd';
    like $list, qr{^-rw-r--r-- .* \.\Q$so\E$}m, 'the module';
    like $list, qr{ \./usr/share/man/man8/confd\.8\.gz$}m, 'a man page';
    unlike $list, qr{\./etc/nginx}, 'what is nginx\'s is left to scripts';

    my (undef, $conffiles) = run('dpkg-deb', '-I', $deb[0], 'conffiles');
    is $conffiles, "/etc/confd/confd.conf\n", 'its configuration';

    for my $script (qw(postinst prerm postrm)) {
        my ($rc, $out) = run('sh', '-n', "$repo/conf/deb/$script");
        is "$rc$out", '0', "$script is a shell script";
    }
};


subtest 'on this machine' => sub {
    plan skip_all => 'only root installs' if $> != 0;
    plan skip_all => 'there is no package' if @deb != 2;

    mkdir "$repo/build";
    open my $lock, '>', "$repo/build/install.lock" or die $!;
    flock $lock, LOCK_EX;

    my $status = `dpkg-query -W -f '\${db:Status-Status}' $name 2>/dev/null`;
    plan skip_all => 'the package is installed here'
        if $status ne '' && $status ne 'not-installed';
    plan skip_all => 'there is a confd here'
        if -e '/usr/sbin/confd' || -e '/etc/confd' || -e '/var/lib/confd';

    my $had = getpwnam 'confd';
    my ($groups) = `id -nG www-data 2>/dev/null` || '';
    my @before = sort glob '/etc/nginx/modules-enabled/* /etc/nginx/*';

    # No service may be started; a policy that is there is left alone.

    my $policy = '/usr/sbin/policy-rc.d';
    my $made = !-e $policy;

    if ($made) {
        spew($policy, "#!/bin/sh\nexit 101\n");
        chmod 0755, $policy;
    }

    my ($rc, $out) = run('dpkg', '-i', $deb[0]);
    is $rc, 0, 'installed' or diag $out;
    is readlink($link), $snippet, 'the module is enabled';
    ok getpwnam('confd'), 'the daemon has a user';
    like `id -nG www-data`, qr/\bconfd\b/, 'nginx may ask it';
    is((stat '/var/lib/confd')[4], scalar getpwnam('confd'),
       'and it has a place');

    ($rc, $out) = nginx_accepts('', $link);
    is $rc, 0, 'nginx takes it' or diag $out;
    serves('');
    ($rc, $out) = run('/usr/sbin/confd', 'check', '-f',
                      '/etc/confd/confd.conf');
    is $rc, 0, 'its configuration is valid' or diag $out;
    ($rc, $out) = run('dpkg', '-V', $name);
    is "$rc$out", '0', 'everything is as it was packed';

    # An administrator's choice outlives the package.

    unlink $link;
    ($rc, $out) = run('dpkg', '-i', $deb[0]);
    is $rc, 0, 'installed over itself' or diag $out;
    ok !-l $link, 'a module that was disabled stays so';
    symlink $snippet, $link;

    ($rc, $out) = run('dpkg', '-r', $name);
    is $rc, 0, 'removed' or diag $out;
    ok !-l $link && !-e $so && !-e '/usr/sbin/confd', 'it is gone';
    ok -l "$link.removed" && -e '/etc/confd/confd.conf',
        'but not what it was told';

    ($rc, $out) = run('dpkg', '-i', $deb[0]);
    is $rc, 0, 'installed again' or diag $out;
    is readlink($link), $snippet, 'enabled again';

    mkdir '/var/lib/confd/store';
    ($rc, $out) = run('dpkg', '-P', $name);
    is $rc, 0, 'purged' or diag $out;
    ok -d '/var/lib/confd/store', 'conversations stay';
    rmdir $_ for '/var/lib/confd/store', '/var/lib/confd';

    ok !-e '/etc/confd' && !-e '/var/lib/confd/backup',
        'all else is gone';

    # The user stays, as Debian has it; not for a test.

    run('deluser', '--quiet', 'www-data', 'confd')
        if $groups !~ /\bconfd\b/ && getgrnam 'confd';

    if (!$had) {
        run('deluser', '--quiet', 'confd');
        run('delgroup', '--quiet', 'confd') if getgrnam 'confd';
    }

    unlink $policy if $made;

    is_deeply [sort glob '/etc/nginx/modules-enabled/* /etc/nginx/*'],
        \@before, 'nginx\'s configuration is as it was';
    is !!getpwnam('confd'), !!$had, 'and so are the users';
};


done_testing();
