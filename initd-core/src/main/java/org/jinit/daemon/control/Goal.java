package org.jinit.daemon.control;

import java.util.EnumSet;
import java.util.Set;
import org.jinit.engine.Result;
import org.jinit.engine.ServiceView;
import org.jinit.engine.State;
import org.jinit.protocol.ManagerError;

/**
 * What somebody waits for.
 *
 * @param name as it was asked for
 * @param states any of these will do
 */
record Goal(String name, Set<State> states) {
    private static final Set<State> UP = EnumSet.of(State.RUNNING, State.RELOADING, State.DONE);
    private static final Set<State> DOWN = EnumSet.of(State.STOPPED, State.FAILED);

    static Goal of(String name) {
        if (name.equals("up")) {
            return new Goal(name, UP);
        }
        if (name.equals("down")) {
            return new Goal(name, DOWN);
        }
        for (State state : State.values()) {
            if (state.label().equals(name)) {
                return new Goal(name, EnumSet.of(state));
            }
        }
        throw new Dispatcher.RefusalException(
                new ManagerError.InvalidArgument(
                        "cannot wait for state '" + name
                                + "': there is none (say up, down, running, stopped, failed, ...)"));
    }

    boolean isReached(ServiceView view) {
        return states.contains(view.state());
    }

    /** Whether it will not come up unless somebody does something; one that waits for its dependency comes back by itself. */
    boolean isHopeless(ServiceView view) {
        return states.equals(UP)
                && (view.state() == State.SKIPPED
                        || (view.state() == State.FAILED && view.result() != Result.DEPENDENCY));
    }
}
