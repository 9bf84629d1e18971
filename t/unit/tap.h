
/*
 * A few lines of TAP.  A test program calls ok() and friends and ends with
 * `return tap_done();`.
 */

#ifndef _TAP_H_INCLUDED_
#define _TAP_H_INCLUDED_


#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static unsigned  tap_count;
static unsigned  tap_failed;


__attribute__((format(printf, 4, 5), unused))
static int
tap_ok(int passed, const char *file, int line, const char *fmt, ...)
{
    va_list  args;

    printf("%sok %u - ", passed ? "" : "not ", ++tap_count);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");

    if (!passed) {
        tap_failed++;
        printf("# failed at %s:%d\n", file, line);
    }

    fflush(stdout);

    return passed;
}


__attribute__((unused))
static int
tap_done(void)
{
    printf("1..%u\n", tap_count);

    return tap_failed == 0 ? 0 : 1;
}


#define ok(cond, ...)  tap_ok((cond) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

#define is_int(got, want, ...)                                                \
    do {                                                                      \
        int64_t  tap_got = (int64_t) (got), tap_want = (int64_t) (want);      \
                                                                              \
        if (!tap_ok(tap_got == tap_want, __FILE__, __LINE__, __VA_ARGS__)) {  \
            printf("#      got %" PRId64 "\n# expected %" PRId64 "\n",        \
                   tap_got, tap_want);                                        \
        }                                                                     \
    } while (0)

#define is_mem(got, got_len, want, want_len, ...)                             \
    do {                                                                      \
        size_t  tap_gl = (got_len), tap_wl = (want_len);                      \
                                                                              \
        if (!tap_ok(tap_gl == tap_wl                                          \
                    && (tap_gl == 0 || memcmp(got, want, tap_gl) == 0),       \
                    __FILE__, __LINE__, __VA_ARGS__))                         \
        {                                                                     \
            printf("#      got \"%.*s\" (%zu)\n# expected \"%.*s\" (%zu)\n",  \
                   (int) tap_gl, (const char *) (got), tap_gl,                \
                   (int) tap_wl, (const char *) (want), tap_wl);              \
        }                                                                     \
    } while (0)

#define is_str(got, want, ...)                                                \
    is_mem((got).data, (got).len, want, strlen(want), __VA_ARGS__)


#endif /* _TAP_H_INCLUDED_ */
