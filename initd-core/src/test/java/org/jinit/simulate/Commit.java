package org.jinit.simulate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Which commit is checked out, read from the files of git: a seed says something about the sources that it was found with only. */
final class Commit {
    private static final String UNKNOWN = "unknown";
    private static final String REFERENCE = "ref: ";
    private static final String WORK_TREE = "gitdir: ";

    private Commit() {}

    /** {@code unknown} outside a checkout. What is changed and not committed is not seen. */
    static String current() {
        return of(Path.of("").toAbsolutePath());
    }

    static String of(Path directory) {
        for (Path at = directory; at != null; at = at.getParent()) {
            Path git = at.resolve(".git");
            if (Files.exists(git)) {
                try {
                    String commit = head(git);
                    return commit == null ? UNKNOWN : commit;
                } catch (IOException e) {
                    return UNKNOWN;
                }
            }
        }
        return UNKNOWN;
    }

    private static @Nullable String head(Path git) throws IOException {
        Path own = git;
        if (Files.isRegularFile(git)) {
            own = git.resolveSibling(text(git).substring(WORK_TREE.length()));
        }
        String head = text(own.resolve("HEAD"));
        if (!head.startsWith(REFERENCE)) {
            return head;
        }
        String name = head.substring(REFERENCE.length());
        Path commonDir = own.resolve("commondir");
        Path common = Files.exists(commonDir) ? own.resolve(text(commonDir)) : own;
        if (Files.exists(common.resolve(name))) {
            return text(common.resolve(name));
        }
        return Files.readAllLines(common.resolve("packed-refs"))
                .stream()
                .filter(line -> line.endsWith(" " + name))
                .map(line -> line.substring(0, line.indexOf(' ')))
                .findFirst()
                .orElse(null);
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file).strip();
    }
}
