package org.jinit.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jspecify.annotations.Nullable;

/** {@code logs}: jinitd tells the last lines and the file; what follows is read from that. */
final class LogVerb {
    private static final int DEFAULT_LINES = 10;
    private static final int MAX_LINES = 100_000;
    private static final long POLL_MILLIS = 200;
    private static final int BUFFER = 64 * 1024;

    private LogVerb() {}

    static int run(Session session, Arguments arguments) throws Exception {
        String name = arguments.operands().getFirst();
        int lines = arguments.number("--lines", DEFAULT_LINES, 1, MAX_LINES);
        Answer.Lines answer;
        long from;
        try (ManagerClient client = session.connect()) {
            answer = client.call(new Call.Logs(name, lines), Answer.Lines::read);
            from = answer.file() == null ? 0 : size(Path.of(answer.file()));
        }
        if (session.json()) {
            session.printJson(out -> out.object(() -> answer.writeMembers(out)));
            return ExitCode.DONE;
        }
        answer.lines().forEach(session.terminal()::line);
        session.terminal().flush();
        if (!arguments.has("--follow")) {
            if (answer.lines().isEmpty() && answer.file() == null) {
                session.terminal()
                        .error("no output of " + name
                                + " is kept (its definition says where it goes: log: {to: file})");
            }
            return ExitCode.DONE;
        }
        if (answer.file() == null) {
            session.terminal().error("cannot follow the output of " + name + ": it is not kept in a file");
            return ExitCode.FAILED;
        }
        new Follower(session.terminal(), Path.of(answer.file()), from).follow();
        return ExitCode.DONE;
    }

    private static long size(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** Prints what is appended to a file, also after it was replaced by a new one. */
    static final class Follower {
        private final Terminal terminal;
        private final Path file;
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        private long position;
        private FileChannel channel;
        private @Nullable Object opened;

        Follower(Terminal terminal, Path file, long position) throws IOException {
            this.terminal = terminal;
            this.file = file;
            this.position = position;
            this.channel = FileChannel.open(file, StandardOpenOption.READ);
        }

        /** Until nobody reads any more, or jinitctl is interrupted. */
        void follow() throws IOException {
            try {
                while (!terminal.isGone()) {
                    step();
                    Thread.sleep(POLL_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                channel.close();
            }
        }

        /** Prints what is there now. */
        void step() throws IOException {
            boolean replaced = isReplaced();
            drain();
            if (replaced) {
                channel.close();
                channel = FileChannel.open(file, StandardOpenOption.READ);
                position = 0;
                drain();
            } else if (channel.size() < position) {
                position = 0;
                drain();
            }
        }

        private void drain() throws IOException {
            while (channel.read(buffer.clear(), position) > 0) {
                position += buffer.position();
                terminal.raw(StandardCharsets.UTF_8.decode(buffer.flip()));
            }
            terminal.flush();
        }

        private boolean isReplaced() throws IOException {
            try {
                Object now = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
                boolean replaced = opened != null && !Objects.equals(now, opened);
                opened = now;
                return replaced;
            } catch (NoSuchFileException e) {
                return false;
            }
        }
    }
}
