/*
 * tracer PID FILE [exit]: a stranger with a debugger. Stops the process, or with "exit" lets it run and holds it at its very end, where not
 * even KILL ends it. Creates FILE when it has it. Lets it go when it is killed itself.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    pid_t pid = argc > 2 ? atoi(argv[1]) : 0;
    int at_end = argc > 3 && strcmp(argv[3], "exit") == 0;
    if (ptrace(PTRACE_SEIZE, pid, NULL, at_end ? PTRACE_O_TRACEEXIT : 0) != 0 || (!at_end && ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) != 0)) {
        perror("tracer: cannot trace");
        return 120;
    }
    if (!at_end)
        waitpid(pid, NULL, __WALL);
    close(open(argv[2], O_CREAT | O_WRONLY, 0644));
    for (;;)
        pause();
}
