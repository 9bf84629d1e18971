
#include "bench_cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


static double bench_cpu_of(long pid);


unsigned
bench_cpu(char *pids, double *groups, unsigned max)
{
    char      *p;
    unsigned   n;

    if (pids == NULL) {
        return 0;
    }

    memset(groups, 0, max * sizeof(double));
    n = 1;

    for (p = pids; *p != '\0'; /* void */) {
        groups[n - 1] += bench_cpu_of(strtol(p, &p, 10));

        if (*p == ':' && n < max) {
            n++;
        }

        if (*p != '\0') {
            p++;
        }
    }

    return n;
}


/* Of all its threads. */

static double
bench_cpu_of(long pid)
{
    int            n;
    char           path[64], line[1024], *p;
    FILE          *file;
    unsigned long  user, system;

    (void) snprintf(path, sizeof(path), "/proc/%ld/stat", pid);

    n = 0;
    file = fopen(path, "r");

    if (file != NULL) {
        p = fgets(line, sizeof(line), file) == NULL ? NULL
                                                    : strrchr(line, ')');

        if (p != NULL) {
            n = sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
                       "%lu %lu", &user, &system);
        }

        (void) fclose(file);
    }

    if (n != 2) {
        perror(path);
        exit(1);
    }

    return (double) (user + system) / (double) sysconf(_SC_CLK_TCK);
}
