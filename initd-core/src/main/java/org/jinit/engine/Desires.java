package org.jinit.engine;

import java.util.ArrayList;
import java.util.List;

/** The first phase of a step: who holds whom. Moves only what has no process: to WAITING when it is wanted, out of it when it is not. */
final class Desires {
    private final Board board;

    Desires(Board board) {
        this.board = board;
    }

    void propagate(ServiceCell cell) {
        if (cell.wantedUp()) {
            if (cell.run == null) {
                if (!cell.holding || cell.bounce || !cell.satisfies()) {
                    refreshHoldings(cell);
                }
                wakeUp(cell);
            } else {
                failWithRequirement(cell);
            }
        } else if (cell.run == null) {
            layDown(cell);
        }
        if (cell.run != null) {
            board.check(cell);
        }
    }

    private void wakeUp(ServiceCell cell) {
        ServiceCell failed = cell.failedRequirement;
        switch (cell.state) {
            case WAITING -> {
                if (failed != null && failed.live()) {
                    cell.failedRequirement = null;
                } else if (failed != null && Gates.fails(failed)) {
                    fail(cell, failed);
                }
            }
            case BACKOFF -> {
                if (failed != null && failed.live()) {
                    cell.failedRequirement = null;
                } else if (failed != null && Gates.fails(failed)) {
                    board.aftermath.cancelDelay(cell);
                    fail(cell, failed);
                }
            }
            case STOPPED, DONE, SKIPPED, FAILED -> {
                if (!cell.removed && (cell.bounce || mayWake(cell))) {
                    if (cell.state == State.FAILED && !cell.bounce && cell.cause instanceof Cause.ByDependency by) {
                        cell.upCause = new Cause.ByDependency(by.other(), by.edge(), Narrator.RECOVERED);
                    }
                    board.transitions.waiting(cell);
                }
            }
            case STARTING, RUNNING, RELOADING, STOPPING -> {}
        }
    }

    /** A service that failed with a requirement comes back once none of its requirements is failed. */
    private static boolean mayWake(ServiceCell cell) {
        if (cell.rests) {
            return false;
        }
        if (cell.state != State.FAILED) {
            return true;
        }
        for (ServiceCell requirement : cell.links.requires) {
            if (Gates.fails(requirement)) {
                return false;
            }
        }
        return true;
    }

    /** Ends the waiting of a service because of a requirement. */
    void fail(ServiceCell cell, ServiceCell requirement) {
        cell.failedRequirement = null;
        cell.blocker = null;
        cell.bounce = false;
        cell.startNow = false;
        cell.result = Result.DEPENDENCY;
        cell.failure = Narrator.rootFailure(requirement);
        board.transitions.move(cell, State.FAILED, Narrator.requirementFailed(requirement));
        board.aftermath.ended(cell, null);
    }

    private void layDown(ServiceCell cell) {
        cell.bounce = false;
        cell.startNow = false;
        cell.failedRequirement = null;
        cell.blocker = null;
        switch (cell.state) {
            case WAITING, DONE, SKIPPED -> board.transitions.move(cell, State.STOPPED, cell.downCause);
            case BACKOFF -> {
                board.aftermath.cancelDelay(cell);
                board.aftermath.dropStore(cell);
                board.transitions.move(cell, State.STOPPED, cell.downCause);
            }
            case STOPPED, FAILED, STARTING, RUNNING, RELOADING, STOPPING -> {}
        }
        if (cell.holding) {
            release(cell, List.of(), List.of());
            cell.holding = false;
        }
        board.jobs.changed(cell);
        board.catalogs.dropIfGone(cell);
    }

    /** Holds what the catalogue in force says; a service that runs keeps what it held when it started. */
    private void refreshHoldings(ServiceCell cell) {
        List<ServiceCell> requires = cell.links.requires;
        List<ServiceCell> wants = cell.links.wants;
        if (cell.holding && cell.heldRequires.equals(requires) && cell.heldWants.equals(wants)) {
            return;
        }
        release(cell, requires, wants);
        cell.holding = true;
        cell.heldRequires = requires;
        cell.heldWants = wants;
        for (ServiceCell requirement : requires) {
            acquire(cell, requirement, true);
        }
        cell.wantsSeen = 0;
        if (!wants.isEmpty()) {
            board.wish(cell);
        }
    }

    /**
     * Pulls in one of those that it wants, once all that is required is known: wants never stand in the way. What the one requires must be
     * known before the next is looked at, for that may conflict with it.
     *
     * @return whether there may be another one
     */
    boolean pullNextWanted(ServiceCell cell) {
        if (cell.wantsSeen >= cell.heldWants.size()) {
            return false;
        }
        ServiceCell wanted = cell.heldWants.get(cell.wantsSeen);
        cell.wantsSeen++;
        if (wanted.wanters.contains(cell)) {
            return true;
        }
        if (!board.requests.wouldConflict(wanted)) {
            acquire(cell, wanted, false);
        } else {
            board.warn(cell, "cannot start " + wanted.name + ", which it wants: a service that is up conflicts");
        }
        return true;
    }

    private void acquire(ServiceCell holder, ServiceCell held, boolean requires) {
        boolean before = held.wantedUp();
        boolean added = requires ? held.requirers.add(holder) : held.wanters.add(holder);
        if (added && !before) {
            held.upCause = new Cause.ByDependency(holder.name, requires ? "requires" : "wants", Narrator.PULLED_IN);
            board.intent(held);
        }
    }

    /** Lets go of everything that is not in the new lists. */
    private void release(ServiceCell holder, List<ServiceCell> keepRequires, List<ServiceCell> keepWants) {
        for (ServiceCell held : holder.heldRequires) {
            if (!keepRequires.contains(held) && held.requirers.remove(holder)) {
                released(holder, held, "requires");
            }
        }
        for (ServiceCell held : holder.heldWants) {
            if (!keepWants.contains(held) && held.wanters.remove(holder)) {
                released(holder, held, "wants");
            }
        }
        holder.heldRequires = keepRequires;
        holder.heldWants = keepWants;
    }

    private void released(ServiceCell holder, ServiceCell held, String edge) {
        if (!held.wantedUp()) {
            if (!held.stopAsked) {
                held.downCause = new Cause.ByDependency(holder.name, edge, Narrator.NOT_NEEDED);
            }
            board.intent(held);
        }
    }

    /** An accepted stop: nobody's wish holds it up any more, but those that require it go first. */
    void stop(ServiceCell cell, Cause cause) {
        cell.stopAsked = true;
        cell.explicit = false;
        cell.bounce = false;
        cell.startNow = false;
        cell.downCause = cause;
        cell.wanters.clear();
        board.intent(cell);
    }

    /** It failed, or ended and does not come back: those that require it go down and wait for it. */
    void requirementFailed(ServiceCell requirement) {
        for (ServiceCell dependent : requirement.requirers) {
            markFailed(dependent, requirement);
        }
    }

    private void markFailed(ServiceCell dependent, ServiceCell requirement) {
        if (dependent.active() && dependent.failedRequirement == null) {
            dependent.failedRequirement = requirement;
            board.intent(dependent);
        }
    }

    /** What runs goes down with its requirement, after those that require it in turn. */
    private void failWithRequirement(ServiceCell cell) {
        ServiceCell failed = cell.failedRequirement;
        if (failed == null) {
            return;
        }
        cell.failure = Narrator.rootFailure(failed);
        for (ServiceCell dependent : cell.requirers) {
            markFailed(dependent, cell);
        }
    }

    void requirementReady(ServiceCell requirement) {
        for (ServiceCell dependent : new ArrayList<>(requirement.requirers)) {
            if (dependent.state == State.FAILED && dependent.result == Result.DEPENDENCY) {
                board.intent(dependent);
            }
        }
    }
}
