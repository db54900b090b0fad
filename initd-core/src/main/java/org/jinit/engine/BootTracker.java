package org.jinit.engine;

import java.util.ArrayList;
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
        if (target != null) {
            ServiceCell cell = board.catalogs.known(target);
            if (cell != null) {
                wake(cell);
            } else {
                board.emit(new Effect.Warn(target, "cannot start it at boot: no such service"));
            }
        } else {
            for (ServiceCell cell : new ArrayList<>(board.cells.values())) {
                if (board.catalogs.enabled(cell)) {
                    wake(cell);
                }
            }
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

    private void wake(ServiceCell cell) {
        if (board.requests.wouldConflict(cell)) {
            board.warn(cell, "cannot start it at boot: a service that conflicts is started");
            return;
        }
        cell.boot = true;
        cell.upCause = new Cause.ByBoot();
        board.intent(cell);
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
