package org.jinit.engine;

import org.jspecify.annotations.Nullable;

/**
 * What the engine knows and a process is told in its environment.
 *
 * @param mainPid MAINPID, 0 when unknown; for the eyes of commands only
 * @param result SERVICE_RESULT for stop and after-stop commands, else null
 * @param exitCode EXIT_CODE: exited, killed or dumped; null when no main process ended
 * @param exitStatus EXIT_STATUS: the number, or the signal's name without SIG
 * @param coreDumps false: RLIMIT_CORE is 0 for this run, for it crashes in a loop
 */
public record SpawnFacts(
        int mainPid,
        @Nullable String result,
        @Nullable String exitCode,
        @Nullable String exitStatus,
        boolean coreDumps) {}
