/* The command line: the keeper takes what is its own and hands the rest on, as --name=value, to the manager. */
#include "keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef JINIT_VERSION
#define JINIT_VERSION "0.1.0"
#endif

enum kind { FLAG, VALUE, OPTIONAL /* value, only with '=' */, SILENT /* flag, of the keeper alone */ };

struct known {
    const char *name, *value, *help;
    enum kind kind;
};

static const struct known known[] = {
    {"--config-dir", "DIR", "read definitions from DIR (/etc/jinit.d)", VALUE},
    {"--run-dir", "DIR", "keep sockets and state in DIR (/run/jinit)", VALUE},
    {"--log-dir", "DIR", "write the services' output below DIR (/var/log/jinit)", VALUE},
    {"--state-dir", "DIR", "keep what outlives a boot in DIR (/var/lib/jinit)", VALUE},
    {"--user", NULL, "run without root, in the XDG directories", FLAG},
    {"--target", "NAME", "start only NAME and what it needs", VALUE},
    {"--container", NULL, "behave as in a container", FLAG},
    {"--vm", NULL, "behave as in a virtual machine", FLAG},
    {"--inherit-environment", NULL, "give services the environment of jinitd", FLAG},
    {"--log-level", "LEVEL", "error, warn, info or debug", VALUE},
    {"--max-services", "N", "most processes at a time, 16..1000000 (16384)", VALUE},
    {"--manager", "FILE", "run FILE as the manager (for tests)", VALUE},
    {"--leftover", "WHAT", "kill (default) or refuse processes of a jinitd that died", VALUE},
    {"--detach", NULL, "run in the background; return when jinitd answers", SILENT},
    {"--wait-boot", NULL, "with --detach: return when the boot set has settled", SILENT},
    {"--no-chdir", NULL, "with --detach: stay in the working directory", SILENT},
    {"--pidfile", "FILE", "write the pid to FILE (jinitd.pid in the run directory)", OPTIONAL},
    {"--overwrite-pidfile", NULL, "replace a pid file that a running process has locked", SILENT},
    {"--monitor", NULL, "nothing: the manager is always started again", SILENT},
};

_Noreturn static void help(void) {
    puts("Usage: jinitd [OPTION]... [run -- COMMAND [ARGUMENT]...]\n"
         "Starts and keeps the services that are defined, or COMMAND as the main service.\n");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char left[40];
        bool optional = known[i].kind == OPTIONAL;
        snprintf(left, sizeof left, "%s%s%s%s%s", known[i].name, optional ? "[" : "", known[i].value ? "=" : "",
                 known[i].value ? known[i].value : "", optional ? "]" : "");
        printf("  %-24s %s\n", left, known[i].help);
    }
    puts("  --help                   show this\n  --version                show the version");
    exit(fflush(stdout) == 0 ? 0 : 1);
}

static const struct known *find(const char *argument, size_t length) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == length && strncmp(known[i].name, argument, length) == 0) return &known[i];
    return NULL;
}

static void hand_on(struct options *options, char *argument) {
    if (options->manager_argc == MAX_MANAGER_ARGS - 1) die(2, "cannot start: over %d arguments", MAX_MANAGER_ARGS - 2);
    options->manager_argv[options->manager_argc++] = argument;
}

static char *join(const char *first, const char *middle, const char *last) {
    char *text = NULL;
    if (asprintf(&text, "%s%s%s", first, middle, last) < 0) die(1, "cannot start: out of memory");
    return text;
}

static uint32_t number(const char *text) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || *text < '0' || *text > '9' || value < 16 || value > 1000000)
        die(2, "cannot start: --max-services takes a number from 16 to 1000000, not '%s'", text);
    return (uint32_t)value;
}

/* What is relative is so to the directory that jinitd was started in, whichever it goes to. */
static const char *absolute(const char *path) {
    if (*path == '/') return path;
    char *here = getcwd(NULL, 0);
    if (!here) die(1, "cannot find the working directory: %s", strerror(errno));
    const char *whole = join(here, "/", path);
    free(here);
    return whole;
}

/* The flags that the keeper acts upon itself. */
static void take_flag(struct options *options, const char *name) {
    if (strcmp(name, "--detach") == 0) options->detach = true;
    else if (strcmp(name, "--wait-boot") == 0) options->wait_boot = true;
    else if (strcmp(name, "--no-chdir") == 0) options->no_chdir = true;
    else if (strcmp(name, "--overwrite-pidfile") == 0) options->overwrite_pidfile = true;
}

static void take(struct options *options, const struct known *option, const char *value) {
    if (value && (strcmp(option->value, "DIR") == 0 || strcmp(option->name, "--manager") == 0)) value = absolute(value);
    if (option->kind == SILENT) {
        take_flag(options, option->name);
    } else if (strcmp(option->name, "--leftover") == 0) {
        options->refuse_leftovers = strcmp(value, "refuse") == 0;
        if (!options->refuse_leftovers && strcmp(value, "kill") != 0)
            die(2, "cannot start: --leftover takes kill or refuse, not '%s'", value);
    } else if (strcmp(option->name, "--pidfile") == 0) {
        options->pidfile = value ? value : "jinitd.pid";
    } else if (strcmp(option->name, "--max-services") == 0) {
        options->max_services = number(value);
    } else if (strcmp(option->name, "--manager") == 0) {
        options->manager = value;
    } else if (strcmp(option->name, "--run-dir") == 0) {
        options->run_dir = value;
    } else {
        if (strcmp(option->name, "--log-dir") == 0) options->log_dir = value;
        if (strcmp(option->name, "--user") == 0) options->user = true;
        hand_on(options, value ? join(option->name, "=", value) : (char *)(uintptr_t)option->name);
    }
}

/* Takes the option at argv[at]; returns the index of the next argument. */
static int parse_one(struct options *options, int at) {
    char *argument = options->argv[at];
    size_t length = strcspn(argument, "=");
    const struct known *option = find(argument, length);
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) help();
    if (strcmp(argument, "--version") == 0) {
        puts("jinitd " JINIT_VERSION);
        exit(fflush(stdout) == 0 ? 0 : 1);
    }
    if (!option && argument[0] != '-') die(2, "cannot start: unknown word '%s'; see jinitd --help", argument);
    if (!option) die(2, "cannot start: unknown option '%s'; see jinitd --help", argument);
    const char *value = argument[length] ? argument + length + 1 : NULL;
    if ((option->kind == FLAG || option->kind == SILENT) && value) die(2, "cannot start: %s takes no value", option->name);
    if (option->kind == VALUE && !value) value = options->argv[++at];
    if ((option->kind == VALUE && !value) || (value && !*value))
        die(2, "cannot start: %s needs a value (%s)", option->name, option->value);
    take(options, option, value);
    return at + 1;
}

static void resolve_run_dir(struct options *options) {
    const char *base = getenv("XDG_RUNTIME_DIR");
    if (!options->run_dir && options->user) {
        if (!base || *base != '/') die(1, "cannot start: XDG_RUNTIME_DIR is not set; set it or give --run-dir");
        options->run_dir = join(base, "/", "jinit");
    }
    if (!options->run_dir) options->run_dir = "/run/jinit";
    if (options->pidfile && *options->pidfile != '/')
        options->pidfile = join(options->run_dir, "/", options->pidfile);
}

/* As the manager finds it. */
static void resolve_log_dir(struct options *options) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (options->log_dir) return;
    if (!options->user) options->log_dir = "/var/log/jinit";
    else if (state && *state == '/') options->log_dir = join(state, "", "/jinit/log");
    else options->log_dir = absolute(join(home ? home : "", "", "/.local/state/jinit/log"));
}

static void check_together(const struct options *options, bool run) {
    if (options->wait_boot && !options->detach) die(2, "cannot start: --wait-boot needs --detach");
    if (options->overwrite_pidfile && !options->pidfile) die(2, "cannot start: --overwrite-pidfile needs --pidfile");
    if (options->detach && run)
        die(2, "cannot start: --detach and run exclude each other: nobody would see how the command ends");
}

void parse_options(struct options *options, int argc, char **argv) {
    *options = (struct options){.program = argv[0], .max_services = 16384, .argc = argc, .argv = argv};
    int at = 1;
    while (at < argc && strcmp(argv[at], "run") != 0) at = parse_one(options, at);
    check_together(options, at < argc);
    resolve_run_dir(options);
    resolve_log_dir(options);
    hand_on(options, join("--run-dir", "=", options->run_dir));
    if (at == argc) return;
    if (at + 2 >= argc || strcmp(argv[at + 1], "--") != 0)
        die(2, "cannot start: 'run' needs '--' and a command: jinitd run -- COMMAND");
    for (; at < argc; at++) hand_on(options, argv[at]);
}
