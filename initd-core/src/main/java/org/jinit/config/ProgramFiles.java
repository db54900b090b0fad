package org.jinit.config;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Looks at programs on this machine. */
public final class ProgramFiles {
    private ProgramFiles() {}

    /** Why the file at this absolute path cannot be executed; null if it can, as far as can be seen. */
    public static @Nullable String problemOf(String path) {
        Path file;
        try {
            file = Path.of(path);
        } catch (java.nio.file.InvalidPathException e) {
            return "this is no path";
        }
        if (!Files.exists(file)) {
            return "no such file";
        }
        if (Files.isDirectory(file)) {
            return "it is a directory";
        }
        return Files.isExecutable(file) ? null : "it is not executable";
    }
}
