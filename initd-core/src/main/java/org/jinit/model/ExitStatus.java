package org.jinit.model;

/** How a process ended. */
public sealed interface ExitStatus {
    /** It called exit; 0 to 255. */
    record Exited(int code) implements ExitStatus {}

    /** A signal ended it; {@code core}: it dumped core. */
    record Killed(int signal, boolean core) implements ExitStatus {}

    /** It ended, nobody can say how: it was no child of the keeper and the kernel does not tell (before Linux 6.15). */
    record Unknown() implements ExitStatus {}

    /** Decodes wait(2)'s status word. */
    static ExitStatus ofWaitStatus(int status) {
        int signal = status & 0x7f;
        return signal == 0 ? new Exited((status >> 8) & 0xff) : new Killed(signal, (status & 0x80) != 0);
    }
}
