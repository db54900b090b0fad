package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The helper program that gives pids of one's choice to processes which are none of jinitd's business, and records every signal that one
 * of them gets. Some of them live on for a while, so that late signals are seen too.
 */
final class Strangers implements AutoCloseable {
    private static final int LIVING = 40;

    private final Varlink connection;
    private final Deque<Integer> living = new ArrayDeque<>();
    private int asked;
    private int taken;

    Strangers(Box box) {
        Path socket = box.root("/run/box/strangers.socket");
        box.spawnInside("strangers.out", "/run/box/strangers", "/run/box/strangers.socket");
        connection =
                Await.value("the strangers' helper listens", () -> Files.exists(socket) ? connected(socket) : null);
    }

    private static @Nullable Varlink connected(Path socket) {
        try {
            return new Varlink(socket);
        } catch (UncheckedIOException e) {
            // It is bound, but does not listen yet.
            return null;
        }
    }

    /** Orders that a stranger get this pid once nobody has it; {@link #await} tells whether one did. */
    void order(String how, int pid) {
        try {
            connection.send(how + " " + pid);
            asked = pid;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for what was ordered. */
    void await() {
        assertThat(answer()).as("how a stranger got pid %d", asked).isEqualTo("taken");
        taken++;
        living.add(asked);
        if (living.size() > LIVING) {
            ask("end " + living.removeFirst());
        }
    }

    /** A stranger gets this pid. */
    void take(int pid) {
        order("take", pid);
        await();
    }

    /** How many pids were given to strangers. */
    int taken() {
        return taken;
    }

    /** What signals strangers got: "untouched" and how many live now, or "touched" and each signal. */
    String report() {
        return ask("check");
    }

    /** Ends those that live, after a last look at each. */
    void endAll() {
        while (!living.isEmpty()) {
            ask("end " + living.removeFirst());
        }
    }

    private String ask(String line) {
        try {
            connection.send(line);
            return answer();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String answer() {
        try {
            String answer = connection.receive();
            if (answer == null) {
                throw new IOException("the strangers' helper ended");
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
