package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** A process beside jinitd that is none of its business: it records every signal that it gets, and a KILL ends it. */
public final class Stranger {
    private final Box box;
    private final Process process;
    private final String file;
    private final int pid;

    Stranger(Box box, Process process, String file) {
        this.box = box;
        this.process = process;
        this.file = file;
        this.pid = Await
                .value("the stranger is there", () -> box.marks(file).isEmpty() ? null : box.marks(file).getFirst())
                .pid();
    }

    /** Inside the box. */
    public int pid() {
        return pid;
    }

    /** It lives, and no signal ever came. */
    public void assertUntouched() {
        assertThat(process.isAlive()).as("stranger %d lives", pid).isTrue();
        assertThat(signals()).as("signals that stranger %d got", pid).isEmpty();
    }

    /** The names of the signals that it got. */
    public List<String> signals() {
        return box.marks(file).stream().map(Mark::text).filter(text -> !text.equals("recording")).toList();
    }
}
