/* Records what a process does to the files below POWERLOSS_ROOT, in order, into POWERLOSS_TRACE.
 *
 * Loaded with LD_PRELOAD. Each call is made and recorded under one lock, so the order in the trace is the order on the
 * disk. A write counts as issued, a sync as durable; replay.py decides what a power failure would have left. Files that
 * end in "-shm" are left out: SQLite maps them and builds them anew after a crash.
 *
 * A record: struct head, then path_len bytes of path (two, with a zero between, for a rename or link), then data_len of data.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE, TRUNCATE, SYNC, SYNC_FOLDER, RENAME, UNLINK, LINK };
struct head { uint32_t magic, kind; uint64_t file, offset; uint32_t path_len, data_len; };

#define MAGIC 0x50574C53u
#define MAX_FD 65536
#define REAL(name) ((__typeof__(&name))real(#name))

static uint64_t file_of[MAX_FD]; /* inode of a watched descriptor, 0 for others */
static char root[PATH_MAX];
static size_t root_len;
static int trace = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void start(void) {
    const char *folder = getenv("POWERLOSS_ROOT"), *path = getenv("POWERLOSS_TRACE");
    if (!folder || !path || !realpath(folder, root)) return;
    root_len = strlen(root);
    trace = REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* Appended with one call, so records of several processes never mix. */
static void record(uint32_t kind, uint64_t file, uint64_t offset, const char *path, size_t path_len,
                   const struct iovec *data, int pieces, size_t data_len) {
    struct head head = {MAGIC, kind, file, offset, (uint32_t)path_len, (uint32_t)data_len};
    struct iovec out[2 + IOV_MAX / 2];
    int count = 0;
    out[count++] = (struct iovec){&head, sizeof head};
    if (path_len) out[count++] = (struct iovec){(void *)path, path_len};
    for (int i = 0; i < pieces && data_len > 0 && i < IOV_MAX / 2; i++) {
        size_t take = data[i].iov_len < data_len ? data[i].iov_len : data_len;
        out[count++] = (struct iovec){data[i].iov_base, take};
        data_len -= take;
    }
    int saved = errno;
    if (REAL(writev)(trace, out, count) < 0) abort();
    errno = saved;
}

/* The path below the root, without a leading slash; NULL for anything else. */
static const char *inside(const char *absolute) {
    if (strncmp(absolute, root, root_len) != 0) return NULL;
    if (absolute[root_len] == 0) return absolute + root_len;
    if (absolute[root_len] != '/') return NULL;
    size_t len = strlen(absolute);
    if (len > 4 && strcmp(absolute + len - 4, "-shm") == 0) return NULL;
    return absolute + root_len + 1;
}

static const char *path_of(int fd, char *buffer) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, buffer, PATH_MAX - 1);
    if (n < 0) return NULL;
    buffer[n] = 0;
    return inside(buffer);
}

/* Resolves the folder only: the last part of the path may be about to appear or vanish. */
static const char *resolved(int dirfd, const char *path, char *buffer) {
    char joined[PATH_MAX], folder[PATH_MAX];
    if (trace < 0) return NULL;
    if (path[0] == '/' || dirfd == AT_FDCWD) snprintf(joined, sizeof joined, "%s", path);
    else {
        char link[64], base[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
        ssize_t n = readlink(link, base, sizeof base - 1);
        if (n < 0) return NULL;
        base[n] = 0;
        if (snprintf(joined, sizeof joined, "%s/%s", base, path) >= (int)sizeof joined) return NULL;
    }
    char *slash = strrchr(joined, '/');
    const char *name = slash ? slash + 1 : joined;
    if (!slash) strcpy(folder, ".");
    else if (slash == joined) strcpy(folder, "/");
    else { memcpy(folder, joined, slash - joined); folder[slash - joined] = 0; }
    char whole[PATH_MAX];
    if (!realpath(folder, whole)) return NULL;
    if (snprintf(buffer, PATH_MAX, "%s/%s", whole, name) >= PATH_MAX) return NULL;
    return inside(buffer);
}

static int watched(int fd) { return trace >= 0 && fd >= 0 && fd < MAX_FD && file_of[fd] != 0; }

static int opened(int fd, int flags) {
    if (trace < 0 || fd < 0 || fd >= MAX_FD || fd == trace) return fd;
    char buffer[PATH_MAX];
    const char *path = path_of(fd, buffer);
    struct stat info;
    file_of[fd] = 0;
    if (!path || fstat(fd, &info) != 0 || !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) return fd;
    file_of[fd] = info.st_ino;
    if (S_ISDIR(info.st_mode)) return fd;
    record(OPEN, info.st_ino, 0, path, strlen(path), NULL, 0, 0);
    if (flags & O_TRUNC) record(TRUNCATE, info.st_ino, 0, NULL, 0, NULL, 0, 0);
    return fd;
}

#define OPENER(name, call, ...)                                        \
    {                                                                  \
        mode_t mode = 0;                                               \
        if (flags & (O_CREAT | O_TMPFILE)) {                           \
            va_list more;                                              \
            va_start(more, flags);                                     \
            mode = va_arg(more, mode_t);                               \
            va_end(more);                                              \
        }                                                              \
        pthread_mutex_lock(&lock);                                     \
        int fd = opened(REAL(name)(__VA_ARGS__, flags, mode), flags);  \
        pthread_mutex_unlock(&lock);                                   \
        return fd;                                                     \
    }
int open(const char *path, int flags, ...) OPENER(open, open, path)
int open64(const char *path, int flags, ...) OPENER(open64, open64, path)
int openat(int dirfd, const char *path, int flags, ...) OPENER(openat, openat, dirfd, path)
int openat64(int dirfd, const char *path, int flags, ...) OPENER(openat64, openat64, dirfd, path)

int close(int fd) {
    if (fd >= 0 && fd < MAX_FD) file_of[fd] = 0;
    return REAL(close)(fd);
}

static int copied(int from, int to) {
    if (to >= 0 && to < MAX_FD && from >= 0 && from < MAX_FD) file_of[to] = file_of[from];
    return to;
}
int dup(int fd) { return copied(fd, REAL(dup)(fd)); }
int dup2(int from, int to) { return copied(from, REAL(dup2)(from, to)); }
int dup3(int from, int to, int flags) { return copied(from, REAL(dup3)(from, to, flags)); }

static ssize_t wrote(int fd, off_t offset, const struct iovec *data, int pieces, ssize_t written) {
    if (written > 0) record(WRITE, file_of[fd], (uint64_t)offset, NULL, 0, data, pieces, (size_t)written);
    return written;
}

/* Without an offset of its own a write ends where the descriptor stands afterwards, also when it appends. */
static ssize_t wrote_here(int fd, const struct iovec *data, int pieces, ssize_t written) {
    return written > 0 ? wrote(fd, lseek(fd, 0, SEEK_CUR) - written, data, pieces, written) : written;
}

ssize_t write(int fd, const void *data, size_t size) {
    if (!watched(fd)) return REAL(write)(fd, data, size);
    struct iovec one = {(void *)data, size};
    pthread_mutex_lock(&lock);
    ssize_t written = wrote_here(fd, &one, 1, REAL(write)(fd, data, size));
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t writev(int fd, const struct iovec *data, int pieces) {
    if (!watched(fd)) return REAL(writev)(fd, data, pieces);
    pthread_mutex_lock(&lock);
    ssize_t written = wrote_here(fd, data, pieces, REAL(writev)(fd, data, pieces));
    pthread_mutex_unlock(&lock);
    return written;
}

#define PWRITER(name, offset_type)                                                          \
    ssize_t name(int fd, const void *data, size_t size, offset_type offset) {               \
        if (!watched(fd)) return REAL(name)(fd, data, size, offset);                        \
        struct iovec one = {(void *)data, size};                                            \
        pthread_mutex_lock(&lock);                                                          \
        ssize_t written = wrote(fd, offset, &one, 1, REAL(name)(fd, data, size, offset));   \
        pthread_mutex_unlock(&lock);                                                        \
        return written;                                                                     \
    }
PWRITER(pwrite, off_t)
PWRITER(pwrite64, off64_t)

#define PWRITEVER(name, offset_type)                                                           \
    ssize_t name(int fd, const struct iovec *data, int pieces, offset_type offset) {           \
        if (!watched(fd)) return REAL(name)(fd, data, pieces, offset);                         \
        pthread_mutex_lock(&lock);                                                             \
        ssize_t written = wrote(fd, offset, data, pieces, REAL(name)(fd, data, pieces, offset)); \
        pthread_mutex_unlock(&lock);                                                           \
        return written;                                                                        \
    }
PWRITEVER(pwritev, off_t)
PWRITEVER(pwritev64, off64_t)

#define TRUNCATER(name, offset_type)                                                            \
    int name(int fd, offset_type size) {                                                        \
        if (!watched(fd)) return REAL(name)(fd, size);                                          \
        pthread_mutex_lock(&lock);                                                              \
        int failed = REAL(name)(fd, size);                                                      \
        if (!failed) record(TRUNCATE, file_of[fd], (uint64_t)size, NULL, 0, NULL, 0, 0);        \
        pthread_mutex_unlock(&lock);                                                            \
        return failed;                                                                          \
    }
TRUNCATER(ftruncate, off_t)
TRUNCATER(ftruncate64, off64_t)

static void synced(int fd) {
    char buffer[PATH_MAX];
    struct stat info;
    if (fstat(fd, &info) != 0) return;
    const char *path = S_ISDIR(info.st_mode) ? path_of(fd, buffer) : NULL;
    if (path) record(SYNC_FOLDER, 0, 0, path, strlen(path), NULL, 0, 0);
    else record(SYNC, file_of[fd], 0, NULL, 0, NULL, 0, 0);
}

#define SYNCER(name)                                  \
    int name(int fd) {                                \
        if (!watched(fd)) return REAL(name)(fd);      \
        pthread_mutex_lock(&lock);                    \
        int failed = REAL(name)(fd);                  \
        if (!failed) synced(fd);                      \
        pthread_mutex_unlock(&lock);                  \
        return failed;                                \
    }
SYNCER(fsync)
SYNCER(fdatasync)

static int named(uint32_t kind, int failed, const char *from, const char *to) {
    char both[2 * PATH_MAX];
    if (failed || !from || !to) return failed;
    int len = snprintf(both, sizeof both, "%s%c%s", from, 0, to);
    record(kind, 0, 0, both, (size_t)len, NULL, 0, 0);
    return failed;
}

static int unlinked(int failed, const char *path) {
    if (!failed && path) record(UNLINK, 0, 0, path, strlen(path), NULL, 0, 0);
    return failed;
}

#define NAMED(type, declaration, before, call)  \
    type declaration {                          \
        char a[PATH_MAX], b[PATH_MAX];          \
        pthread_mutex_lock(&lock);              \
        before;                                 \
        type failed = call;                     \
        pthread_mutex_unlock(&lock);            \
        (void)a; (void)b;                       \
        return failed;                          \
    }
NAMED(int, rename(const char *from, const char *to),
      const char *f = resolved(AT_FDCWD, from, a); const char *t = resolved(AT_FDCWD, to, b),
      named(RENAME, REAL(rename)(from, to), f, t))
NAMED(int, renameat(int in, const char *from, int out, const char *to),
      const char *f = resolved(in, from, a); const char *t = resolved(out, to, b),
      named(RENAME, REAL(renameat)(in, from, out, to), f, t))
NAMED(int, link(const char *from, const char *to),
      const char *f = resolved(AT_FDCWD, from, a); const char *t = resolved(AT_FDCWD, to, b),
      named(LINK, REAL(link)(from, to), f, t))
NAMED(int, linkat(int in, const char *from, int out, const char *to, int flags),
      const char *f = resolved(in, from, a); const char *t = resolved(out, to, b),
      named(LINK, REAL(linkat)(in, from, out, to, flags), f, t))
NAMED(int, unlink(const char *path), const char *p = resolved(AT_FDCWD, path, a), unlinked(REAL(unlink)(path), p))
NAMED(int, unlinkat(int in, const char *path, int flags), const char *p = resolved(in, path, a),
      unlinked(REAL(unlinkat)(in, path, flags), p))
