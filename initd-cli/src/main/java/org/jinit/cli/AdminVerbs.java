package org.jinit.cli;

import org.jinit.protocol.Answer;
import org.jinit.protocol.Call;
import org.jinit.protocol.Varlink;

/** Verbs about jinitd itself. */
final class AdminVerbs {
    private AdminVerbs() {}

    static int logLevel(Session session, Arguments arguments) throws Exception {
        String level = arguments.operands().isEmpty() ? null : arguments.operands().getFirst();
        try (ManagerClient client = session.connect()) {
            Answer.Level answer = client.call(new Call.LogLevel(level), Answer.Level::read);
            if (session.json()) {
                session.printJson(out -> out.object(() -> answer.writeMembers(out)));
            } else {
                session.terminal().line(answer.level());
            }
        }
        return ExitCode.DONE;
    }

    static int shutdown(Session session, String kind) throws Exception {
        try (ManagerClient client = session.connect()) {
            client.call(new Call.Shutdown(kind), Answer.Done::read);
        }
        if (!session.json()) {
            session.terminal().line("jinitd is stopping every service");
        }
        return ExitCode.DONE;
    }

    static int version(Session session, Arguments arguments) throws Exception {
        String own = Varlink.VERSION;
        if (!session.json()) {
            session.terminal().line("jinitctl " + own);
        }
        try (ManagerClient client = session.connect()) {
            Answer.Version version = client.call(new Call.Version(), Answer.Version::read);
            if (session.json()) {
                session.printJson(
                        out -> out.object(
                                () -> out.member("jinitctl", own).member("jinitd", () -> version.writeMembers(out))));
                return ExitCode.DONE;
            }
            String crashes = version.managerCrashes() == 0
                    ? ""
                    : ", its manager crashed " + version.managerCrashes()
                            + (version.managerCrashes() == 1 ? " time" : " times");
            session.terminal()
                    .line(
                            "jinitd " + version.version() + ", pid " + version.keeperPid() + ", manager "
                                    + version.managerPid()
                                    + " since "
                                    + Text.moment(version.since()) + ", " + version.services() + " services" + crashes);
        } catch (UnreachableException e) {
            // The question was for versions; that nobody answers is said, and is no failure of it.
            if (session.json()) {
                session.printJson(out -> out.object(() -> out.member("jinitctl", own)));
            } else {
                session.terminal().line("jinitd does not answer: " + e.getMessage());
            }
        }
        return ExitCode.DONE;
    }
}
