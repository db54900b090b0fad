package org.jinit.engine;

import java.util.ArrayList;
import org.jinit.engine.TimerKey.Purpose;
import org.jspecify.annotations.Nullable;

/** The end of everything: all services stop in reverse order, side by side where the order leaves it open; then Exit, once. */
final class Shutdown {
    private static final TimerKey TIMER = new TimerKey(null, Purpose.SHUTDOWN);

    private final Board board;
    private @Nullable String why;
    private int code;
    private boolean reboot;
    private boolean forced;
    private boolean timerArmed;
    private long deadlineNanos;
    private boolean exited;

    Shutdown(Board board) {
        this.board = board;
    }

    boolean under() {
        return why != null;
    }

    /** Exit was told: nothing happens any more. */
    boolean exited() {
        return exited;
    }

    /** TERM, INT or a person; the second time it loses patience. */
    void requested(String reason) {
        if (!under()) {
            begin(reason, 0, false);
        } else {
            force();
        }
    }

    /** The first reason gives the exit code. */
    void begin(String reason, int exitCode, boolean rebootAfter) {
        if (under()) {
            return;
        }
        why = reason;
        code = exitCode & 0xff;
        reboot = rebootAfter;
        Cause cause = new Cause.ByShutdown(reason);
        for (ServiceCell cell : new ArrayList<>(board.cells.values())) {
            board.jobs.supersede(cell, "jinitd is shutting down");
            board.desires.stop(cell, cause);
        }
        timerArmed = true;
        deadlineNanos = board.now + Timers.nanos(board.settings.shutdownTimeout());
        board.emit(new Effect.ArmTimer(TIMER, deadlineNanos));
    }

    void timerDue() {
        if (timerArmed && deadlineNanos <= board.now) {
            timerArmed = false;
            force();
        }
    }

    private void force() {
        if (forced) {
            return;
        }
        forced = true;
        for (ServiceCell cell : new ArrayList<>(board.cells.values())) {
            Run run = cell.run;
            if (run != null) {
                board.stops.force(run);
            }
        }
    }

    /** Called at the end of each step. */
    void finishIfDown() {
        if (!under() || exited || board.liveRuns > 0) {
            return;
        }
        exited = true;
        if (timerArmed) {
            timerArmed = false;
            board.emit(new Effect.CancelTimer(TIMER));
        }
        board.emit(new Effect.Exit(code, reboot));
    }
}
