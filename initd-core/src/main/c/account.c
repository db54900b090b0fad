/* Between fork and exec: who the service is, what it gets from that, and its descriptors. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

/* True if the text is a number; (uid_t)-1 means "no change" to the kernel and is none. */
static bool number_of(const char *text, uint32_t *number) {
    if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 10) return false;
    unsigned long value = strtoul(text, NULL, 10);
    *number = (uint32_t)value;
    return value < UINT32_MAX;
}

/* errno of a lookup that found nothing: 0 "no such account", else the lookup itself failed. */
static int lookup_error(void) {
    return errno == ENOENT || errno == ESRCH || errno == EBADF || errno == EPERM ? 0 : errno;
}

static gid_t group_id(const struct child *child, const char *name) {
    uint32_t number;
    if (number_of(name, &number)) return number;
    errno = 0;
    const struct group *group = getgrnam(name);
    if (!group) child_fail(child, STEP_ACCOUNT, lookup_error(), name);
    return group->gr_gid;
}

static void find_user(struct child *child, const char *user) {
    uint32_t number;
    bool numeric = number_of(user, &number);
    errno = 0;
    const struct passwd *entry = numeric ? getpwuid(number) : getpwnam(user);
    if (!entry && (!numeric || !child->has_gid)) child_fail(child, STEP_ACCOUNT, lookup_error(), user);
    child->has_uid = true;
    child->uid = entry ? entry->pw_uid : number;
    if (!entry) return;
    if (!child->has_gid) child->gid = entry->pw_gid;
    child->has_gid = true;
    child->name = strdup(entry->pw_name);
    child->home = strdup(entry->pw_dir);
    child->shell = strdup(*entry->pw_shell ? entry->pw_shell : "/bin/sh");
    if (!child->name || !child->home || !child->shell) child_fail(child, STEP_ACCOUNT, ENOMEM, user);
}

/* The groups named, and those of the user database where that is wanted. */
static void find_groups(struct child *child) {
    const struct plan *plan = child->plan;
    int known = 0;
    bool database = plan->flags & PLAN_DATABASE_GROUPS && child->name;
    if (database) getgrouplist(child->name, child->gid, NULL, &known);
    gid_t *groups = calloc((size_t)known + plan->groups.count + 1, sizeof *groups);
    if (!groups) child_fail(child, STEP_ACCOUNT, ENOMEM, NULL);
    if (database && getgrouplist(child->name, child->gid, groups, &known) < 0)
        child_fail(child, STEP_ACCOUNT, EAGAIN, child->name);
    const char *at = plan_string(plan, plan->groups.offset);
    for (uint32_t i = 0; i < plan->groups.count; i++, at += strlen(at) + 1) groups[known++] = group_id(child, at);
    child->groups = groups;
    child->group_count = known;
    child->has_groups = true;
}

void child_account(struct child *child) {
    const struct plan *plan = child->plan;
    const char *user = plan_string(plan, plan->user);
    const char *group = plan_string(plan, plan->group);
    if (group) {
        child->gid = group_id(child, group);
        child->has_gid = true;
    }
    if (user) find_user(child, user);
    if (user || plan->groups.count > 0) find_groups(child);
}

static bool has_variable(char *const *environment, size_t count, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < count; i++)
        if (strncmp(environment[i], name, length) == 0 && environment[i][length] == '=') return true;
    return false;
}

static void drop_variable(char **environment, size_t *count, const char *name) {
    size_t kept = 0, length = strlen(name);
    for (size_t i = 0; i < *count; i++)
        if (strncmp(environment[i], name, length) != 0 || environment[i][length] != '=')
            environment[kept++] = environment[i];
    *count = kept;
}

static void add_variable(struct child *child, size_t *count, const char *name, const char *value) {
    if (!value) return;
    if (asprintf(&child->environment[*count], "%s=%s", name, value) < 0)
        child_fail(child, STEP_ENVIRONMENT, ENOMEM, name);
    (*count)++;
}

static void add_number(struct child *child, size_t *count, const char *name, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    drop_variable(child->environment, count, name);
    add_variable(child, count, name, text);
}

void child_environment(struct child *child) {
    enum { ADDED = 7 };
    const struct plan *plan = child->plan;
    size_t count = 0;
    child->environment = calloc(plan->environment.count + ADDED + 1, sizeof(char *));
    if (!child->environment) child_fail(child, STEP_ENVIRONMENT, ENOMEM, NULL);
    const char *at = plan_string(plan, plan->environment.offset);
    for (; count < plan->environment.count; count++, at += strlen(at) + 1)
        child->environment[count] = (char *)(uintptr_t)at;
    if (plan->flags & PLAN_ACCOUNT_ENVIRONMENT) {
        const char *const values[][2] = {
            {"HOME", child->home}, {"USER", child->name}, {"LOGNAME", child->name}, {"SHELL", child->shell}};
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
            if (!has_variable(child->environment, count, values[i][0]))
                add_variable(child, &count, values[i][0], values[i][1]);
    }
    if (plan->flags & PLAN_LISTEN_PID) {
        add_number(child, &count, "LISTEN_PID", (uint64_t)getpid());
        if (child->pid_inode) add_number(child, &count, "LISTEN_PIDFDID", child->pid_inode);
    }
    if (plan->flags & PLAN_WATCHDOG_PID) add_number(child, &count, "WATCHDOG_PID", (uint64_t)getpid());
    child->environment[count] = NULL;
}

static void give_away(const struct child *child, int fd) {
    gid_t gid = child->has_gid ? child->gid : (gid_t)-1;
    if (!child->has_uid && !child->has_gid) return;
    if (fchown(fd, child->has_uid ? child->uid : (uid_t)-1, gid) < 0 || fchmod(fd, 0600) < 0)
        child_fail(child, STEP_DESCRIPTORS, errno, NULL);
}

static int moved_above(const struct child *child, int fd, int floor) {
    if (fd >= floor) return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, floor);
    if (moved < 0) child_fail(child, STEP_DESCRIPTORS, errno, NULL);
    return moved;
}

static void put_fd(const struct child *child, int source, int target) {
    if (dup2(source, target) < 0) child_fail(child, STEP_DESCRIPTORS, errno, NULL);
}

/*
 * Every source is first moved above all targets, so that none is overwritten before it is used. Everything of the
 * keeper's is close-on-exec; a user database's library might have left something that is not.
 */
void child_descriptors(struct child *child) {
    const struct plan *plan = child->plan;
    const struct plan_fd *fds = (const struct plan_fd *)((const char *)plan + plan->fds.offset);
    int sources[KEEPER_MAX_SPAWN_FDS];
    int floor = 3;
    bool standard[3] = {false};
    if (child->has_groups && setgroups((size_t)child->group_count, child->groups) < 0)
        child_fail(child, STEP_GROUPS, errno, NULL);
    if (child->notify != NONE) {
        gid_t gid = child->has_gid ? child->gid : (gid_t)-1;
        if (fchownat(child->notify, "", child->uid, gid, AT_EMPTY_PATH) < 0)
            child_fail(child, STEP_DESCRIPTORS, errno, plan_string(plan, plan->notify_socket));
    }
    if (child->has_uid || child->has_groups) syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
    for (uint32_t i = 0; i < plan->fds.count; i++)
        if (fds[i].target >= floor) floor = fds[i].target + 1;
    child->status = moved_above(child, child->status, floor);
    for (uint32_t i = 0; i < plan->fds.count; i++)
        sources[i] = moved_above(child, child->fds[fds[i].index], floor);
    int rest = moved_above(child, child->terminal == NONE ? child->inherited->null : child->terminal, floor);
    for (uint32_t i = 0; i < plan->fds.count; i++) {
        put_fd(child, sources[i], fds[i].target);
        if (fds[i].target < 3) standard[fds[i].target] = true;
        if (fds[i].flags & PLAN_FD_OWN) give_away(child, fds[i].target);
    }
    for (int target = 0; target < 3; target++)
        if (!standard[target]) put_fd(child, rest, target);
}
