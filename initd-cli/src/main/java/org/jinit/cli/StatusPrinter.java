package org.jinit.cli;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jinit.protocol.ProcessInfo;
import org.jinit.protocol.ServiceStatus;

/** Services for people. */
final class StatusPrinter {
    private static final int LABEL = 11;
    /** Beyond this processes are not indented further. */
    private static final int MAX_DEPTH = 20;

    private final Terminal terminal;
    private final long nowMillis;

    StatusPrinter(Terminal terminal, long nowMillis) {
        this.terminal = terminal;
        this.nowMillis = nowMillis;
    }

    /** Whether a service is up: {@code status} ends with 3 when one is not. */
    static boolean isUp(ServiceStatus service) {
        return switch (service.state()) {
            case "running", "reloading", "done" -> true;
            default -> false;
        };
    }

    void table(List<ServiceStatus> services) {
        Table table = new Table();
        table.add(head("NAME"), head("STATE"), head("FOR"), headRight("PID"), headRight("RESTARTS"), head("CAUSE"));
        for (ServiceStatus service : services) {
            Integer pid = service.mainPid();
            table.add(
                    Table.Cell.of(service.name()),
                    new Table.Cell(service.state(), terminal.state(service.state()), false),
                    Table.Cell.of(Text.age(service.since(), nowMillis)),
                    Table.Cell.right(pid == null ? "-" : pid.toString()),
                    Table.Cell.right(Integer.toString(service.restarts())),
                    Table.Cell.of(Terminal.printable(service.cause()) + marks(service)));
        }
        table.lines().forEach(terminal::line);
    }

    private Table.Cell head(String text) {
        return new Table.Cell(text, terminal.paint(Terminal.Colour.FAINT, text), false);
    }

    private Table.Cell headRight(String text) {
        return new Table.Cell(text, terminal.paint(Terminal.Colour.FAINT, text), true);
    }

    private static String marks(ServiceStatus service) {
        return (service.changed() ? " [definition changed]" : "") + (service.newerOnDisk() ? " [newer on disk]" : "");
    }

    void details(ServiceStatus service) {
        String description = service.description() == null ? "" : " - " + Terminal.printable(service.description());
        terminal.line(terminal.paint(Terminal.Colour.BOLD, service.name()) + description);
        terminal.line(
                "  " + Text.padRight("state", LABEL) + terminal.state(service.state()) + " for "
                        + Text.age(service.since(), nowMillis) + ", since " + Text.moment(service.since()));
        entry("cause", service.cause());
        if (!service.waitingFor().isEmpty()) {
            entry("waits for", String.join(", ", service.waitingFor()));
        }
        entry("wanted", service.desired() + (service.enabled() ? ", starts at boot" : ", does not start at boot"));
        if (service.mainPid() != null) {
            entry("main pid", service.mainPid().toString());
        }
        ending(service);
        sayings(service);
        definition(service);
        processes(service);
        output(service);
    }

    private void ending(ServiceStatus service) {
        String last = service.exitCode() != null
                ? "exited with " + service.exitCode()
                : service.exitSignal() != null ? "killed by SIG" + service.exitSignal() : "";
        String result = service.result();
        boolean bad = result != null && !result.equals("success");
        if (bad || !last.isEmpty()) {
            String verdict = result == null ? "" : result;
            entry("last run", last.isEmpty() ? verdict : verdict.isEmpty() ? last : verdict + " (" + last + ")");
        }
        if (service.restarts() > 0) {
            entry("restarts", Integer.toString(service.restarts()));
        }
        if (service.crashes() > 0) {
            String story = service.lastCrash() == null ? "" : ", last: " + service.lastCrash();
            entry("crashes", service.crashes() + story);
        }
    }

    private void sayings(ServiceStatus service) {
        if (service.statusText() != null) {
            entry("says", "\"" + service.statusText() + "\"");
        }
        if (service.statusErrno() != 0) {
            entry("errno", Integer.toString(service.statusErrno()));
        }
        if (service.health() != null) {
            entry("health", service.health());
        }
        if (service.reloadResult() != null) {
            entry("reload", service.reloadResult());
        }
        for (String field : service.extra()) {
            entry("says", field);
        }
    }

    private void definition(ServiceStatus service) {
        if (service.changed()) {
            entry("changed", "it runs with an older definition than is loaded (restart it to use the new one)");
        }
        if (service.newerOnDisk()) {
            entry("changed", "its files are newer than what is loaded (jinitctl reload-config)");
        }
    }

    private void processes(ServiceStatus service) {
        List<ProcessInfo> tree = service.processTree();
        if (tree.isEmpty()) {
            return;
        }
        long memory = 0;
        double cpu = 0;
        for (ProcessInfo process : tree) {
            memory += process.memoryBytes();
            cpu += process.cpuSeconds();
        }
        String by = service.backend() == null ? "" : ", held by " + service.backend();
        entry("processes", tree.size() + by + ", " + Text.bytes(memory) + ", cpu " + Text.seconds(cpu));
        processTable(tree, LABEL + 2).forEach(terminal::line);
    }

    /** One line a process, children indented below their parents. */
    static List<String> processTable(List<ProcessInfo> tree, int indent) {
        Table table = new Table();
        Map<Integer, List<ProcessInfo>> children = new HashMap<>();
        Set<Integer> pids = new HashSet<>();
        tree.forEach(process -> pids.add(process.pid()));
        List<ProcessInfo> roots = new ArrayList<>();
        for (ProcessInfo process : tree) {
            boolean root = !pids.contains(process.parent()) || process.parent() == process.pid();
            (root ? roots : children.computeIfAbsent(process.parent(), _ -> new ArrayList<>())).add(process);
        }
        ArrayDeque<Placed> open = new ArrayDeque<>();
        roots.reversed().forEach(root -> open.push(new Placed(root, 0)));
        for (Placed next = open.poll(); next != null; next = open.poll()) {
            addRow(table, next);
            // Removed, so that pids that go in circles end.
            List<ProcessInfo> below = children.remove(next.process().pid());
            int depth = Math.min(next.depth() + 1, MAX_DEPTH);
            if (below != null) {
                below.reversed().forEach(child -> open.push(new Placed(child, depth)));
            }
        }
        List<String> lines = new ArrayList<>();
        table.lines().forEach(line -> lines.add(" ".repeat(indent) + line));
        return lines;
    }

    private record Placed(ProcessInfo process, int depth) {}

    private static void addRow(Table table, Placed placed) {
        ProcessInfo process = placed.process();
        String role = process.role() == null ? "" : " (" + process.role() + ")";
        table.add(
                Table.Cell.right(Integer.toString(process.pid())),
                Table.Cell.right(Text.bytes(process.memoryBytes())),
                Table.Cell.right(Text.seconds(process.cpuSeconds())),
                Table.Cell.of("  ".repeat(placed.depth()) + Terminal.printable(process.command()) + role));
    }

    private void output(ServiceStatus service) {
        if (service.lastLines().isEmpty()) {
            return;
        }
        entry("output", "");
        for (String line : service.lastLines()) {
            terminal.line("    " + terminal.paint(Terminal.Colour.FAINT, "| ") + Terminal.printable(line));
        }
    }

    private void entry(String label, String text) {
        String value = Terminal.printable(text);
        terminal.line(value.isEmpty() ? "  " + label : "  " + Text.padRight(label, LABEL) + value);
    }
}
