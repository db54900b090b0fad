package org.jinit.daemon.control;

import org.jinit.engine.Reply;
import org.jinit.protocol.ManagerError;

/** Takes the one answer to an engine request, at once or minutes later; a second answer is ignored. */
public interface ReplySink {
    void reply(Reply reply);

    /** It never got to the engine, or cannot be answered: broken definitions, a full disk. */
    void fail(ManagerError error);
}
