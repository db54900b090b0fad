/* What ps shows of us: the memory of our arguments, and the environment behind them, written over. */
#include "keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *start, *name;
static size_t room;

static char **copy(char **strings, char **end) {
    size_t count = 0;
    while (strings[count]) count++;
    char **copies = calloc(count + 1, sizeof *copies);
    if (!copies) return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strings[i] == *end) *end += strlen(strings[i]) + 1;
        copies[i] = strdup(strings[i]);
        if (!copies[i]) return NULL;
    }
    return copies;
}

/* Returns the arguments to use from now on; without memory for copies there will be no title. */
char **title_prepare(char **argv) {
    if (!argv[0]) return argv;
    char *end = argv[0];
    char **arguments = copy(argv, &end), **environment = copy(environ, &end);
    if (!arguments || !environment) return argv;
    start = argv[0];
    room = (size_t)(end - start);
    name = arguments[0];
    environ = environment;
    return arguments;
}

void title_set(const char *text) {
    if (!start || room < 2) return;
    memset(start, 0, room);
    snprintf(start, room, "%s: %s", name, text);
}
