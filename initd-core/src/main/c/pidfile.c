/*
 * --pidfile. The file is written under another name, locked, and put into place; so whoever reads it finds all of it,
 * and while it is locked the process it names lives. A file that nobody locks names nobody, whatever number is in it.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_TRIES = 100, MAX_CONTENT = 32 };

/* The lock is the process's: it would end with any descriptor of the file that is closed, so none is opened again. */
static struct {
    const char *path; /* as given */
    const char *name;
    char temporary[NAME_MAX + 32];
    int directory, fd;
    pid_t owner;
} file = {.directory = NONE, .fd = NONE};

_Noreturn static void refuse_file(const char *cause) {
    unlinkat(file.directory, file.temporary, 0);
    die(1, "cannot make the pid file %s: %s", file.path, cause);
}

static bool same_file(const struct stat *one, const struct stat *other) {
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* At the end, whatever end it is: what is not our file any more is left alone. */
static void remove_pidfile(void) {
    struct stat ours, there;
    if (getpid() != file.owner || fstat(file.fd, &ours) < 0) return;
    if (fstatat(file.directory, file.name, &there, AT_SYMLINK_NOFOLLOW) < 0 || !same_file(&ours, &there)) return;
    if (unlinkat(file.directory, file.name, 0) < 0) say("cannot remove the pid file %s: %s", file.path, strerror(errno));
}

static void write_temporary(void) {
    char text[24];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(file.temporary, sizeof file.temporary, ".%s.%d.new", file.name, getpid());
    unlinkat(file.directory, file.temporary, 0); /* a dead one's that had our number */
    file.fd = openat(file.directory, file.temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file.fd < 0) die(1, "cannot make the pid file %s: %s", file.path, strerror(errno));
    int length = snprintf(text, sizeof text, "%d\n", getpid());
    if (fcntl(file.fd, F_SETLK, &lock) < 0) refuse_file(strerror(errno));
    if (write(file.fd, text, (size_t)length) != length) refuse_file(strerror(errno));
}

static void check_content(int old) {
    char text[MAX_CONTENT + 1];
    ssize_t length = pread(old, text, sizeof text, 0);
    if (length < 0) refuse_file(strerror(errno));
    bool number = length <= MAX_CONTENT;
    for (ssize_t i = 0; number && i < length; i++) number = strchr("0123456789 \n", text[i]) != NULL && text[i] != 0;
    if (!number) refuse_file("there is a file that is no pid file");
}

static void refuse_locked(int old) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(old, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK) return; /* it has just gone */
    unlinkat(file.directory, file.temporary, 0);
    if (lock.l_pid <= 0) die(1, "cannot start jinitd: %s is locked by another process", file.path);
    die(1, "cannot start jinitd: %s is locked by pid %d", file.path, lock.l_pid);
}

static bool put_where_none_is(void) {
    if (renameat2(file.directory, file.temporary, file.directory, file.name, RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    if (errno != EINVAL && errno != ENOSYS) refuse_file(strerror(errno));
    if (linkat(file.directory, file.temporary, file.directory, file.name, 0) == 0) {
        unlinkat(file.directory, file.temporary, 0);
        return true;
    }
    if (errno != EEXIST) refuse_file(strerror(errno));
    return false;
}

/*
 * False: another one came in between. The old file is locked while it is replaced: of two that start at once the later
 * one finds it locked, or replaced by one that is.
 */
static bool put_in_place(bool overwrite) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat held, there;
    int old = openat(file.directory, file.name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (old < 0 && errno == ENOENT) return put_where_none_is();
    if (old < 0) refuse_file(errno == ELOOP ? "there is a symbolic link, which is not followed" : strerror(errno));
    if (fstat(old, &held) < 0 || !S_ISREG(held.st_mode)) refuse_file("there is something that is no regular file");
    check_content(old);
    bool done = false;
    if (fcntl(old, F_SETLK, &lock) < 0 && !overwrite) {
        if (errno != EACCES && errno != EAGAIN) refuse_file(strerror(errno));
        refuse_locked(old);
    } else if (fstatat(file.directory, file.name, &there, AT_SYMLINK_NOFOLLOW) == 0 && same_file(&held, &there)) {
        if (renameat(file.directory, file.temporary, file.directory, file.name) < 0) refuse_file(strerror(errno));
        done = true;
    }
    close(old);
    return done;
}

/* The manager clears the run directory: it is told of the entry in it that is the file, or leads to it. */
static void tell_manager(struct keeper *keeper, const char *directory) {
    char run[PATH_MAX];
    const char *entry = file.name;
    if (!realpath(keeper->options.run_dir, run)) 
        die(1, "cannot open the run directory %s: %s", keeper->options.run_dir, strerror(errno));
    size_t length = strlen(run);
    if (strncmp(directory, run, length) != 0 || (directory[length] && directory[length] != '/')) return;
    if (directory[length]) entry = directory + length + 1;
    if (asprintf(&keeper->pidfile, "--pidfile=%.*s", (int)strcspn(entry, "/"), entry) < 0)
        die(1, "cannot start: out of memory");
}

/* Split at the last slash. */
static void open_directory(struct keeper *keeper) {
    char parent[PATH_MAX], real[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", file.path);
    char *slash = strrchr(parent, '/');
    file.name = strrchr(file.path, '/') + 1;
    if (!*file.name || strcmp(file.name, ".") == 0 || strcmp(file.name, "..") == 0)
        die(1, "cannot make the pid file %s: it names a directory", file.path);
    slash[slash == parent] = 0;
    file.directory = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (file.directory < 0 || !realpath(parent, real))
        die(1, "cannot make the pid file %s: open %s: %s", file.path, parent, strerror(errno));
    tell_manager(keeper, real);
}

void make_pidfile(struct keeper *keeper) {
    file.path = keeper->options.pidfile;
    if (!file.path) return;
    open_directory(keeper);
    if (atexit(remove_pidfile) != 0) die(1, "cannot start: out of memory");
    write_temporary();
    for (int i = 0; i < MAX_TRIES; i++) {
        if (!put_in_place(keeper->options.overwrite_pidfile)) continue;
        file.owner = getpid();
        return;
    }
    refuse_file("others make and remove it all the time");
}
