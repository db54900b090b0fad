/* What the parts of the test daemon share. */
#ifndef SERV_H
#define SERV_H

#include <stdbool.h>
#include <sys/types.h>

/* Ends the program with 120 unless ok. */
void check(bool ok, const char *what);
/* CLOCK_MONOTONIC. */
long long now_nanos(void);
void pause_millis(long millis);
/* Ends argument at its first colon and gives what follows, or the other text when there is none. */
char *split(char *arg, const char *otherwise);
/* fork; the child has no signal blocked and no handler of its parent's. */
pid_t spawn(void);
/* Executes a word about notification. False when the name is none of them. */
bool run_notify(const char *name, char *arg);

#endif
