/* What the files of the keeper share. The protocol with the manager is in protocol.h. */
#ifndef JINIT_KEEPER_H
#define JINIT_KEEPER_H

#include "protocol.h"

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define LOG_NAME "jinitd.log" /* in the log directory, with --detach */

enum {
    MAX_MANAGER_ARGS = 256,
    MAX_PENDING = 64, /* refusals, and stops of adopted children, that wait to be told */
    NONE = -1,
};

/* What an epoll event is about; the upper half of its data. */
enum source { SOURCE_SIGNAL, SOURCE_LINK, SOURCE_STATUS, SOURCE_WATCHED, SOURCE_LAUNCHER };

struct options {
    const char *program;
    const char *run_dir; /* resolved */
    const char *manager; /* program to run instead of the image's JVM, or NULL */
    uint32_t max_services;
    const char *log_dir; /* resolved */
    const char *pidfile; /* resolved, or NULL */
    bool user, detach, no_chdir, wait_boot, overwrite_pidfile, refuse_leftovers;
    int argc; /* as given */
    char **argv;
    int manager_argc; /* handed to the manager: --name=value, then "run" and its command */
    char *manager_argv[MAX_MANAGER_ARGS];
};

/* Pipes to the launcher that waits for us. */
struct launcher {
    int report, ready; /* NONE: nobody waits */
};

#define NOBODY ((struct launcher){.report = NONE, .ready = NONE})

/* A member of a doubly linked queue of table entries; indices are 1-based, 0 is none. */
struct queue_link {
    uint32_t next, previous;
    bool queued;
};

struct queue {
    uint32_t first, last;
};

struct slot {
    uint64_t id; /* 0: free */
    uint64_t request;
    uint64_t pid_inode;
    uint64_t changed_ns;
    uint32_t state, flags, generation, step;
    int32_t error, pid, wait_status;
    int pidfd;       /* until told; of a watched process: always */
    int status_pipe; /* until execve or the child's end */
    int stop_signal; /* 0: not stopped */
    bool pidfd_told, stop_told, failed, exec_tried;
    uint32_t label_next, pid_next, free_next;
    struct queue_link untold;
    uint8_t label[KEEPER_LABEL_SIZE];
    char detail[KEEPER_DETAIL_SIZE];
};

struct stored {
    int fd; /* meaningful while used */
    bool used;
    uint32_t label_next, free_next;
    struct queue_link untold;
    uint8_t label[KEEPER_LABEL_SIZE];
};

struct refusal {
    uint64_t request;
    uint32_t reason;
    int32_t error;
};

struct adopted_stop {
    int32_t pid, signal;
    int pidfd;
};

struct signal_count {
    int32_t pid;
    uint32_t uid, count;
};

enum phase {
    PHASE_RUN,
    PHASE_MANAGER, /* EXIT was received: wait for the manager's end */
    PHASE_TERM,    /* TERM was sent to all */
    PHASE_KILL,    /* KILL was sent to all */
};

/* Of the keeper's memory a child has only this: the tables are not copied, so that fork stays cheap. */
struct inherited {
    int null;
    bool nofile_changed;
    struct rlimit nofile; /* as it was at the keeper's start */
};

struct keeper {
    struct options options;
    struct inherited *inherited;
    int epoll, signals, environment, arguments, lock;
    struct launcher launcher;
    char *pidfile;     /* as the manager is told of it, or NULL */
    bool pid1, subreaper;
    bool exit_info; /* the kernel keeps the status of reaped processes for pidfds */
    uint32_t tag_prefix;
    uint32_t leftover_prefix; /* that of the jinitd before in this run directory, 0: there was none */
    uint64_t start_time, pid_namespace;
    char boot_id[40];

    /* tables, of one mapping */
    struct slot *slots;
    struct stored *stored;
    uint32_t *slot_labels, *slot_pids, *stored_labels; /* heads of hash chains, 1-based */
    uint32_t max_slots, max_stored, hash_mask, slots_touched, stored_touched, slots_free, stored_free;
    uint32_t slots_used, stored_used, watched;
    struct queue untold_slots, untold_stored;

    /* what waits to be told */
    bool welcome_due, sync_due, ping_due;
    uint32_t refusals, stops;
    struct refusal refusal[MAX_PENDING];
    struct adopted_stop stop[MAX_PENDING];
    struct signal_count signal[_NSIG];
    uint64_t signals_due; /* bit n: signal n */
    bool end_asked;       /* by a signal, ever */
    uint64_t orphans, orphans_told;
    struct keeper_orphan orphan[KEEPER_LAST_ORPHANS]; /* ring: orphan number n at n % 64 */

    /* manager and link */
    char image[PATH_MAX];
    pid_t manager;
    int link; /* NONE: no manager is connected */
    bool link_writing, link_reading, link_broken, hello, hello_ever;
    uint32_t manager_starts, failures, crashes;
    char last_crash[120];
    uint64_t started_ns, restart_due_ns, kill_due_ns, heard_ns, pinged_ns, challenge;

    /* the end */
    enum phase phase;
    bool ending, kill_leftovers;
    int exit_code;
    uint32_t grace_ms;
    uint64_t phase_due_ns, scan_due_ns;
};

/* main.c */
uint64_t now_ns(void);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_also_to(int fd);
void say_with_time(void);
_Noreturn void die(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
int watch_fd(struct keeper *keeper, int fd, uint32_t events, enum source source, uint32_t index);

/* options.c */
void parse_options(struct options *options, int argc, char **argv);

/* boot.c */
void prepare_process(struct keeper *keeper);
void prepare_run_dir(struct keeper *keeper);
void mark_run_dir(struct keeper *keeper);
void prepare_memfds(struct keeper *keeper);

/* daemonize.c */
struct launcher detach(const struct options *options);
void open_log(struct keeper *keeper);
void watch_launcher(struct keeper *keeper);
void manager_ready(struct keeper *keeper, uint32_t state);
void launcher_gone(struct keeper *keeper);

/* title.c */
char **title_prepare(char **argv);
void title_set(const char *text);

/* pidfile.c */
void make_pidfile(struct keeper *keeper);

/* table.c */
void *table_memory(size_t size);
void table_init(struct keeper *keeper);
struct slot *slot_new(struct keeper *keeper, const uint8_t *label, uint64_t request);
void slot_set_pid(struct keeper *keeper, struct slot *slot, pid_t pid);
void slot_forget_pid(struct keeper *keeper, struct slot *slot);
struct slot *slot_by_label(struct keeper *keeper, const uint8_t *label);
struct slot *slot_by_pid(struct keeper *keeper, pid_t pid);
struct slot *slot_by_id(struct keeper *keeper, uint64_t id);
uint32_t slot_index(const struct keeper *keeper, const struct slot *slot);
void slot_change(struct keeper *keeper, struct slot *slot, uint32_t state);
void slot_tell(struct keeper *keeper, struct slot *slot);
void slot_told(struct keeper *keeper, struct slot *slot);
void slot_free(struct keeper *keeper, struct slot *slot);
bool slot_is_final(const struct slot *slot);
bool store_put(struct keeper *keeper, const uint8_t *label, int fd);
void store_drop(struct keeper *keeper, const uint8_t *label);
void store_told(struct keeper *keeper, struct stored *stored);
void table_untell(struct keeper *keeper);

/* link.c */
void link_read(struct keeper *keeper);
void link_flush(struct keeper *keeper);
void link_close(struct keeper *keeper);
void refuse(struct keeper *keeper, uint64_t request, uint32_t reason, int error);

/* spawn.c */
void spawn(struct keeper *keeper, const struct keeper_spawn *message, const int *fds, int count);
void spawn_status(struct keeper *keeper, struct slot *slot);
bool watch(struct keeper *keeper, const struct keeper_watch *message, int pidfd);
void watched_event(struct keeper *keeper, struct slot *slot);

/* child.c, account.c: between fork and exec; these may allocate, block and exit */
struct report {
    uint8_t kind; /* REPORT_EXEC alone, one byte; or REPORT_FAILED and the rest */
    uint8_t step;
    uint8_t interpreter;
    uint8_t reserved;
    int32_t error;
    char detail[KEEPER_DETAIL_SIZE];
};

enum { REPORT_EXEC = 'X', REPORT_FAILED = 'F' };

struct child {
    const struct inherited *inherited;
    const struct plan *plan;
    const int *fds; /* the passed ones */
    int count;
    int status;   /* write end of the status pipe */
    int terminal; /* NONE, or open */
    int notify;   /* NONE, or O_PATH of the notify socket */
    bool has_uid, has_gid, has_groups;
    uid_t uid;
    gid_t gid;
    gid_t *groups;
    int group_count;
    const char *name, *home, *shell; /* of the user, NULL if unknown */
    char **environment;
    uint64_t pid_inode;
};

_Noreturn void child_run(const struct inherited *inherited, int plan, const int *fds, int count, int status);
_Noreturn void child_fail(const struct child *child, enum spawn_step step, int error, const char *detail);
const char *plan_string(const struct plan *plan, uint32_t offset);
const struct plan *plan_map(int memfd, int fd_count, int *error);
void child_account(struct child *child);
void child_environment(struct child *child);
void child_descriptors(struct child *child);
_Noreturn void child_exec(struct child *child);

/* reap.c */
void reap(struct keeper *keeper);
void slot_exited(struct keeper *keeper, struct slot *slot, int wait_status, bool known);
int wait_status_of(const siginfo_t *info);
int pidfd_open_of(pid_t pid);
int pidfd_kill(int pidfd, int signal);
uint64_t fd_inode(int fd);

/* manager.c */
void manager_prepare(struct keeper *keeper);
void manager_start(struct keeper *keeper);
void manager_died(struct keeper *keeper, int wait_status);
void manager_hello(struct keeper *keeper, uint32_t version);
void manager_lost_link(struct keeper *keeper);
void manager_timers(struct keeper *keeper, uint64_t now);
uint64_t manager_due(const struct keeper *keeper);

/* shutdown.c */
void shutdown_ordered(struct keeper *keeper, const struct keeper_exit *message);
void end_leftovers(const struct keeper *keeper);
uint64_t tag_of(int process);
void shutdown_alone(struct keeper *keeper, int code, uint32_t grace_ms);
void shutdown_timers(struct keeper *keeper, uint64_t now);
uint64_t shutdown_due(const struct keeper *keeper);

#endif
