package org.jinit.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import org.jinit.engine.Event.Request;
import org.jinit.engine.Reply.Code;
import org.jinit.engine.Transaction.Part;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** What clients ask for: accepted whole or refused whole. */
final class Requests {
    private final Board board;

    Requests(Board board) {
        this.board = board;
    }

    void requested(RequestId id, Requester who, Request request) {
        boolean mayCreate = request instanceof Request.Start || request instanceof Request.Restart;
        if (board.shutdown.under() && !(request instanceof Request.Stop || request instanceof Request.Signal)) {
            refuse(id, Code.SHUTTING_DOWN, "cannot do that: jinitd is shutting down", List.of());
            return;
        }
        List<ServiceCell> cells = resolve(id, request.names(), mayCreate);
        if (cells == null) {
            return;
        }
        switch (request) {
            case Request.Start(var names, boolean plan, String commit) -> {
                TransactionBuilder builder = new TransactionBuilder(board);
                builder.start(cells, new Cause.ByRequest(who, "start", id));
                carryOut(id, builder.build(), plan, commit, Jobs.Kind.START, cells);
            }
            case Request.Stop(var names, boolean withDependents, boolean plan, String commit) -> {
                TransactionBuilder builder = new TransactionBuilder(board);
                builder.stop(cells, withDependents, new Cause.ByRequest(who, "stop", id));
                carryOut(id, builder.build(), plan, commit, Jobs.Kind.STOP, cells);
            }
            case Request.Restart(var names, boolean withDependents, boolean plan, String commit) -> {
                TransactionBuilder builder = new TransactionBuilder(board);
                builder.restart(cells, withDependents, new Cause.ByRequest(who, "restart", id));
                carryOut(id, builder.build(), plan, commit, Jobs.Kind.START, cells);
            }
            case Request.Reload reload -> reload(id, cells, new Cause.ByRequest(who, "reload", id));
            case Request.Signal(var names, int signal, boolean all) -> signal(id, cells, signal, all);
            case Request.Reset reset -> reset(id, cells);
        }
    }

    private void refuse(RequestId id, Code code, String text, List<ServiceName> involved) {
        board.jobs.reply(id, new Reply.Refused(code, text, involved));
    }

    /** All of the names, or a refusal and null. Instances of templates come into being here. */
    private @Nullable List<ServiceCell> resolve(RequestId id, List<ServiceName> names, boolean mayCreate) {
        TreeSet<ServiceName> unknown = new TreeSet<>();
        for (ServiceName name : names) {
            if (board.cell(name) == null && !(mayCreate && board.catalog.knows(name))) {
                unknown.add(name);
            }
        }
        if (!unknown.isEmpty()) {
            String text = "no such service: " + TransactionBuilder.join(unknown);
            refuse(id, Code.NO_SUCH_SERVICE, text, List.copyOf(unknown));
            return null;
        }
        ArrayList<ServiceCell> cells = new ArrayList<>();
        for (ServiceName name : names) {
            ServiceCell cell = board.catalogs.known(name);
            if (cell == null || (mayCreate && cell.removed)) {
                String why = cell == null ? "its template does not make a valid service" : "its definition is gone";
                refuse(id, Code.INVALID, "cannot start " + name + ": " + why, List.of(name));
                return null;
            }
            cells.add(cell);
        }
        return cells;
    }

    private void carryOut(
            RequestId id,
            Transaction transaction,
            boolean plan,
            @Nullable String commit,
            Jobs.Kind kind,
            Collection<ServiceCell> cells) {
        Reply.Refused refusal = transaction.refusal;
        if (refusal != null) {
            board.jobs.reply(id, refusal);
        } else if (plan) {
            board.jobs.reply(id, Plans.planned(board, transaction));
        } else if (commit != null && !commit.equals(Plans.planned(board, transaction).hash())) {
            refuse(id, Code.PLAN_MOVED, "cannot carry out the plan: things have changed since it was made", List.of());
        } else {
            apply(transaction);
            board.settle();
            board.jobs.open(id, kind, cells);
        }
    }

    void apply(Transaction transaction) {
        for (var entry : transaction.stops.entrySet()) {
            Part part = entry.getValue();
            board.jobs.supersede(entry.getKey(), "superseded: " + Narrator.tell(part.cause()));
            board.desires.stop(entry.getKey(), part.cause());
        }
        for (var entry : transaction.restarts.entrySet()) {
            bounce(entry.getKey(), entry.getValue());
        }
        for (var entry : transaction.starts.entrySet()) {
            pullUp(entry.getKey(), entry.getValue());
        }
    }

    private void bounce(ServiceCell cell, Part part) {
        if (cell.stopAsked && !part.named()) {
            return;
        }
        if (cell.live()) {
            if (part.named() && cell.stopAsked) {
                cell.explicit = true;
            }
            cell.stopAsked = false;
            cell.governor.reset();
            cell.bounce = true;
            cell.downCause = part.cause();
            cell.upCause = part.cause();
        } else if (cell.state == State.DONE || cell.state == State.SKIPPED) {
            cell.bounce = true;
            cell.afterDependents = true;
            cell.governor.reset();
            cell.upCause = part.cause();
        }
        board.intent(cell);
    }

    private void pullUp(ServiceCell cell, Part part) {
        cell.stopAsked = false;
        cell.explicit |= part.named();
        switch (cell.state) {
            case STOPPED, FAILED, SKIPPED -> wake(cell, part);
            case BACKOFF -> {
                if (part.named()) {
                    board.aftermath.cancelDelay(cell);
                    wake(cell, part);
                }
            }
            case STOPPING -> {
                cell.startNow = true;
                cell.governor.reset();
                cell.upCause = part.cause();
            }
            case WAITING -> {
                if (part.named()) {
                    cell.upCause = part.cause();
                }
            }
            case STARTING, RUNNING, RELOADING, DONE -> {}
        }
        board.intent(cell);
    }

    private void wake(ServiceCell cell, Part part) {
        cell.governor.reset();
        if (cell.state != State.BACKOFF) {
            cell.restarts = 0;
            cell.crashes = 0;
            cell.lastCrash = null;
        }
        cell.upCause = part.cause();
        board.transitions.waiting(cell);
    }

    private void reload(RequestId id, List<ServiceCell> cells, Cause cause) {
        for (ServiceCell cell : cells) {
            String why = ReloadHandling.refusal(cell);
            if (why != null) {
                Code code = cell.live() ? Code.CANNOT_RELOAD : Code.NOT_RUNNING;
                refuse(id, code, "cannot reload " + cell.name + ": " + why, List.of(cell.name));
                return;
            }
        }
        for (ServiceCell cell : cells) {
            Run run = cell.run;
            if (run != null) {
                board.reloads.begin(run, cause);
            }
        }
        board.jobs.open(id, Jobs.Kind.RELOAD, cells);
    }

    private void signal(RequestId id, List<ServiceCell> cells, int signal, boolean all) {
        for (ServiceCell cell : cells) {
            Run run = cell.run;
            if (run == null || StartSequence.isBare(run.definition) || (!all && run.main == null)) {
                String why = run == null
                        ? "it is not running"
                        : StartSequence.isBare(run.definition) ? "it has no process" : "its main process is not known";
                refuse(id, Code.NOT_RUNNING, "cannot signal " + cell.name + ": " + why, List.of(cell.name));
                return;
            }
        }
        ArrayList<Reply.Outcome> outcomes = new ArrayList<>();
        for (ServiceCell cell : cells) {
            Run run = cell.run;
            Proc main = run == null ? null : run.main;
            if (run != null && all) {
                board.emit(new Effect.SignalAll(run.id, signal));
            } else if (main != null) {
                board.signal(main, signal);
            }
            outcomes.add(new Reply.Outcome(cell.name, true, cell.state, cell.result, null));
        }
        board.jobs.reply(id, new Reply.Done(List.copyOf(outcomes)));
    }

    /** Forgets failures. What failed is then stopped, and nobody asks for it any more but those that hold it. */
    private void reset(RequestId id, List<ServiceCell> cells) {
        ArrayList<Reply.Outcome> outcomes = new ArrayList<>();
        for (ServiceCell cell : cells) {
            cell.governor.reset();
            cell.restarts = 0;
            cell.crashes = 0;
            cell.lastCrash = null;
            if (cell.state == State.FAILED) {
                cell.explicit = false;
                cell.rests = true;
                cell.failure = cell.name + " is stopped";
                board.transitions.move(cell, State.STOPPED, new Cause.ByCatalog("its failure was reset"));
                board.intent(cell);
            }
            outcomes.add(new Reply.Outcome(cell.name, true, cell.state, cell.result, null));
        }
        board.settle();
        board.jobs.reply(id, new Reply.Done(List.copyOf(outcomes)));
    }

    /** Whether starting it would need something that conflicts with a service that is up or wanted. */
    boolean wouldConflict(ServiceCell wanted) {
        return wouldConflict(wanted, null);
    }

    boolean wouldConflict(ServiceCell wanted, @Nullable Transaction beside) {
        boolean held = wanted.active() || wanted.wantedUp();
        if (!board.catalogs.anyConflicts() || (held && beside == null)) {
            return false;
        }
        HashSet<ServiceCell> seen = new HashSet<>();
        ArrayDeque<ServiceCell> open = new ArrayDeque<>(List.of(wanted));
        seen.add(wanted);
        while (!open.isEmpty()) {
            ServiceCell cell = open.remove();
            for (ServiceCell other : cell.links.conflicts) {
                boolean needed = beside != null && beside.starts.containsKey(other);
                if (needed
                        || (!held && (seen.contains(other) || other.live() || other.wantedUp() || other.inMotion()))) {
                    return true;
                }
            }
            for (ServiceCell requirement : cell.links.requires) {
                if (seen.add(requirement)) {
                    open.add(requirement);
                }
            }
        }
        return false;
    }
}
