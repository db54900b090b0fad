package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Pids of services are given to strangers on purpose, while jinitd goes on with everything that once meant such a pid. With
 * {@code -Djinit.long=true} as often as it takes to be sure.
 */
class PidReuseIT {
    private static final int ROUNDS = Boolean.getBoolean("jinit.long") ? 10_000 : 24;

    @Test
    @Timeout(3600)
    void aStrangerWithAServicesOldPidIsNeverSignalled() {
        try (Box box = Box.beside().open()) {
            box.idle("plain", serv("mark:@plain wait") + "restart: {delay: 0ms, factor: 1, limit: unlimited}\n");
            box.idle("forking", serv("fork-daemon mark:@forking pid-file:/run/f.pid parent-exit wait")
                    + "ready: fork\npid-file: /run/f.pid\nrestart: {delay: 0ms, factor: 1, limit: unlimited}\n");
            box.idle("claims",
                    serv("mark:@pub/claims if-exists:@claim { exec { sh /run/box/claim.sh } } notify:READY=1 wait")
                            + "ready: notify\nuser: nobody\n");
            box.write("claim.sh", "systemd-notify MAINPID=$(cat /run/box/claim) READY=1; exec sleep 1000\n");
            box.boot();
            List<Stranger> strangers = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                strangers.add(round(box, round % 4));
                if (strangers.size() > 20) {
                    Stranger old = strangers.removeFirst();
                    old.assertUntouched();
                    box.inside("kill", "-s", "KILL", Integer.toString(old.pid()));
                }
            }
            box.ctl("stop", "plain", "forking", "claims").exits(0);
            strangers.forEach(Stranger::assertUntouched);
            assertThat(box.shutdown()).isZero();
            strangers.forEach(Stranger::assertUntouched);
        }
    }

    /** A service's pid ends in one of several ways, a stranger takes it, and jinitd is asked for more. */
    private static Stranger round(Box box, int kind) {
        String name = kind < 2 ? "plain" : kind == 2 ? "forking" : "claims";
        String marks = kind < 3 ? name : "pub/claims";
        box.ctl("start", name).exits(0);
        int pid = box.marks(marks).getLast().pid();
        switch (kind) {
            case 0 -> box.ctl("stop", name).exits(0);
            case 1 -> killed(box, name, pid);
            case 2 -> {
                box.ctl("stop", name).exits(0);
                box.inside("sh", "-c", "echo " + pid + " >/run/f.pid").exits(0);
            }
            default -> box.ctl("stop", name).exits(0);
        }
        Stranger stranger = box.strangerWithPid(pid);
        box.write("claim", Integer.toString(pid));
        box.ctl("start", name);
        box.ctl("restart", name);
        box.ctl("signal", "HUP", "claims");
        box.ctl("stop", name).exits(0);
        box.delete("claim");
        stranger.assertUntouched();
        return stranger;
    }

    private static void killed(Box box, String name, int pid) {
        int runs = box.marks(name).size();
        box.inside("kill", "-s", "KILL", Integer.toString(pid)).exits(0);
        Await.until("it runs again", () -> box.marks(name).size() > runs);
    }
}
