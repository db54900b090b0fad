/* What the keeper's test cases are written with: the manager's side of the protocol. */
#ifndef JINIT_KIT_H
#define JINIT_KIT_H

#include "protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { KIT_SEEN = 4096, KIT_LIST = 256, KIT_WAIT_MS = 20000 };

/* The last that was told of the slot of a request; requests are kept modulo KIT_SEEN. */
struct seen {
    bool valid;
    struct keeper_slot slot;
    int pidfd; /* -1: none came */
    unsigned told;
};

struct seen_fd {
    uint8_t label[KEEPER_LABEL_SIZE];
    int fd;
};

struct seen_stop {
    struct keeper_stopped stop;
    int pidfd;
};

/* All that the keeper said so far. */
struct kit {
    struct keeper_welcome welcome;
    int environment, arguments;
    struct seen seen[KIT_SEEN];
    struct keeper_orphans orphans;
    struct keeper_signal signals[65];
    struct keeper_refused refused[KIT_LIST];
    struct seen_stop stops[KIT_LIST];
    struct seen_fd stored[KIT_LIST];
    unsigned refused_count, stop_count, stored_count, pings, slots_told;
    bool synced, no_pong;
};

extern struct kit kit;

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) fail_at(__FILE__, __LINE__, #condition, __VA_ARGS__);                                        \
    } while (0)

_Noreturn void fail_at(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A plan under construction. */
struct building {
    char *bytes;
    size_t size;
    struct plan head;
};

struct building plan_new(void);
struct building plan_of(const char *const *argv, const char *const *environment);
uint32_t plan_text(struct building *plan, const char *text);
struct plan_span plan_strings(struct building *plan, const char *const *texts);
struct plan_span plan_items(struct building *plan, const void *items, uint32_t count, size_t item_size);
int plan_done(struct building *plan, bool seal);

void say_hello(void);
void send_to_keeper(const void *message, const int *fds, int count);
void send_spawn(uint64_t request, const char *label, int memfd, const int *fds, int count);
void spawn_plan(uint64_t request, struct building *plan, const int *fds, int count);
void spawn_command(uint64_t request, const char *const *argv);
void send_ack(uint64_t slot, uint32_t state);
void send_simple(uint16_t type, uint64_t value);
void send_store(uint16_t type, const char *label, int fd);
void send_watch(uint64_t request, const char *label, int pidfd);
_Noreturn void send_exit(uint16_t type, int code, uint32_t flags, uint32_t grace_ms);
bool pump(int timeout_ms);
struct seen *await(uint64_t request, uint32_t state);
struct seen *await_and_ack(uint64_t request);
struct seen *seen_of(uint64_t request);
bool until(bool (*done)(void), int timeout_ms);
int signal_pidfd(int pidfd, int signal);
int open_pidfd(pid_t pid);
uint64_t clock_ns(void);
size_t read_all(int fd, char *text, size_t size);
long status_number(pid_t pid, const char *key);
int open_fds(pid_t pid);
int zombies_of(pid_t parent);
void full_pipe(int fds[2]);
const char *self_path(void);

#define COMMAND(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A case is the manager of a keeper; it ends by returning (the keeper then exits 0) or by send_exit. */
struct test_case {
    const char *name;
    void (*run)(void);
    int expected;        /* exit code of jinitd */
    int (*outside)(pid_t keeper); /* runs beside it in the parent of the keeper, or NULL; 0 is success */
    unsigned how;        /* enum how */
    const char *options[6]; /* of jinitd, besides the usual ones */
};

enum how { HOW_NO_CLONE3 = 1, HOW_PID1 = 2, HOW_LONG = 4, HOW_BENCH = 8, HOW_NO_SETSID = 16, HOW_SMALL = 32,
    HOW_USER = 64, HOW_NO_SETUID = 128, HOW_NO_PRCTL = 256 };

extern const struct test_case spawn_cases[], step_cases[], life_cases[], bulk_cases[], detach_cases[];
int write_samples(void);
int read_messages(void);
int read_plan(void);
int help_main(int argc, char **argv);
pid_t pid_in(const char *path);
void note_pid(const char *path, pid_t pid);
int output_of_keeper(const char *const *argv, char *text, size_t size);
void wait_for_go(void);

#endif
