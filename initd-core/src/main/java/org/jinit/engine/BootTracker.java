package org.jinit.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** Starts the boot set and tells, once, when all of it is ready, failed, skipped, or waits for a restart. */
final class BootTracker {
    private final Board board;
    private final ArrayList<ServiceCell> members = new ArrayList<>();
    private int pending;
    private boolean begun;
    private boolean settled;

    BootTracker(Board board) {
        this.board = board;
    }

    boolean settled() {
        return settled;
    }

    /** @param target null: everything that is enabled */
    void begin(@Nullable ServiceName target) {
        if (begun || board.shutdown.under()) {
            return;
        }
        begun = true;
        ArrayList<ServiceCell> chosen = new ArrayList<>();
        HashSet<ServiceCell> claimed = new HashSet<>();
        if (target != null) {
            ServiceCell cell = board.catalogs.known(target);
            if (cell != null) {
                chosen.add(cell);
            } else {
                board.emit(new Effect.Warn(target, "cannot start it at boot: no such service"));
            }
        } else {
            for (ServiceCell cell : board.cells.values()) {
                if (board.catalogs.enabled(cell) && claim(cell, claimed)) {
                    chosen.add(cell);
                }
            }
        }
        TransactionBuilder builder = new TransactionBuilder(board);
        builder.start(chosen, new Cause.ByBoot());
        Reply.Refused refusal = builder.build().refusal;
        if (refusal == null) {
            board.requests.apply(builder.build());
        } else if (target != null) {
            board.emit(new Effect.Warn(target, refusal.text()));
        }
        board.settle();
        for (ServiceCell cell : board.cells.values()) {
            if (cell.wantedUp()) {
                members.add(cell);
                if (!atRest(cell)) {
                    cell.bootPending = true;
                    pending++;
                }
            }
        }
    }

    /** Of two that cannot be up together the first by name wins. Needs no look when nothing conflicts. */
    private boolean claim(ServiceCell cell, HashSet<ServiceCell> claimed) {
        if (!board.catalogs.anyConflicts()) {
            return true;
        }
        LinkedHashSet<ServiceCell> needed = new LinkedHashSet<>(List.of(cell));
        ArrayDeque<ServiceCell> open = new ArrayDeque<>(needed);
        while (!open.isEmpty()) {
            ServiceCell next = open.remove();
            for (ServiceCell other : next.links.conflicts) {
                if (claimed.contains(other) || needed.contains(other)) {
                    board.warn(cell, "cannot start it at boot: " + next.name + " and " + other.name + " conflict");
                    return false;
                }
            }
            for (ServiceCell requirement : next.links.requires) {
                if (needed.add(requirement)) {
                    open.add(requirement);
                }
            }
        }
        claimed.addAll(needed);
        return true;
    }

    private static boolean atRest(ServiceCell cell) {
        return !cell.inMotion();
    }

    void changed(ServiceCell cell) {
        if (cell.bootPending && atRest(cell)) {
            cell.bootPending = false;
            pending--;
        }
    }

    /** Called at the end of each step. */
    void tell() {
        if (!begun || settled || pending > 0 || board.shutdown.under()) {
            return;
        }
        settled = true;
        int ready = 0;
        int failed = 0;
        for (ServiceCell cell : members) {
            if (cell.state == State.FAILED || cell.state == State.BACKOFF) {
                failed++;
            } else if (cell.satisfies()) {
                ready++;
            }
        }
        members.clear();
        board.emit(new Effect.BootSettled(ready, failed));
    }

}
