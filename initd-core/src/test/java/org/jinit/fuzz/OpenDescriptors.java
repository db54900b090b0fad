package org.jinit.fuzz;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which descriptors this process has. Those of the class path and the fuzzer, which come and go on their own, are left out. */
public final class OpenDescriptors {
    private static final File FD = new File("/proc/self/fd");
    private final Set<String> before = Set.of(numbers());

    private static String[] numbers() {
        String @Nullable [] names = FD.list();
        return names == null ? new String[0] : names;
    }

    /** Fails when one is open that was not when this was made. */
    public void assertNoMore() {
        if (!before.containsAll(Arrays.asList(numbers()))) {
            Check.same(more(), List.of(), "descriptors left open");
        }
    }

    private List<String> more() {
        List<String> more = new ArrayList<>();
        for (String number : numbers()) {
            String target = before.contains(number) ? "" : target(Path.of("/proc/self/fd", number));
            if (!target.isEmpty() && !target.endsWith(".jar") && !target.startsWith("/proc/")
                    && !target.endsWith("/modules") && !target.contains("/corpus")) {
                more.add(number + " " + target);
            }
        }
        return more;
    }

    private static String target(Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString();
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
