package org.jinit.it.daemons;

import static org.assertj.core.api.Assertions.assertThat;

import org.jinit.it.Await;
import org.jinit.it.Box;
import org.junit.jupiter.api.Test;

/** Daemons of the system itself. */
class SystemIT {
    @Test
    void rsyslog() {
        new Daemon("rsyslog")
                .prepare("sed -i /imklog/d /etc/rsyslog.conf; touch /var/log/syslog")
                .used("w=$(date +%N); logger it-$w; i=0; until grep -q it-$w /var/log/syslog; do i=$((i+1)); test $i -lt 100 || exit 1; sleep 0.05;"
                        + " done; echo logged", "logged")
                .processes("rsyslogd")
                .reloads("logger again")
                .lives();
    }

    @Test
    void dbus() {
        new Daemon("dbus")
                .used("dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames",
                        "org.freedesktop.DBus")
                .processes("dbus-daemon")
                .reloads("dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId")
                .lives();
    }

    @Test
    void cron() {
        new Daemon("cron")
                .prepare(
                        "rm -f /etc/cron.d/*; printf '@reboot root echo ran >/run/cron-ran\\n' >/etc/cron.d/it; chmod 644 /etc/cron.d/it")
                .used("i=0; until test -s /run/cron-ran; do i=$((i+1)); test $i -lt 200 || exit 1; sleep 0.05; done; cat /run/cron-ran",
                        "ran")
                .processes("cron")
                .lives();
    }

    private static final String SVSCAN =
            """
                    rm -rf /etc/service; mkdir -p /etc/service/it
                    printf '#!/bin/sh\\necho $$ >/run/it-service.pid\\nexec sleep 123456\\n' >/etc/service/it/run; chmod 755 /etc/service/it/run
                    """;

    @Test
    void svscan() {
        new Daemon("svscan")
                .prepare(SVSCAN)
                .used("i=0; until svstat /etc/service/it | grep ': up'; do i=$((i+1)); test $i -lt 200 || exit 1; sleep 0.05; done",
                        "up")
                .processes("svscan", "supervise", "sleep")
                .lives();
    }

    /** TERM ends svscan alone: what it leaves is stopped too. */
    @Test
    void daemontoolsLeavesNothingBehind() {
        Daemon daemon = new Daemon("svscan").prepare(SVSCAN);
        try (Box box = daemon.box()) {
            box.boot().ctl("start", "svscan").exits(0);
            Await.until("its service runs", () -> box.status("svscan").processes().size() == 3);
            box.ctl("stop", "svscan").exits(0);
            assertThat(box.processes())
                    .noneMatch(p -> !p.zombie() && (p.name().equals("supervise") || p.args().contains("123456")));
        }
    }
}
