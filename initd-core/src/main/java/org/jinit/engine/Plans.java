package org.jinit.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jinit.engine.Reply.PlanStep;
import org.jinit.engine.Transaction.Part;
import org.jinit.model.ServiceName;

/** What a transaction would do, in the order in which it would be begun, with a hash that another state or plan does not have. */
final class Plans {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private Plans() {}

    static Reply.Planned planned(Board board, Transaction transaction) {
        HashMap<ServiceName, Integer> order = new HashMap<>();
        for (ServiceName name : board.catalog.topologicalOrder()) {
            order.put(name, order.size());
        }
        ArrayList<PlanStep> steps = new ArrayList<>();
        ArrayList<ServiceCell> touched = new ArrayList<>();
        add(steps, touched, order, "stop", transaction.stops, true);
        add(steps, touched, order, "restart", transaction.restarts, true);
        add(steps, touched, order, "start", transaction.starts, false);
        long hash = FNV_OFFSET;
        for (PlanStep step : steps) {
            hash = mix(hash, step.action() + " " + step.service() + " " + step.why());
        }
        for (ServiceCell cell : touched) {
            hash = mix(hash, cell.name + " " + cell.state + " " + cell.generation + " " + cell.loaded.digest());
        }
        return new Reply.Planned(String.format("%016x", hash), List.copyOf(steps));
    }

    private static void add(
            List<PlanStep> steps,
            List<ServiceCell> touched,
            Map<ServiceName, Integer> order,
            String action,
            Map<ServiceCell, Part> parts,
            boolean reverse) {
        ArrayList<ServiceCell> cells = new ArrayList<>();
        for (ServiceCell cell : parts.keySet()) {
            boolean idle =
                    switch (action) {
                        case "stop" -> !cell.active();
                        case "restart" -> !cell.live();
                        default -> cell.satisfies() || cell.state == State.WAITING || cell.state == State.STARTING;
                    };
            touched.add(cell);
            if (!idle) {
                cells.add(cell);
            }
        }
        cells.sort((a, b) -> Integer.compare(order.getOrDefault(a.name, -1), order.getOrDefault(b.name, -1)));
        for (ServiceCell cell : reverse ? cells.reversed() : cells) {
            Part part = parts.get(cell);
            steps.add(new PlanStep(action, cell.name, part == null ? "" : part.why()));
        }
    }

    private static long mix(long hash, String text) {
        long mixed = hash;
        for (int i = 0; i < text.length(); i++) {
            mixed = (mixed ^ text.charAt(i)) * FNV_PRIME;
        }
        return (mixed ^ '\n') * FNV_PRIME;
    }
}
