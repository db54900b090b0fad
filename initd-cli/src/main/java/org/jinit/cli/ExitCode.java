package org.jinit.cli;

/** What jinitctl ends with. */
final class ExitCode {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NOT_RUNNING = 3;
    static final int NO_SUCH_SERVICE = 4;
    /** jinitd cannot be reached, or does not permit it. */
    static final int UNREACHABLE = 5;

    private ExitCode() {}
}
