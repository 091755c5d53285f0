/* Makes calls of one kind fail from the n-th on, for files below a folder: loaded before libc.
 *
 * FAIL_CALL   fsync, fdatasync, sync_file_range, pwrite, write or rename
 * FAIL_FROM   the first call that fails, from 1
 * FAIL_UNDER  the folder
 * FAIL_MARK   a file that is made when the first call fails
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static int is_under(const char *path) {
    const char *folder = getenv("FAIL_UNDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_open_under(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_under(path);
}

static int fails(const char *call, int counts) {
    const char *wanted = getenv("FAIL_CALL"), *from = getenv("FAIL_FROM"), *mark = getenv("FAIL_MARK");
    if (!wanted || !from || strcmp(wanted, call) != 0 || !counts) return 0;
    if (atomic_fetch_add(&calls, 1) + 1 < atol(from)) return 0;
    if (mark) {
        int fd = open(mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (fd >= 0) close(fd);
    }
    errno = EIO;
    return 1;
}

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

int fsync(int fd) {
    return fails("fsync", is_open_under(fd)) ? -1 : REAL(int (*)(int), "fsync")(fd);
}

int fdatasync(int fd) {
    return fails("fdatasync", is_open_under(fd)) ? -1 : REAL(int (*)(int), "fdatasync")(fd);
}

int sync_file_range(int fd, off64_t offset, off64_t count, unsigned flags) {
    if (fails("sync_file_range", is_open_under(fd))) return -1;
    return REAL(int (*)(int, off64_t, off64_t, unsigned), "sync_file_range")(fd, offset, count, flags);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    if (fails("pwrite", is_open_under(fd))) return -1;
    return REAL(ssize_t (*)(int, const void *, size_t, off64_t), "pwrite64")(fd, bytes, count, offset);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    if (fails("write", is_open_under(fd))) return -1;
    return REAL(ssize_t (*)(int, const void *, size_t), "write")(fd, bytes, count);
}

int rename(const char *from, const char *to) {
    return fails("rename", is_under(to)) ? -1 : REAL(int (*)(const char *, const char *), "rename")(from, to);
}
