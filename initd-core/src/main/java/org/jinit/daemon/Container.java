package org.jinit.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether this is a container: $container, the files that engines leave, or a pid namespace that is not the initial one. */
final class Container {
    /** PROC_PID_INIT_INO of the kernel. */
    private static final String INITIAL_PID_NAMESPACE = "pid:[4026531836]";

    private Container() {}

    static boolean isOne(List<String> environment) {
        return !BaseEnvironment.original(environment, "container").isEmpty()
                || Files.exists(Path.of("/run/.containerenv"))
                || Files.exists(Path.of("/.dockerenv"))
                || !inInitialPidNamespace();
    }

    private static boolean inInitialPidNamespace() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString().equals(INITIAL_PID_NAMESPACE);
        } catch (IOException e) {
            return true;
        }
    }
}
