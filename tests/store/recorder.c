/* Records what a process does to the files of one folder, for replaying a loss of power.

   Preloaded (LD_PRELOAD); $RECORD_FOLDER names the folder, $RECORD_LOG the file for the records:

       kind u8 | path length u16 | path | offset i64 | length u32 | bytes

   in the machine's own byte order. Kinds: W write, T truncate (offset is the new size), S sync,
   R rename (bytes are the new path), U unlink. One process, any number of threads. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*write_t)(int, const void *, size_t);
typedef ssize_t (*pwrite_t)(int, const void *, size_t, off_t);
typedef int (*truncate_t)(int, off_t);
typedef int (*sync_t)(int);
typedef int (*rename_t)(const char *, const char *);
typedef int (*unlink_t)(const char *);

static void put(const char *path, char kind, int64_t offset, const void *bytes, uint32_t length)
{
    static int log = -1;
    const char *folder = getenv("RECORD_FOLDER");
    size_t prefix = folder ? strlen(folder) : 0;
    if (!folder || strncmp(path, folder, prefix) != 0 || path[prefix] != '/') return;
    REAL("write", write_t);
    uint16_t path_length = (uint16_t)strlen(path);
    char head[1 + 2 + PATH_MAX + 8 + 4];
    char *end = head;
    *end++ = kind;
    memcpy(end, &path_length, 2); end += 2;
    memcpy(end, path, path_length); end += path_length;
    memcpy(end, &offset, 8); end += 8;
    memcpy(end, &length, 4); end += 4;
    pthread_mutex_lock(&lock);
    if (log < 0) log = open(getenv("RECORD_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (real(log, head, (size_t)(end - head)) != end - head
        || real(log, bytes, length) != (ssize_t)length) abort();
    pthread_mutex_unlock(&lock);
}

static void put_for(int fd, char kind, int64_t offset, const void *bytes, uint32_t length)
{
    char name[64], path[PATH_MAX];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(name, path, sizeof path - 1);
    if (got < 0) return;
    path[got] = 0;
    put(path, kind, offset, bytes, length);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    REAL("write", write_t);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real(fd, bytes, length);
    if (done > 0 && at >= 0) put_for(fd, 'W', at, bytes, (uint32_t)done);
    return done;
}

#define PWRITE(name) \
ssize_t name(int fd, const void *bytes, size_t length, off_t offset) \
{ \
    REAL(#name, pwrite_t); \
    ssize_t done = real(fd, bytes, length, offset); \
    if (done > 0) put_for(fd, 'W', offset, bytes, (uint32_t)done); \
    return done; \
}
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(name) \
int name(int fd, off_t size) \
{ \
    REAL(#name, truncate_t); \
    int failed = real(fd, size); \
    if (!failed) put_for(fd, 'T', size, "", 0); \
    return failed; \
}
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(name) \
int name(int fd) \
{ \
    REAL(#name, sync_t); \
    int failed = real(fd); \
    if (!failed) put_for(fd, 'S', 0, "", 0); \
    return failed; \
}
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to)
{
    REAL("rename", rename_t);
    int failed = real(from, to);
    if (!failed) put(from, 'R', 0, to, (uint32_t)strlen(to));
    return failed;
}

int unlink(const char *path)
{
    REAL("unlink", unlink_t);
    int failed = real(path);
    if (!failed) put(path, 'U', 0, "", 0);
    return failed;
}
