# auto/style finds nothing in the tree, and finds what it should elsewhere.

use strict;
use warnings;

use Test::More;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

my $root = dirname(__FILE__) . '/..';
my $dir = tempdir('styleXXXXXX', TMPDIR => 1, CLEANUP => 1);

my $good = <<'END';

/* A file as it should be: nothing to say. */

#include <stdio.h>


#define GOOD_LOOP(x)                                                          \
    do {                                                                      \
        if ((x) > 0) {                                                        \
            puts("//");                                                       \
        }                                                                     \
    } while (0)


typedef struct {
    int   (*rand)(int seed);
    char   name[8];
} good_t;


static int good_one(int a);


/* A comment that belongs to it. */

static int
good_one(int a)
{
    for ( ;; ) {
        if (a > 1
            && a < 7)
        {
            break;

        } else if (a == 0) {
            continue;
        }
    }

    do {
        a--;
    } while (a > 0);

    return a;
}


#if (GOOD)

const char *
good_two(good_t *t)
{
    return t->rand(1) ? "if (x) y; atoi(3)" : NULL;
}

#endif
END

sub style {
    my ($name, $text) = @_;

    make_path(dirname("$dir/$name"));
    open my $fh, '>:raw', "$dir/$name" or die $!;
    print $fh $text;
    close $fh;

    my $out = `cd '$dir' && $^X '$root/auto/style' '$name' 2>&1`;
    return ($out, $? >> 8);
}

$root = `cd '$root' && pwd`;
chomp $root;

my ($out, $rc) = style('shm/good.c', $good);
is($out, '', 'a good file');
is($rc, 0, 'its exit code');

my $long = "static int\nf(void)\n{\n" . "    g();\n" x 98 . "}\n";
my $full = "/* */\n" x 1001;
my $ok = "static int\nf(void)\n{\n    g();\n}\n";

my @bad = (
    'wide' => '/* ' . 'x' x 80 . " */\n", qr/^shm\/x.c:1: 86 columns$/m,
    'tab' => "int\ti;\n", qr/:1: tab/,
    'blank' => "int i; \n", qr/:1: trailing blank/,
    'cr' => "int i;\r\n", qr/:1: carriage return/,
    'no newline' => 'int i;', qr/no newline at the end/,
    'comment' => "int i;  // x\n", qr/:1: comment with/,
    'gap' => "$ok\n$ok", qr/1 blank lines/,
    'big gap' => "$ok\n\n\n$ok", qr/3 blank lines|more than 2/,
    'type' => "static int f(void)\n{\n}\n", qr/:1: the name of f\(\)/,
    'brace' => "static int\nf(void) {\n}\n", qr/:2: "\{" of f\(\)/,
    'length' => $long, qr/:2: f\(\) has 101 lines/,
    'file' => $full, qr/the file has 1001 lines/,
    'left' => "/* TODO: all */\n", qr/:1: "TODO" left/,
    'ascii' => "/* \xc3\xa9 */\n", qr/:1: not ASCII/,
    'ascii string' => "char *s = \"\xc3\xa9\";\n", qr/:1: not ASCII/,
    'loop' => "static int\nf(void)\n{\n    for (;;) {\n    }\n}\n",
              qr/:4: an endless loop/,
    'while' => "static int\nf(void)\n{\n    while (1) {\n    }\n}\n",
               qr/:4: an endless loop/,
    'if' => "static int\nf(void)\n{\n    if (a)\n        b();\n}\n",
            qr/:4: "if" without braces/,
    'else' => "static int\nf(void)\n{\n    if (a) {\n    } else b();\n}\n",
              qr/:5: "else" without braces/,
    'if(' => "static int\nf(void)\n{\n    if(a) {\n    }\n}\n",
             qr/:4: "if \(" takes one blank/,
    'forbidden' => "static int\nf(void)\n{\n    strcpy(a, b);\n}\n",
                   qr/:4: strcpy\(\) is not used here/,
);

while (my ($name, $text, $re) = splice @bad, 0, 3) {
    ($out, $rc) = style('shm/x.c', $text);
    like($out, $re, "found: $name");
    is($rc, 1, "exit code: $name");
}

($out) = style('ngx_conf_module/api/x.c', "char *s = \"\xc3\xa9\";\n");
is($out, '', 'UTF-8 in the strings of a dialect');

($out) = style('ngx_conf_module/api/x.c', "/* \xc3\xa9 */\n");
like($out, qr/not ASCII/, 'but not in its comments');

($out) = style('shm/conf_room.h', "#ifndef _CONF_ROOM_H_INCLUDED_\n"
               . "#define _CONF_ROOM_H_INCLUDED_\n#endif\n");
is($out, '', 'header guard');

($out) = style('shm/conf_room.h', "#ifndef CONF_ROOM_H\n"
               . "#define CONF_ROOM_H\n#endif\n");
like($out, qr/:1: the header guard is not _CONF_ROOM_H_INCLUDED_/,
     'another header guard');

($out) = style('t/x.t', "my \$x;\t\n");
like($out, qr/:1: trailing blank.*:1: tab/s, 'scripts');

($out) = style('Makefile', "a:\n\tb\n");
is($out, '', 'makefiles are exempt');

$out = `$^X '$root/auto/style' 2>&1`;
is($out, '', 'the tree');

done_testing;
