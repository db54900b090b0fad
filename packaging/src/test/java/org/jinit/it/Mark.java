package org.jinit.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** One line that the test daemon appended to a file: what it said, who it was, and CLOCK_MONOTONIC. */
public record Mark(String text, int pid, int ppid, long nanos) {
    static List<Mark> read(Path file) {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            return Files.readAllLines(file).stream().map(Mark::parse).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Mark parse(String line) {
        String[] words = line.split(" ", -1);
        int last = words.length - 1;
        String text = String.join(" ", List.of(words).subList(0, last - 2));
        return new Mark(
                text,
                Integer.parseInt(words[last - 2]),
                Integer.parseInt(words[last - 1]),
                Long.parseLong(words[last]));
    }
}
