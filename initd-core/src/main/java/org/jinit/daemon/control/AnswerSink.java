package org.jinit.daemon.control;

import org.jinit.protocol.ManagerError;

/** Takes the one answer to a question, at once or later; a second answer is ignored. */
public interface AnswerSink<T> {
    void answer(T answer);

    void fail(ManagerError error);
}
