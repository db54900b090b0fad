package org.jinit.simulate;

/**
 * How often what goes wrong, in a thousand. Drawn like a swarm: each seed has some kinds of faults, often, and others not at all, for rare
 * combinations are found so, and not by a little of everything.
 *
 * @param prepareFails a run cannot be prepared
 * @param conditionUnmet a condition does not hold, where a definition has one
 * @param noFork fork says EAGAIN
 * @param noExec a step before execve fails
 * @param killedBeforeExec a process dies between fork and execve
 * @param datagramLost a notify message never arrives
 * @param eventLate an event arrives later than others that happened after it, as far as the kernel allows
 * @param timerLate a timer is noticed late
 * @param duplicate an event of which nothing is left to be said is said again: stale timers, unknown processes, old runs
 * @param undead KILL takes long (a process in a system call that does not end)
 * @param wallJump the wall clock jumps
 * @param clientGone a client goes away before its reply
 * @param stateSkipped a child that failed before execve is not told of as forked: the keeper tells the last state only
 * @param hasty a process does the next thing at once, so that what it says may overtake what the keeper tells of it
 */
public record FaultPlan(
        int prepareFails,
        int conditionUnmet,
        int noFork,
        int noExec,
        int killedBeforeExec,
        int datagramLost,
        int eventLate,
        int timerLate,
        int duplicate,
        int undead,
        int wallJump,
        int clientGone,
        int stateSkipped,
        int hasty) {
    public static final FaultPlan NONE = new FaultPlan(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    private static final int MODERATE = 60;
    private static final int OFTEN = 400;

    /** The faults of one seed. @param orders a stream of its own for the last two, which came later */
    public static FaultPlan swarm(SimRandom random, SimRandom orders) {
        if (random.chance(200)) {
            return NONE;
        }
        return new FaultPlan(
                draw(random, MODERATE),
                draw(random, OFTEN),
                draw(random, MODERATE),
                draw(random, MODERATE),
                draw(random, MODERATE),
                draw(random, OFTEN),
                draw(random, OFTEN),
                draw(random, OFTEN),
                draw(random, OFTEN),
                draw(random, MODERATE),
                draw(random, OFTEN),
                draw(random, OFTEN),
                draw(orders, OFTEN),
                draw(orders, OFTEN));
    }

    private static int draw(SimRandom random, int most) {
        return random.chance(500) ? 0 : random.below(most);
    }

    /** Kinds of faults, to count them by. */
    public enum Kind {
        PREPARE_FAILS,
        CONDITION_UNMET,
        NO_FORK,
        NO_EXEC,
        KILLED_BEFORE_EXEC,
        DATAGRAM_LOST,
        EVENT_LATE,
        TIMER_LATE,
        DUPLICATE,
        UNDEAD,
        WALL_JUMP,
        CLIENT_GONE,
        STATE_SKIPPED,
        HASTY
    }

    int of(Kind kind) {
        return switch (kind) {
            case PREPARE_FAILS -> prepareFails;
            case CONDITION_UNMET -> conditionUnmet;
            case NO_FORK -> noFork;
            case NO_EXEC -> noExec;
            case KILLED_BEFORE_EXEC -> killedBeforeExec;
            case DATAGRAM_LOST -> datagramLost;
            case EVENT_LATE -> eventLate;
            case TIMER_LATE -> timerLate;
            case DUPLICATE -> duplicate;
            case UNDEAD -> undead;
            case WALL_JUMP -> wallJump;
            case CLIENT_GONE -> clientGone;
            case STATE_SKIPPED -> stateSkipped;
            case HASTY -> hasty;
        };
    }
}
