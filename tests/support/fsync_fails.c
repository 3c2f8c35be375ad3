/* Preloaded: fsync and fdatasync fail with EIO on files whose path holds $FSYNC_FAILS_ON, as long as
   the file $FSYNC_FAILS_WHILE exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int descriptor)
{
    const char *on = getenv("FSYNC_FAILS_ON"), *flag = getenv("FSYNC_FAILS_WHILE");
    char link[64], path[4096];
    ssize_t length;

    if (!on || !flag || access(flag, F_OK) != 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, on) != NULL;
}

int fsync(int descriptor)
{
    static int (*real)(int);
    if (!real)
        real = dlsym(RTLD_NEXT, "fsync");
    if (fails(descriptor)) {
        errno = EIO;
        return -1;
    }
    return real(descriptor);
}

int fdatasync(int descriptor)
{
    static int (*real)(int);
    if (!real)
        real = dlsym(RTLD_NEXT, "fdatasync");
    if (fails(descriptor)) {
        errno = EIO;
        return -1;
    }
    return real(descriptor);
}
