
/*
 * Runs a fuzz target over files, and over the files of directories, without a
 * fuzzer: `fuzz_schema crash-1234`.  Without arguments it takes the target's
 * own corpus, from the top of the tree.  Prints TAP.
 */

#include "conf_base.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_corpus(const char *program);
static int replay_path(const char *path);
static int replay_directory(const char *path);
static int replay_file(const char *path, size_t size);


static unsigned  replay_count;


int
main(int argc, char **argv)
{
    int  i, failed;

    failed = argc == 1 ? replay_corpus(argv[0]) : 0;

    for (i = 1; i < argc; i++) {
        failed |= replay_path(argv[i]);
    }

    printf("1..%u\n", replay_count);

    return failed != 0 || replay_count == 0 ? 1 : 0;
}


/* The corpus of .../fuzz_schema is schema. */

static int
replay_corpus(const char *program)
{
    char         path[4096];
    const char  *name;

    name = strrchr(program, '_');
    (void) snprintf(path, sizeof(path), "t/fuzz/corpus/%s",
                    name == NULL ? program : name + 1);

    return replay_path(path);
}


static int
replay_path(const char *path)
{
    struct stat  st;

    if (stat(path, &st) != 0) {
        printf("not ok %u - %s: %s\n", ++replay_count, path,
               strerror(errno));
        return 1;
    }

    if (S_ISDIR(st.st_mode)) {
        return replay_directory(path);
    }

    return replay_file(path, (size_t) st.st_size);
}


/* Directories within are left alone. */

static int
replay_directory(const char *path)
{
    int              i, n, failed;
    char             name[4096];
    struct stat      st;
    struct dirent  **entries;

    n = scandir(path, &entries, NULL, alphasort);
    if (n < 0) {
        printf("not ok %u - %s: %s\n", ++replay_count, path,
               strerror(errno));
        return 1;
    }

    failed = 0;

    for (i = 0; i < n; i++) {
        (void) snprintf(name, sizeof(name), "%s/%s", path,
                        entries[i]->d_name);

        if (stat(name, &st) == 0 && S_ISREG(st.st_mode)) {
            failed |= replay_file(name, (size_t) st.st_size);
        }

        free(entries[i]);
    }

    free(entries);

    return failed;
}


/* The target has the exact bytes, so that a sanitizer sees the end. */

static int
replay_file(const char *path, size_t size)
{
    FILE     *file;
    size_t    n;
    uint8_t  *data;

    n = 0;
    data = malloc(size);
    file = fopen(path, "rb");

    if (file != NULL) {
        if (data != NULL) {
            n = fread(data, 1, size, file);
        }

        fclose(file);
    }

    if (file == NULL || (data == NULL && size != 0) || n != size) {
        printf("not ok %u - %s: cannot be read\n", ++replay_count, path);
        free(data);
        return 1;
    }

    /* A target that fails aborts: say before which file it was. */

    printf("# %s\n", path);
    fflush(stdout);

    (void) LLVMFuzzerTestOneInput(data, size);

    printf("ok %u - %s\n", ++replay_count, path);
    free(data);

    return 0;
}
