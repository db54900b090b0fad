package org.jinit.notify;

import java.util.Arrays;
import org.jinit.fuzz.Check;
import org.jinit.notify.NotifyMessage.Watchdog;

/** The parser of notify messages against a slow one that was written from the protocol's description alone. */
public final class NotifyFuzz {
    private static final int[] DESCRIPTORS = {0, 1, 2, 253};

    private NotifyFuzz() {}

    /** First byte: how many descriptors; the rest: the datagram. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int descriptors = DESCRIPTORS[input[0] & 3];
        byte[] datagram = Arrays.copyOfRange(input, 1, input.length);
        byte[] kept = datagram.clone();
        NotifyParser.Result result = NotifyParser.parse(datagram, descriptors);
        Check.that(Arrays.equals(datagram, kept), "the datagram is only read");
        Check.same(NotifyParser.parse(datagram, descriptors), result, "again");
        NaiveNotify naive = new NaiveNotify(datagram, descriptors);
        switch (result) {
            case NotifyParser.Dropped(String reason) -> {
                Check.that(!reason.isBlank() && reason.indexOf('\n') < 0, "a reason of one line");
                Check.that(naive.dropped(), "to be dropped: " + reason);
            }
            case NotifyParser.Parsed(NotifyMessage message) -> {
                Check.that(!naive.dropped(), "not to be dropped");
                compare(message, naive);
                bounds(message);
            }
        }
    }

    private static void compare(NotifyMessage message, NaiveNotify naive) {
        Check.same(message.barrier(), naive.flag("BARRIER=1"), "barrier");
        Check.same(message.ready(), naive.flag("READY=1"), "ready");
        Check.same(message.reloading(), naive.flag("RELOADING=1"), "reloading");
        Check.same(message.stopping(), naive.flag("STOPPING=1"), "stopping");
        Check.same(message.restartReset(), naive.flag("RESTART_RESET=1"), "restartReset");
        Check.same(message.mainPidfd(), naive.flag("MAINPIDFD=1") && naive.descriptors() == 1, "mainPidfd");
        Check.same(message.mainPid(), naive.number("MAINPID", Integer.MAX_VALUE, 0).intValue(), "mainPid");
        Check.same(message.errno(), naive.number("ERRNO", Integer.MAX_VALUE, 0).intValue(), "errno");
        Check.same(message.mainPidfdId(), naive.microseconds("MAINPIDFDID", 0), "mainPidfdId");
        Check.same(message.watchdogUsec(), naive.microseconds("WATCHDOG_USEC", -1), "watchdogUsec");
        Check.same(message.extendUsec(), naive.microseconds("EXTEND_TIMEOUT_USEC", -1), "extendUsec");
        Check.same(message.monotonicUsec(), naive.microseconds("MONOTONIC_USEC", -1), "monotonicUsec");
        Check.same(message.status(), naive.status(), "status");
        Check.same(message.watchdog(), "1".equals(naive.value("WATCHDOG"))
                ? Watchdog.PING
                : "trigger".equals(naive.value("WATCHDOG")) ? Watchdog.TRIGGER : Watchdog.NONE, "watchdog");
        String access = naive.value("NOTIFYACCESS");
        boolean knows = access != null && access.matches("none|main|exec|all");
        Check.same(message.access() == null ? null : message.access().name().toLowerCase(java.util.Locale.ROOT),
                knows ? access : null, "access");
        Check.same(message.fdName(), naive.descriptorName(), "fdName");
        boolean removes = naive.flag("FDSTOREREMOVE=1");
        Check.same(message.fdStoreRemove(), removes && naive.descriptorName() != null, "fdStoreRemove");
        Check.same(message.fdStore(), !removes && naive.flag("FDSTORE=1"), "fdStore");
        Check.same(message.fdPoll(), !"0".equals(naive.value("FDPOLL")), "fdPoll");
        Check.same(message.busError(), naive.errorName(), "busError");
        Check.same(message.extra(), naive.extra(), "extra");
    }

    private static void bounds(NotifyMessage message) {
        Check.that(message.mainPid() >= 0 && message.errno() >= 0 && message.mainPidfdId() >= 0, "no negative number");
        Check.that(message.extra().size() <= 32, "at most 32 fields");
        for (String text : Arrays.asList(message.status(), message.fdName(), message.busError(),
                message.exitStatus())) {
            if (text != null) {
                Check.that(text.length() <= NotifyParser.MAX_SIZE && text.indexOf('\n') < 0 && text.indexOf(0) < 0,
                        text);
            }
        }
    }
}
