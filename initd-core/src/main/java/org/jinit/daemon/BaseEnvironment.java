package org.jinit.daemon;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What every service's environment begins with: jinitd's own less what belongs to jinitd alone, or a few harmless names. */
final class BaseEnvironment {
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final Set<String> HARMLESS = Set.of("PATH", "LANG", "TZ", "TERM");
    /** Told by our own parent to us; a child that believed them would talk to it, or drop its descriptors. */
    private static final Set<String> STRIPPED = Set.of(
            "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS",
            "LISTEN_FDNAMES", "FDSTORE", "MAINPID", "MANAGERPID", "INVOCATION_ID", "JOURNAL_STREAM",
            "SYSTEMD_EXEC_PID", "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS", "PIDFILE", "REMOTE_ADDR", "REMOTE_PORT",
            "JINIT_READY_FD", "UPSTART_JOB", "UPSTART_INSTANCE", "UPSTART_EVENTS", "UPSTART_STOP_EVENTS");

    private BaseEnvironment() {}

    /** @param original NAME=value each, as the keeper was started with @param inherit all but the stripped ones */
    static Map<String, String> of(List<String> original, boolean inherit) {
        Map<String, String> base = new TreeMap<>();
        for (String assignment : original) {
            int equals = assignment.indexOf('=');
            if (equals <= 0) {
                continue;
            }
            String name = assignment.substring(0, equals);
            boolean wanted = inherit ? !STRIPPED.contains(name) : HARMLESS.contains(name) || name.startsWith("LC_");
            if (wanted) {
                base.put(name, assignment.substring(equals + 1));
            }
        }
        base.putIfAbsent("PATH", DEFAULT_PATH);
        return Collections.unmodifiableMap(base);
    }

    /** The value that jinitd itself was given, stripped from services or not. */
    static String original(List<String> original, String name) {
        String prefix = name + "=";
        for (String assignment : original) {
            if (assignment.startsWith(prefix)) {
                return assignment.substring(prefix.length());
            }
        }
        return "";
    }
}
