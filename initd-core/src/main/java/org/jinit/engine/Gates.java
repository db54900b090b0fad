package org.jinit.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * May a service start, may it stop? Each that may not remembers one blocker and is looked at again when that one changes, so that a service
 * with many dependencies costs each of them once.
 */
final class Gates {
    private final Board board;

    Gates(Board board) {
        this.board = board;
    }

    /** What a look at a gate says. */
    enum Answer {
        OPEN,
        BLOCKED,
        /** {@link ServiceCell#blocker} is a requirement that failed. */
        FAILED
    }

    /** It is down and nothing but a person brings it up, or it failed itself with a requirement. */
    static boolean fails(ServiceCell cell) {
        ServiceCell requirement = cell;
        while (requirement.live()) {
            ServiceCell failed = requirement.failedRequirement;
            if (failed == null) {
                return false;
            }
            requirement = failed;
        }
        return switch (requirement.state) {
            case FAILED -> true;
            case STOPPED -> requirement.rests || !requirement.wantedUp() || requirement.removed;
            case WAITING, BACKOFF -> false;
            case DONE, SKIPPED -> !requirement.wantedUp();
            case STARTING, RUNNING, RELOADING, STOPPING -> false;
        };
    }

    /** Looks from where the last look stopped, and once more from the beginning before it says OPEN. */
    Answer mayStart(ServiceCell cell) {
        int resumed = Math.min(cell.gateIndex, cell.links.after.size());
        Answer answer = scan(cell, resumed);
        if (answer == Answer.OPEN && resumed > 0) {
            answer = scan(cell, 0);
        }
        if (answer == Answer.OPEN) {
            // After its before-start commands it is there already: a conflict that a catalogue brought meanwhile holds up neither.
            ServiceCell conflicting = cell.run == null ? liveConflict(cell) : null;
            if (conflicting == null) {
                conflicting = dependentGoingDown(cell);
            }
            if (conflicting == null) {
                cell.blocker = null;
                cell.gateIndex = 0;
                cell.afterDependents = false;
                return Answer.OPEN;
            }
            cell.blocker = conflicting;
            return Answer.BLOCKED;
        }
        return answer;
    }

    private static Answer scan(ServiceCell cell, int from) {
        List<ServiceCell.After> edges = cell.links.after;
        for (int i = from; i < edges.size(); i++) {
            ServiceCell.After edge = edges.get(i);
            ServiceCell earlier = edge.earlier();
            if (edge.requires() ? earlier.satisfies() : !earlier.inMotion()) {
                continue;
            }
            cell.gateIndex = i;
            cell.blocker = earlier;
            return edge.requires() && !earlier.live() && fails(earlier) ? Answer.FAILED : Answer.BLOCKED;
        }
        return Answer.OPEN;
    }

    private static @Nullable ServiceCell liveConflict(ServiceCell cell) {
        for (ServiceCell other : cell.links.conflicts) {
            if (other.live()) {
                return other;
            }
        }
        return null;
    }

    private static @Nullable ServiceCell dependentGoingDown(ServiceCell cell) {
        if (cell.afterDependents) {
            for (ServiceCell dependent : cell.requirers) {
                if (dependent.goingDown()) {
                    return dependent;
                }
            }
        }
        return null;
    }

    /** What ordered after it, or required it, is down or stays up. */
    boolean mayStop(ServiceCell cell) {
        int resumed = Math.min(cell.gateIndex, cell.links.before.size());
        if (!scanLater(cell, resumed) || (resumed > 0 && !scanLater(cell, 0))) {
            return false;
        }
        for (ServiceCell dependent : cell.requirers) {
            if (dependent.goingDown() && !contradicts(cell, dependent)) {
                cell.blocker = dependent;
                return false;
            }
        }
        cell.blocker = null;
        cell.gateIndex = 0;
        return true;
    }

    private static boolean scanLater(ServiceCell cell, int from) {
        List<ServiceCell> later = cell.links.before;
        for (int i = from; i < later.size(); i++) {
            if (later.get(i).goingDown()) {
                cell.gateIndex = i;
                cell.blocker = later.get(i);
                return false;
            }
        }
        return true;
    }

    /** The catalogue in force, newer than what runs, orders the two the other way round. */
    private static boolean contradicts(ServiceCell cell, ServiceCell dependent) {
        for (ServiceCell later : dependent.links.before) {
            if (later.equals(cell)) {
                return true;
            }
        }
        return false;
    }

    /** What a waiting service waits for, for people. */
    List<String> waitingFor(ServiceCell cell) {
        ArrayList<String> waits = new ArrayList<>();
        Run run = cell.run;
        if (run != null) {
            if (run.phase == Run.Phase.ORDER && cell.blocker != null) {
                waits.add(cell.blocker.name + " to stop");
            } else if (run.phase == Run.Phase.LAUNCH || run.phase == Run.Phase.GATE) {
                waits.add(board.readiness.awaited(run));
            }
            return waits;
        }
        if (cell.state != State.WAITING) {
            return waits;
        }
        for (ServiceCell.After edge : cell.links.after) {
            ServiceCell earlier = edge.earlier();
            if (edge.requires() ? !earlier.satisfies() : earlier.inMotion()) {
                waits.add(earlier.name + " (" + earlier.state.label() + ")");
            }
        }
        ServiceCell conflicting = liveConflict(cell);
        if (conflicting != null) {
            waits.add(conflicting.name + " to stop, which conflicts");
        }
        return waits;
    }
}
