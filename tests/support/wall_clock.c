/* Preloaded: the wall clock of this process is the machine's, moved by what the file $WALL_CLOCK says:
   milliseconds, and how the kernel says its clock is steered (what adjtimex returns; 5: not at all). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

static long long told(int *state)
{
    const char *path = getenv("WALL_CLOCK");
    long long shift = 0;
    int said = TIME_ERROR;
    FILE *file = path ? fopen(path, "r") : NULL;

    if (file) {
        if (fscanf(file, "%lld %d", &shift, &said) != 2)
            abort();
        fclose(file);
    }
    if (state)
        *state = said;
    return shift;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    long long ns, shift;
    int result;

    if (!real)
        real = dlsym(RTLD_NEXT, "clock_gettime");
    result = real(clock, now);
    if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
        return result;
    shift = told(NULL);
    ns = now->tv_nsec + shift % 1000 * 1000000;
    now->tv_sec += shift / 1000 + (ns >= 1000000000) - (ns < 0);
    now->tv_nsec = ns + (ns < 0) * 1000000000 - (ns >= 1000000000) * 1000000000;
    return 0;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec exact;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec exact;

    clock_gettime(CLOCK_REALTIME, &exact);
    if (result)
        *result = exact.tv_sec;
    return exact.tv_sec;
}

int adjtimex(struct timex *state)
{
    int said;

    told(&said);
    memset(state, 0, sizeof *state);
    state->status = said == TIME_ERROR ? STA_UNSYNC : said == TIME_INS ? STA_INS : 0;
    return said;
}
