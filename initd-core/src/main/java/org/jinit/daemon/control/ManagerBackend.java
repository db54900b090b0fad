package org.jinit.daemon.control;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jinit.engine.Cause;
import org.jinit.engine.Event;
import org.jinit.engine.Requester;
import org.jinit.engine.ServiceView;
import org.jinit.engine.Transition;
import org.jinit.model.ServiceName;
import org.jinit.protocol.Answer;
import org.jinit.protocol.ProcessInfo;
import org.jspecify.annotations.Nullable;

/**
 * What the control server needs of the manager. It is called on the reactor's thread only, and answers there too. Views are taken at once;
 * what may touch a disk or take long is answered through a sink.
 */
public interface ManagerBackend {
    /** A request under way. */
    interface Pending {
        /** The client is gone: its reply is not wanted any more, its job goes on. Not called once the reply was given. */
        void clientGone();
    }

    // Requests

    /** Has the engine carry out a request. Unknown names are the engine's to refuse. */
    Pending request(Requester who, Event.Request request, ReplySink sink);

    /**
     * Reads the definitions anew. Fails with {@link org.jinit.protocol.ManagerError.InvalidConfiguration} when they have errors.
     *
     * @param apply restart what changed and stop what is gone
     * @param plan only tell what that would do; {@code commit}: the hash of a plan that must still be the one
     */
    Pending reloadConfig(Requester who, boolean apply, boolean plan, @Nullable String commit, ReplySink sink);

    /** Remembers for these services, which are all known, whether they start at boot. */
    void setEnabled(Requester who, Collection<ServiceName> names, boolean enabled, AnswerSink<Answer.Done> sink);

    /** {@code kind}: {@code exit}, {@code poweroff}, {@code reboot}, {@code halt}; answered when it has begun, or refused */
    void shutdown(Requester who, String kind, AnswerSink<Answer.Done> sink);

    /** {@code level}: null: only tell. Answers with the level in force; fails with InvalidArgument when there is no such level */
    void logLevel(@Nullable String level, AnswerSink<Answer.Level> sink);

    // Views

    /** Every service, by name. */
    Collection<ServiceName> names();

    /** Null when there is no such service (and no template for it). */
    @Nullable ServiceView view(ServiceName name);

    /** Whether it starts at boot. */
    boolean enabled(ServiceName name);

    /** Whether enable or disable said otherwise than its definition. */
    boolean enabledOverridden(ServiceName name);

    /** The last transitions of a service, oldest first, a bounded number. */
    List<Transition> history(ServiceName name);

    /** The cause in plain words. */
    String narrate(Cause cause);

    /** Wall-clock time of a moment of the engine's clock. */
    Instant timeOf(long engineNanos);

    Answer.Version version();

    // What must be looked up

    /**
     * Facts of these services, which are all known; services without any may be left out.
     *
     * @param outputLines how many last lines of output, 0 to 1000
     * @param details with process tree and output; else only what costs little even for 10,000 services
     */
    void facts(
            Collection<ServiceName> names,
            boolean details,
            int outputLines,
            AnswerSink<Map<ServiceName, ServiceFacts>> sink);

    /** The last lines of a service's output. */
    void logs(ServiceName name, int lines, AnswerSink<Answer.Lines> sink);

    /** Processes that belong to no service. */
    void orphans(AnswerSink<List<ProcessInfo>> sink);
}
