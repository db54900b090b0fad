package org.jinit.daemon.control;

import org.jinit.engine.Requester;
import org.jinit.protocol.Answer;
import org.jinit.protocol.ManagerError;
import org.jinit.protocol.ReplyCodec;
import org.jspecify.annotations.Nullable;

/** One call of a client, from its arrival to its last reply. What is answered after that is ignored. */
final class Exchange {
    private final Connection connection;
    private final boolean more;
    private final boolean oneway;
    private @Nullable Runnable onGone;
    private @Nullable Runnable onDrained;
    private boolean finished;

    Exchange(Connection connection, boolean more, boolean oneway) {
        this.connection = connection;
        this.more = more;
        this.oneway = oneway;
    }

    Requester who() {
        return connection.who();
    }

    /** Whether the client takes several replies. */
    boolean more() {
        return more;
    }

    boolean isFinished() {
        return finished;
    }

    /** The last or only reply. */
    void answer(Answer answer) {
        if (!finished) {
            finish(oneway ? null : ReplyCodec.encode(answer, false));
        }
    }

    void fail(ManagerError error) {
        if (!finished) {
            finish(oneway ? null : ReplyCodec.encode(error));
        }
    }

    /** One of several replies; more follow. */
    void part(Answer answer) {
        if (!finished && !oneway) {
            connection.write(ReplyCodec.encode(answer, true));
        }
    }

    /** Whether the client has read so little that parts should wait. */
    boolean isBehind() {
        return connection.isBehind();
    }

    /** Has it called in the next round unless the client is gone by then. */
    void later(Runnable action) {
        connection.defer(() -> {
            if (!finished) {
                action.run();
            }
        });
    }

    /** Has it called once when the client goes away before the last reply. */
    void onGone(Runnable action) {
        onGone = action;
    }

    /** Has it called, once, when the client has caught up. */
    void onDrained(Runnable action) {
        onDrained = action;
    }

    /** The client is gone. */
    void gone() {
        if (!finished) {
            finished = true;
            onDrained = null;
            Runnable action = onGone;
            onGone = null;
            if (action != null) {
                action.run();
            }
        }
    }

    void drained() {
        Runnable action = onDrained;
        onDrained = null;
        if (action != null) {
            action.run();
        }
    }

    private void finish(byte @Nullable [] reply) {
        finished = true;
        onGone = null;
        onDrained = null;
        connection.finished(this, reply);
    }
}
