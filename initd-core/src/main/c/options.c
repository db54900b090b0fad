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

enum kind { FLAG, VALUE, LATER };

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
    {"--detach", NULL, NULL, LATER},
    {"--pidfile", NULL, NULL, LATER},
    {"--overwrite-pidfile", NULL, NULL, LATER},
    {"--no-chdir", NULL, NULL, LATER},
    {"--monitor", NULL, NULL, LATER},
    {"--wait-boot", NULL, NULL, LATER},
    {"--leftover", NULL, NULL, LATER},
};

_Noreturn static void help(void) {
    puts("Usage: jinitd [OPTION]... [run -- COMMAND [ARGUMENT]...]\n"
         "Starts and keeps the services that are defined, or COMMAND as the main service.\n");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].kind == LATER) continue;
        char left[40];
        snprintf(left, sizeof left, "%s%s%s", known[i].name, known[i].value ? "=" : "",
                 known[i].value ? known[i].value : "");
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

static void take(struct options *options, const struct known *option, const char *value) {
    if (strcmp(option->name, "--max-services") == 0) {
        options->max_services = number(value);
    } else if (strcmp(option->name, "--manager") == 0) {
        options->manager = value;
    } else if (strcmp(option->name, "--run-dir") == 0) {
        options->run_dir = value;
    } else {
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
    if (option->kind == LATER) die(2, "cannot start: %s is not supported yet", option->name);
    const char *value = argument[length] ? argument + length + 1 : NULL;
    if (option->kind == FLAG && value) die(2, "cannot start: %s takes no value", option->name);
    if (option->kind == VALUE && !value) value = options->argv[++at];
    if (option->kind == VALUE && (!value || !*value))
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
    if (*options->run_dir == '/') return;
    char *here = getcwd(NULL, 0);
    if (!here) die(1, "cannot find the working directory: %s", strerror(errno));
    options->run_dir = join(here, "/", options->run_dir);
    free(here);
}

void parse_options(struct options *options, int argc, char **argv) {
    *options = (struct options){.program = argv[0], .max_services = 16384, .argc = argc, .argv = argv};
    int at = 1;
    while (at < argc && strcmp(argv[at], "run") != 0) at = parse_one(options, at);
    resolve_run_dir(options);
    hand_on(options, join("--run-dir", "=", options->run_dir));
    if (at == argc) return;
    if (at + 2 >= argc || strcmp(argv[at + 1], "--") != 0)
        die(2, "cannot start: 'run' needs '--' and a command: jinitd run -- COMMAND");
    for (; at < argc; at++) hand_on(options, argv[at]);
}
