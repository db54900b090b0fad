/*
 * The protocol between the keeper (jinitd, C) and the manager (JVM).
 *
 * Transport: a SOCK_SEQPACKET pair; the manager has its end as descriptor 3. One packet is one message, a
 * struct of fixed size that begins with struct keeper_header. Byte order is the machine's. Every field is
 * aligned to its size, padding is explicit and zero. Descriptors ride in SCM_RIGHTS. A message whose version,
 * type, size or number of descriptors is not as said here is dropped with its descriptors closed, and logged.
 * The Java side is org.jinit.linux.KeeperProtocol; KeeperProtocolTest compares the sizes and offsets.
 *
 * Conversation:
 *  - The manager sends HELLO first. The keeper answers WELCOME, then every SLOT and STORED it has, then SYNCED.
 *    All other messages before HELLO are dropped.
 *  - The keeper sends level-triggered from its tables: a state may be skipped when a later one has come (FORKED
 *    and EXECUTED need not be seen of a process that is gone), but the last one is always told, again at every
 *    HELLO, until it is acknowledged. A SLOT may be told again unchanged. Nothing it has to say is lost because the link is full or absent.
 *  - The keeper reads no further requests while 64 refusals wait to be sent.
 *  - The manager answers every PING with PONG. PING comes after 30 s without any message from the manager; 10 s
 *    later a manager that said nothing is killed and started anew.
 */
#ifndef JINIT_PROTOCOL_H
#define JINIT_PROTOCOL_H

#include <assert.h>
#include <stdint.h>

enum {
    KEEPER_VERSION = 1,
    KEEPER_LINK_FD = 3,            /* the manager's end of the link */
    KEEPER_LABEL_SIZE = 192,       /* opaque to the keeper, padded with zeros by convention */
    KEEPER_DETAIL_SIZE = 128,      /* text, cut to fit, always NUL-terminated */
    KEEPER_MAX_SPAWN_FDS = 250,    /* besides the memfd */
    KEEPER_MAX_MESSAGE = 1024,     /* no message is larger */
    KEEPER_MAX_PLAN = 4 << 20,     /* bytes of a spawn memfd */
    KEEPER_MAX_STRINGS = 65536,    /* of argv and of envp, each */
    KEEPER_LAST_ORPHANS = 64,
};

struct keeper_header {
    uint16_t version; /* KEEPER_VERSION */
    uint16_t type;    /* enum keeper_type */
    uint32_t size;    /* of the whole message, this header included */
};

enum keeper_type {
    /* manager to keeper */
    KEEPER_HELLO = 1,
    KEEPER_SPAWN = 2,
    KEEPER_ACK = 3,
    KEEPER_WATCH = 4,
    KEEPER_RELEASE = 5,
    KEEPER_STORE_PUT = 6,
    KEEPER_STORE_DROP = 7,
    KEEPER_PONG = 8,
    KEEPER_ENDING = 9,
    KEEPER_EXIT = 10,
    KEEPER_READY = 11,
    /* keeper to manager */
    KEEPER_WELCOME = 33,
    KEEPER_SLOT = 34,
    KEEPER_STOPPED = 35,
    KEEPER_ORPHANS = 36,
    KEEPER_SIGNAL = 37,
    KEEPER_STORED = 38,
    KEEPER_SYNCED = 39,
    KEEPER_PING = 40,
    KEEPER_REFUSED = 41,
};

/* ---- manager to keeper ---- */

/* HELLO. No descriptor. */
struct keeper_hello {
    struct keeper_header header;
    uint32_t version; /* must be KEEPER_VERSION */
    uint32_t reserved;
};

/*
 * SPAWN. Descriptors: the plan (a memfd with all of F_SEAL_SHRINK, GROW, WRITE and SEAL), then up to 250 that the
 * plan speaks of by index, 0 being the first after the memfd. A label that already has a slot gets that slot told
 * again and spawns nothing. Otherwise the answer is a SLOT, or REFUSED when there is no slot, no descriptor or no
 * process to be had. What is wrong with the plan is told as a SLOT that FAILED at step PLAN.
 */
struct keeper_spawn {
    struct keeper_header header;
    uint64_t request; /* the manager's number, comes back in SLOT and REFUSED */
    uint8_t label[KEEPER_LABEL_SIZE];
};

/* ACK. A slot whose told state is final (FAILED or EXITED) is freed when that state is acknowledged. */
struct keeper_ack {
    struct keeper_header header;
    uint64_t slot;
    uint32_t state; /* enum keeper_state, as told */
    uint32_t reserved;
};

/* WATCH. One descriptor: the pidfd of a process that is not a slot's. Makes a slot in state WATCHED. */
struct keeper_watch {
    struct keeper_header header;
    uint64_t request;
    uint8_t label[KEEPER_LABEL_SIZE];
};

/* RELEASE. Frees a slot that is WATCHED or final; nothing happens to the process. */
struct keeper_release {
    struct keeper_header header;
    uint64_t slot;
};

/* STORE_PUT with one descriptor, which replaces that of the same label; STORE_DROP without any. */
struct keeper_store {
    struct keeper_header header;
    uint8_t label[KEEPER_LABEL_SIZE];
};

/* PONG, and PING of the keeper. */
struct keeper_ping {
    struct keeper_header header;
    uint64_t challenge; /* of the PING that is answered */
};

enum keeper_exit_flag {
    KEEPER_EXIT_KILL = 1, /* KILL what is left (slots, adopted children, tagged processes) before the exit */
};

/*
 * ENDING: the shutdown has begun. From now on a manager that is lost is not started again; the keeper then sends
 * TERM to all it has, waits for grace_ms, KILLs the rest and exits with code.
 * EXIT: the manager has stopped what it wanted to stop; the keeper waits up to 2 s for the manager's end (and with
 * KEEPER_EXIT_KILL for that of all it killed) and exits with code. The only ordered exit of a manager.
 */
struct keeper_exit {
    struct keeper_header header;
    int32_t code; /* 0..255 */
    uint32_t flags;
    uint32_t grace_ms; /* ENDING: at most 600,000; EXIT: 0 */
    uint32_t reserved;
};

enum keeper_readiness {
    KEEPER_LISTENING = 1, /* the definitions are loaded and the control socket answers */
    KEEPER_SETTLED = 2,   /* and the boot set has settled */
};

/*
 * READY: how far the manager has come; each of it once. The keeper passes it on to a launcher that waits (--detach).
 * While one waits, the manager's standard input is a pipe to it, for what it has to be told; the manager closes that
 * before it says READY. Added to version 1: a keeper that does not know it drops it.
 */
struct keeper_ready {
    struct keeper_header header;
    uint32_t state; /* enum keeper_readiness */
    uint32_t reserved;
};

/* ---- keeper to manager ---- */

enum keeper_welcome_flag {
    KEEPER_WELCOME_PID1 = 1,      /* the keeper is PID 1 of its namespace */
    KEEPER_WELCOME_SUBREAPER = 2, /* else: orphans of its descendants come to it */
    KEEPER_WELCOME_AGAIN = 4,     /* a manager had said HELLO to this keeper before */
};

/*
 * WELCOME. Two descriptors, both sealed memfds of NUL-terminated strings: the keeper's original environment, and
 * its argv. The tag of a service is (uint64_t)tag_prefix << 32 | number, number from 1 as the manager chooses; the
 * prefix is drawn at the keeper's start, 1..0x7ffffffe, and is the second line of the file "lock" in the run directory
 * (the first is the keeper's pid).
 */
struct keeper_welcome {
    struct keeper_header header;
    uint32_t version;
    uint32_t flags;
    int32_t keeper_pid;
    uint32_t manager_starts;  /* how often a manager was started, this one included */
    uint64_t keeper_start;    /* field 22 of /proc/self/stat: clock ticks after boot */
    uint64_t pid_namespace;   /* inode of /proc/self/ns/pid, 0 if unknown */
    uint8_t boot_id[40];      /* text, NUL-terminated; empty if unknown */
    uint32_t tag_prefix;
    uint32_t max_slots;
    uint32_t slots;           /* SLOT messages that follow before SYNCED, at most */
    uint32_t stored;          /* STORED messages that follow before SYNCED */
    uint64_t nofile_soft;     /* the limits of descriptors the keeper was started with, and services get */
    uint64_t nofile_hard;
};

enum keeper_state {
    KEEPER_FORKED = 1,   /* the child prepares itself */
    KEEPER_EXECUTED = 2, /* execve succeeded */
    KEEPER_FAILED = 3,   /* a step failed and the child is gone; step, error, detail; final */
    KEEPER_EXITED = 4,   /* the process is gone and reaped; wait_status; final */
    KEEPER_WATCHED = 5,  /* lives and is not the keeper's child by birth */
};

enum keeper_slot_flag {
    KEEPER_SLOT_EXECUTED = 1,       /* execve had succeeded; EXITED without it: killed before exec */
    KEEPER_SLOT_WATCHED = 2,        /* made by WATCH */
    KEEPER_SLOT_STATUS_UNKNOWN = 4, /* EXITED, but the wait status could not be learnt */
    KEEPER_SLOT_INTERPRETER = 8,    /* FAILED at EXEC: detail names the missing interpreter of the script */
};

/*
 * SLOT. When told for the first time on a link: one descriptor, the pidfd, unless the process had been reaped before.
 */
struct keeper_slot {
    struct keeper_header header;
    uint64_t slot;       /* never 0, never used twice by one keeper */
    uint64_t request;    /* of the SPAWN or WATCH that made it */
    uint32_t state;
    uint32_t flags;
    int32_t pid;
    int32_t wait_status; /* as of wait(2) */
    uint32_t step;       /* enum spawn_step, when FAILED */
    int32_t error;       /* errno, when FAILED; 0: the value is refused */
    uint64_t pid_inode;  /* st_ino of the pidfd: unique until reboot since Linux 6.9 */
    uint64_t changed_ns; /* CLOCK_MONOTONIC of the last change of state */
    uint8_t label[KEEPER_LABEL_SIZE];
    char detail[KEEPER_DETAIL_SIZE];
};

/*
 * STOPPED: a slot's process (slot not 0), or an adopted child (slot 0, one descriptor: its pidfd, if it is still
 * to be had), was stopped by a signal. A slot's stop is told again at HELLO while it lasts; of adopted ones the last 64.
 */
struct keeper_stopped {
    struct keeper_header header;
    uint64_t slot;
    int32_t pid;
    int32_t signal;
};

struct keeper_orphan {
    int32_t pid;
    int32_t wait_status;
};

/* ORPHANS: adopted children that died and were reaped. The newest entry is the last one. */
struct keeper_orphans {
    struct keeper_header header;
    uint64_t total; /* since the keeper's start */
    uint32_t count; /* entries that are filled: the newest min(total, 64) */
    uint32_t reserved;
    struct keeper_orphan last[KEEPER_LAST_ORPHANS];
};

/* SIGNAL: the keeper got HUP INT QUIT TERM USR1 USR2 or PWR. */
struct keeper_signal {
    struct keeper_header header;
    int32_t signal;
    int32_t pid;    /* of the last sender, 0 from outside the namespace or the kernel */
    uint32_t uid;
    uint32_t count; /* since it was last told */
};

/* STORED: one descriptor of the store. */
struct keeper_stored {
    struct keeper_header header;
    uint8_t label[KEEPER_LABEL_SIZE];
};

/* SYNCED: all that was there at HELLO has been told. */
struct keeper_synced {
    struct keeper_header header;
};

enum keeper_refusal {
    KEEPER_NO_SLOT = 1,       /* all slots are taken */
    KEEPER_NO_DESCRIPTOR = 2, /* pipe or pidfd: error */
    KEEPER_NO_PROCESS = 3,    /* fork: error */
    KEEPER_IS_ENDING = 4,     /* EXIT was received */
    KEEPER_BAD_REQUEST = 5,   /* descriptors are missing, or not of the kind */
};

/* REFUSED: the answer to a SPAWN or WATCH that got no slot, or a STORE_PUT that found no room (request 0). */
struct keeper_refused {
    struct keeper_header header;
    uint64_t request;
    uint32_t reason;
    int32_t error;
};

/* ---- the plan: what the child does between fork and exec ---- */

/*
 * The steps, in the order in which they are done. A step that nothing was asked of makes no system call. Numbers are
 * part of the protocol: names are added at the end of the numbers, wherever they stand in the order.
 */
enum spawn_step {
    STEP_PLAN = 0,       /* the memfd is not sealed, or a count or offset in it is wrong */
    STEP_CGROUP = 1,     /* and cgroup namespace */
    STEP_SESSION = 2,
    STEP_TERMINAL = 3,
    STEP_SCHEDULING = 4, /* nice, I/O priority, CPU affinity */
    STEP_OOM_SCORE = 5,
    STEP_ACCOUNT = 6,    /* look up user, group, groups; detail names what is missing; error 0: no such */
    STEP_ROOT = 7,
    STEP_GROUPS = 8,
    STEP_DESCRIPTORS = 9,
    STEP_LIMITS = 10,
    STEP_GROUP = 11,
    STEP_USER = 12,
    STEP_NO_NEW_PRIVILEGES = 13,
    STEP_DIRECTORY = 14,
    STEP_UMASK = 15,
    STEP_ENVIRONMENT = 16,
    STEP_SIGNALS = 17,
    STEP_EXEC = 18,      /* detail: the path tried last, or the interpreter (KEEPER_SLOT_INTERPRETER) */
    STEP_COUNT = 19
};

enum plan_flag {
    PLAN_SESSION = 1,             /* setsid */
    PLAN_TERMINAL_TAKE = 2,       /* steal the terminal from the session that has it */
    PLAN_NICE = 4,
    PLAN_IO_PRIORITY = 8,
    PLAN_OOM_SCORE = 16,
    PLAN_DATABASE_GROUPS = 32,    /* the supplementary groups of the user database, besides those given */
    PLAN_UMASK = 64,
    PLAN_TAG = 128,               /* soft RLIMIT_LOCKS becomes tag */
    PLAN_NO_NEW_PRIVILEGES = 256,
    PLAN_LISTEN_PID = 512,        /* LISTEN_PID=, and LISTEN_PIDFDID= where the kernel has it, become the child's */
    PLAN_WATCHDOG_PID = 1024,     /* WATCHDOG_PID= becomes the child's */
    PLAN_ACCOUNT_ENVIRONMENT = 2048, /* HOME USER LOGNAME SHELL of the user, where the environment lacks them */
    PLAN_ALL_FLAGS = 4095
};

/* count items from offset on. Strings: NUL-terminated, one after the other. Structs: aligned to 8. */
struct plan_span {
    uint32_t offset;
    uint32_t count;
};

enum plan_fd_flag {
    PLAN_FD_OWN = 1, /* fchown to the service's uid and gid, mode 0600: so that /dev/stdout can be opened again */
};

/* One descriptor of the service. Targets must differ. 0, 1, 2 not named here are the terminal, or /dev/null. */
struct plan_fd {
    int32_t target; /* 0..1023 */
    uint32_t index; /* of the passed descriptors */
    uint32_t flags;
    uint32_t reserved;
};

struct plan_limit {
    uint32_t resource; /* RLIMIT_*; not RLIMIT_LOCKS together with PLAN_TAG */
    uint32_t reserved;
    uint64_t soft;     /* UINT64_MAX: unlimited */
    uint64_t hard;
};

enum { PLAN_MAGIC = 0x4e50534a /* "JSPN" */ };

/*
 * The head of the memfd. The memfd's last byte is 0, so that every string in it ends. Single strings are offsets, 0
 * means not given. Users and groups are names, or numbers in decimal (those need no entry in the database, but a
 * user's number without entry needs a group).
 */
struct plan {
    uint32_t magic;
    uint16_t version;       /* KEEPER_VERSION */
    uint16_t head_size;     /* sizeof (struct plan) */
    uint32_t size;          /* of the memfd */
    uint32_t flags;
    struct plan_span argv;  /* at least one; argv[0] without a slash is looked for in PATH of environment */
    struct plan_span environment; /* NAME=value each */
    struct plan_span groups;      /* supplementary groups, strings */
    struct plan_span fds;         /* struct plan_fd, at most 250 */
    struct plan_span limits;      /* struct plan_limit, at most 16 */
    struct plan_span affinity;    /* bytes, at most 128: bit n of byte k stands for CPU 8k+n */
    uint32_t executable;    /* the file to execute, when it is not argv[0] */
    uint32_t user;
    uint32_t group;
    uint32_t directory;
    uint32_t root;
    uint32_t terminal;
    uint32_t notify_socket; /* chowned to the service's uid and gid */
    int32_t cgroup_index;   /* passed descriptor of cgroup.procs, gets "0"; -1: none */
    int32_t nice;
    int32_t oom_score;
    uint32_t io_priority;   /* as of ioprio_set(2) */
    uint32_t umask;
    int32_t namespace_index; /* passed descriptor of a cgroup namespace to enter; -1: none */
    uint32_t reserved;
    uint64_t tag;
    uint64_t ignored_signals; /* bit (n-1) for signal n: ignored; every other one has its default action */
    uint64_t blocked_signals; /* the signal mask */
};

static_assert(sizeof(struct keeper_header) == 8, "layout");
static_assert(sizeof(struct keeper_hello) == 16, "layout");
static_assert(sizeof(struct keeper_spawn) == 208, "layout");
static_assert(sizeof(struct keeper_ack) == 24, "layout");
static_assert(sizeof(struct keeper_watch) == 208, "layout");
static_assert(sizeof(struct keeper_release) == 16, "layout");
static_assert(sizeof(struct keeper_store) == 200, "layout");
static_assert(sizeof(struct keeper_ping) == 16, "layout");
static_assert(sizeof(struct keeper_exit) == 24, "layout");
static_assert(sizeof(struct keeper_ready) == 16, "layout");
static_assert(sizeof(struct keeper_welcome) == 112, "layout");
static_assert(sizeof(struct keeper_slot) == 64 + 192 + 128, "layout");
static_assert(sizeof(struct keeper_stopped) == 24, "layout");
static_assert(sizeof(struct keeper_orphans) == 536, "layout");
static_assert(sizeof(struct keeper_signal) == 24, "layout");
static_assert(sizeof(struct keeper_stored) == 200, "layout");
static_assert(sizeof(struct keeper_refused) == 24, "layout");
static_assert(sizeof(struct plan_fd) == 16, "layout");
static_assert(sizeof(struct plan_limit) == 24, "layout");
static_assert(sizeof(struct plan) == 144, "layout");

#endif
