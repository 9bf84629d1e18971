# auto/layers finds nothing in the tree, and finds what it should elsewhere.

use strict;
use warnings;

use Test::More;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

my $root = dirname(__FILE__) . '/..';
$root = `cd '$root' && pwd`;
chomp $root;

my @common = (
    'shm/conf_base.h', 'shm/conf_room.h', 'backend/proto/conf_rpc.h',
    'backend/store/confd_store.h', 'backend/store/confd_lmdb.h',
    'backend/op/confd_op.h', 'ngx_conf_module/json/conf_view.h',
    'ngx_conf_module/ws/conf_ws.h', 'ngx_conf_module/core/conf_core.h',
    'ngx_conf_module/api/conf_api.h',
    'ngx_conf_module/ngx_http_conference_module.h',
);

sub layers {
    my (%files) = @_;
    my $dir = tempdir('layersXXXXXX', TMPDIR => 1, CLEANUP => 1);

    $files{$_} = '' for grep { !exists $files{$_} } @common;

    for my $path (keys %files) {
        make_path(dirname("$dir/$path"));
        open my $fh, '>', "$dir/$path" or die $!;
        print $fh $files{$path};
        close $fh;
    }

    if ($files{'build/debug/make'}) {
        system('sh', '-c', "cd '$dir' && $files{'build/debug/make'}") == 0
            or die 'cannot compile';
    }

    my $out = `$^X '$root/auto/layers' '$dir' 2>&1`;
    return $out;
}

sub includes {
    return join '', map { /</ ? "#include $_\n" : "#include \"$_\"\n" } @_;
}

my @good = (
    ['shm/a.c', 'conf_room.h', '<stdlib.h>'],
    ['backend/proto/a.c', 'conf_rpc.h', 'conf_base.h'],
    ['backend/op/a.c', 'confd_op.h', 'conf_rpc.h', 'confd_store.h'],
    ['backend/store/a.c', 'confd_lmdb.h', '<lmdb.h>', 'conf_base.h'],
    ['backend/server/a.c', 'confd_lmdb.h', 'confd_op.h', '<uv.h>'],
    ['ngx_conf_module/json/a.c', 'conf_view.h', 'conf_base.h'],
    ['ngx_conf_module/ws/a.c', 'conf_ws.h', 'conf_base.h'],
    ['ngx_conf_module/core/a.c', 'conf_room.h', 'conf_rpc.h', 'conf_view.h'],
    ['ngx_conf_module/api/meeting/a.c', 'conf_api.h', 'conf_core.h',
     'conf_view.h', 'conf_base.h'],
    ['ngx_conf_module/a.c', 'conf_api.h', 'conf_ws.h', 'conf_room.h',
     'conf_rpc.h', '<ngx_http.h>'],
);

my @bad = (
    ['shm/a.c', 'conf_rpc.h'],
    ['shm/a.c', '<ngx_core.h>'],
    ['shm/a.h', 'conf_core.h'],
    ['backend/proto/a.c', 'conf_room.h'],
    ['backend/op/a.c', 'confd_lmdb.h'],
    ['backend/op/a.c', '<lmdb.h>'],
    ['backend/op/a.c', 'conf_core.h'],
    ['backend/store/a.c', 'confd_op.h'],
    ['backend/server/a.c', '<lmdb.h>'],
    ['backend/server/a.c', 'conf_core.h'],
    ['ngx_conf_module/json/a.c', 'conf_ws.h'],
    ['ngx_conf_module/ws/a.c', 'conf_view.h'],
    ['ngx_conf_module/core/a.c', 'conf_api.h'],
    ['ngx_conf_module/core/a.c', 'confd_op.h'],
    ['ngx_conf_module/core/a.c', '<ngx_http.h>'],
    ['ngx_conf_module/api/a.c', 'conf_room.h'],
    ['ngx_conf_module/api/meeting/a.c', '../../../backend/proto/conf_rpc.h'],
    ['ngx_conf_module/a.c', 'confd_op.h'],
    ['ngx_conf_module/a.c', 'nowhere.h'],
);

is(layers(map { $_->[0] => includes(@$_[1 .. $#$_]) } $good[$_]), '',
   "allowed: $good[$_][0]") for 0 .. $#good;

for my $case (@bad) {
    my ($path, $header) = @$case;
    my $out = layers($path => "\n" . includes($header));

    like($out, qr/^\Q$path\E:2: [^\n]+\n\z/, "refused: $path, $header");
}

is(layers('shm/a.c' => "/*\n#include \"conf_rpc.h\"\n*/\n"), '',
   'comments do not count');

like(layers('shm/a.c' => '', 'backend/op/a.c' => ''),
     qr/makes an object of the same name/, 'objects of the same name');

my %static = (
    'shm/a.c' => "int conf_a(void);\nint conf_b(void);\n\n"
                 . "int\nconf_a(void)\n{\n    return 1;\n}\n\n\n"
                 . "int\nconf_b(void)\n{\n    return 1;\n}\n",
    'shm/b.c' => "int conf_a(void);\n\nint\nmain(void)\n{\n"
                 . "    return conf_a();\n}\n",
    'build/debug/make' => 'cd build/debug && cc -c ../../shm/a.c'
                          . ' ../../shm/b.c',
);

SKIP: {
    skip 'no compiler', 1 if system('cc --version >/dev/null 2>&1') != 0;
    is(layers(%static), "shm/a.c:12: conf_b() should be static\n",
       'a function nobody else uses');
}

my $out = `$^X '$root/auto/layers' 2>&1`;
is($out, '', 'the tree');

done_testing;
