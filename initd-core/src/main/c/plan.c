/* Checks the plan of a spawn, in the child that maps it: nothing in it is believed. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, MAX_TARGET = 1023 };

static bool strings_fit(const struct plan *plan, struct plan_span span) {
    if (span.count == 0) return true;
    if (span.count > KEEPER_MAX_STRINGS || span.offset < sizeof *plan) return false;
    size_t at = span.offset;
    for (uint32_t i = 0; i < span.count; i++) {
        if (at >= plan->size) return false;
        at += strlen((const char *)plan + at) + 1; /* the last byte of the plan is 0 */
    }
    return true;
}

static bool items_fit(const struct plan *plan, struct plan_span span, size_t item_size, uint32_t most) {
    if (span.count == 0) return true;
    return span.count <= most && span.offset >= sizeof *plan && span.offset % 8 == 0 &&
           span.offset + span.count * item_size <= plan->size;
}

static bool fds_fit(const struct plan *plan, int fd_count) {
    if (!items_fit(plan, plan->fds, sizeof(struct plan_fd), KEEPER_MAX_SPAWN_FDS)) return false;
    const struct plan_fd *fds = (const struct plan_fd *)((const char *)plan + plan->fds.offset);
    bool seen[MAX_TARGET + 1] = {false};
    for (uint32_t i = 0; i < plan->fds.count; i++) {
        if (fds[i].target < 0 || fds[i].target > MAX_TARGET || seen[fds[i].target]) return false;
        if (fds[i].index >= (uint32_t)fd_count || fds[i].flags & ~(uint32_t)PLAN_FD_OWN) return false;
        seen[fds[i].target] = true;
    }
    return plan->cgroup_index >= -1 && plan->cgroup_index < fd_count && plan->namespace_index >= -1 &&
           plan->namespace_index < fd_count;
}

static bool limits_fit(const struct plan *plan) {
    if (!items_fit(plan, plan->limits, sizeof(struct plan_limit), RLIM_NLIMITS)) return false;
    const struct plan_limit *limits = (const struct plan_limit *)((const char *)plan + plan->limits.offset);
    for (uint32_t i = 0; i < plan->limits.count; i++)
        if (plan->flags & PLAN_TAG && limits[i].resource == RLIMIT_LOCKS) return false;
    return true;
}

static bool head_fits(const struct plan *plan, size_t size) {
    const uint32_t texts[] = {plan->executable, plan->user,     plan->group,        plan->directory,
                              plan->root,       plan->terminal, plan->notify_socket};
    if (plan->magic != PLAN_MAGIC || plan->version != KEEPER_VERSION || plan->head_size != sizeof *plan) return false;
    if (plan->size != size || plan->flags & ~(uint32_t)PLAN_ALL_FLAGS || plan->argv.count == 0) return false;
    if (((const char *)plan)[size - 1] != 0) return false;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i] != 0 && (texts[i] < sizeof *plan || texts[i] >= size)) return false;
    return true;
}

const char *plan_string(const struct plan *plan, uint32_t offset) {
    return offset ? (const char *)plan + offset : NULL;
}

/* The plan, or NULL and why. EPERM: not sealed. EINVAL: a count or offset is wrong. */
const struct plan *plan_map(int memfd, int fd_count, int *error) {
    struct stat status;
    int seals = fcntl(memfd, F_GET_SEALS);
    *error = EPERM;
    if (seals < 0 || (seals & ALL_SEALS) != ALL_SEALS) return NULL;
    *error = EINVAL;
    if (fstat(memfd, &status) < 0 || status.st_size <= (off_t)sizeof(struct plan)) return NULL;
    if (status.st_size > KEEPER_MAX_PLAN) return NULL;
    size_t size = (size_t)status.st_size;
    const struct plan *plan = mmap(NULL, size, PROT_READ, MAP_PRIVATE, memfd, 0);
    if (plan == MAP_FAILED) {
        *error = errno;
        return NULL;
    }
    bool fits = head_fits(plan, size) && strings_fit(plan, plan->argv) && strings_fit(plan, plan->environment) &&
                strings_fit(plan, plan->groups) && fds_fit(plan, fd_count) && limits_fit(plan) &&
                items_fit(plan, plan->affinity, 1, 128);
    return fits ? plan : NULL;
}
