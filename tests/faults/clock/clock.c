/* Moves the wall clock of a process by what the file CLOCK_OFFSET holds (a native 64-bit integer, ms), at any time.
 *
 * Loaded with LD_PRELOAD. The monotonic clocks stay as they are, as they do when somebody sets the machine's clock.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_ms;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("CLOCK_OFFSET");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *offset_ms, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) offset_ms = mapped;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, which, now);
    if (failed || !offset_ms || (which != CLOCK_REALTIME && which != CLOCK_REALTIME_COARSE)) return failed;
    int64_t ahead_ms = *offset_ms, ns = now->tv_nsec + ahead_ms % 1000 * 1000000;
    now->tv_sec += ahead_ms / 1000 + (ns >= 1000000000) - (ns < 0);
    now->tv_nsec = (ns + 1000000000) % 1000000000;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec at;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &at);
    *now = (struct timeval){at.tv_sec, at.tv_nsec / 1000};
    return failed;
}

time_t time(time_t *told) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (told) *told = at.tv_sec;
    return at.tv_sec;
}
