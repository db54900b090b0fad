package org.jinit.engine;

import java.util.ArrayList;

/** Changes of state: records and publishes them, and wakes those that waited for one. */
final class Transitions {
    private final Board board;
    /** Services that entered WAITING in this step: published only if they still wait when the step is over. */
    private final ArrayList<ServiceCell> entered = new ArrayList<>();

    Transitions(Board board) {
        this.board = board;
    }

    /** Enters WAITING: what need not wait is never seen to. */
    void waiting(ServiceCell cell) {
        cell.rests = false;
        cell.bounce = false;
        cell.startNow = false;
        cell.failedRequirement = null;
        cell.blocker = null;
        cell.gateIndex = 0;
        State before = cell.state;
        if (before != State.WAITING) {
            cell.stateBeforeWaiting = before;
            cell.state = State.WAITING;
            entered.add(cell);
            if (before == State.STOPPING || before == State.STARTING) {
                wake(cell);
            }
        }
        board.check(cell);
    }

    void publishWaiting() {
        for (ServiceCell cell : entered) {
            State before = cell.stateBeforeWaiting;
            if (cell.state == State.WAITING && before != State.WAITING) {
                cell.stateBeforeWaiting = State.WAITING;
                publish(cell, before, State.WAITING, cell.upCause);
                board.boot.changed(cell);
                board.jobs.changed(cell);
            }
        }
        entered.clear();
    }

    void move(ServiceCell cell, State to, Cause cause) {
        State from = cell.state == State.WAITING ? cell.stateBeforeWaiting : cell.state;
        cell.state = to;
        cell.stateBeforeWaiting = to;
        cell.cause = cause;
        if (to == State.RUNNING || to == State.DONE || to == State.SKIPPED || (to == State.STOPPED && !cell.rests)) {
            cell.failure = "";
        }
        if (from != to) {
            publish(cell, from, to, cause);
        }
        wake(cell);
        board.boot.changed(cell);
        board.jobs.changed(cell);
    }

    private void publish(ServiceCell cell, State from, State to, Cause cause) {
        Transition transition = new Transition(cell.name, cell.generation, from, to, cause, board.now);
        cell.cause = cause;
        cell.sinceNanos = board.now;
        if (cell.history.size() == ServiceCell.HISTORY_MAX) {
            cell.history.removeFirst();
        }
        cell.history.addLast(transition);
        board.emit(new Effect.Publish(transition));
    }

    /** Those whose blocker this service is look again; those that depend on it learn that it failed or recovered. */
    private void wake(ServiceCell cell) {
        for (ServiceCell later : cell.links.before) {
            if (later.blocker == cell) {
                board.check(later);
            }
        }
        // Also those that the catalogue in force does not know any more.
        for (ServiceCell dependent : cell.requirers) {
            if (dependent.blocker == cell) {
                board.check(dependent);
            }
        }
        for (ServiceCell other : cell.links.conflicts) {
            if (other.blocker == cell) {
                board.check(other);
            }
        }
        if (!cell.live()) {
            for (ServiceCell.After after : cell.links.after) {
                wakeIfBlocked(after.earlier(), cell);
            }
            for (ServiceCell held : cell.heldRequires) {
                wakeIfBlocked(held, cell);
            }
        }
        switch (cell.state) {
            case FAILED -> board.desires.requirementFailed(cell);
            case STOPPED -> {
                if (cell.rests) {
                    board.desires.requirementFailed(cell);
                }
            }
            case RUNNING, DONE, SKIPPED -> board.desires.requirementReady(cell);
            case WAITING, STARTING, RELOADING, STOPPING, BACKOFF -> {}
        }
    }

    private void wakeIfBlocked(ServiceCell blocked, ServiceCell blocker) {
        if (blocked.blocker == blocker) {
            board.check(blocked);
        }
    }
}
