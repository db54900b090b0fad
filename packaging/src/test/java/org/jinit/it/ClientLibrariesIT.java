package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The libraries through which daemons speak to their manager work as they are. */
class ClientLibrariesIT {
    private static final String NOTIFY = "ready: notify\n";

    @Test
    void libsystemdIsAnsweredInAllItAsks() {
        try (Box box = Box.pid1()) {
            box.idle("x", "exec: /run/box/sdclient /run/box/told\n" + NOTIFY
                    + "fd-store: 4\nwatchdog: 1s\nreload: {notify: HUP}\n").boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.read("told").lines()).containsExactly("descriptors 0", "watchdog 1000000", "barrier 1");
            Status status = box.status("x");
            assertThat(status.text("statusText")).isEqualTo("warming up");
            box.ctl("reload", "x").exits(0);
            assertThat(box.status("x").text("statusText")).isEqualTo("reloaded");
            assertThat(box.status("x").mainPid()).isEqualTo(status.mainPid());
            box.ctl("restart", "x").exits(0);
            assertThat(box.read("told").lines().toList().subList(3, 11)).containsExactly("reloaded 1", "stopping 1",
                    "forgotten 1", "descriptors 2", "kept first alpha", "kept second beta", "watchdog 1000000",
                    "barrier 1");
            Await.stays("the watchdog is content", Duration.ofMillis(1500), () -> box.state("x").equals("running"));
            box.ctl("stop", "x").exits(0);
            box.ctl("start", "x").exits(0);
            assertThat(box.read("told").lines().toList().subList(11, 16)).containsExactly("stopping 1", "forgotten 1",
                    "descriptors 0", "watchdog 1000000", "barrier 1");
        }
    }

    @Test
    void libsystemdWorksForAUserThatIsNotRoot() {
        try (Box box = Box.pid1()) {
            box.idle("x", "exec: /run/box/sdclient /run/box/pub/told\nuser: nobody\n" + NOTIFY).boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.read("pub/told").lines()).containsExactly("descriptors 0", "watchdog 0", "barrier 1");
            box.ctl("stop", "x").exits(0);
            assertThat(box.read("pub/told").lines()).endsWith("stopping 1", "forgotten 1");
        }
    }

    @Test
    void pythonsSystemdModuleWorks() {
        try (Box box = Box.pid1()) {
            box.write("client.py", """
                    import os, signal, socket
                    from systemd import daemon
                    kept = daemon.listen_fds_with_names(unset_environment=False)
                    text = " ".join("%s=%s" % (name, os.pread(fd, 100, 0).decode()) for fd, name in kept.items())
                    if not kept:
                        fd = os.memfd_create("kept")
                        os.write(fd, b"gamma")
                        assert daemon.notify("FDSTORE=1\\nFDNAME=third", fds=[fd])
                    assert daemon.notify("READY=1\\nSTATUS=kept: " + text, pid=os.getpid())
                    signal.pause()
                    """);
            box.idle("x", "exec: /usr/bin/python3 /run/box/client.py\nfd-store: 1\n" + NOTIFY).boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.status("x").text("statusText")).isEqualTo("kept: ");
            box.ctl("restart", "x").exits(0);
            assertThat(box.status("x").text("statusText")).isEqualTo("kept: third=gamma");
        }
    }

    @Test
    void pythonsSdnotifyModuleWorks() {
        try (Box box = Box.pid1()) {
            box.write("client.py", """
                    import signal, sdnotify
                    notifier = sdnotify.SystemdNotifier(debug=True)
                    notifier.notify("STATUS=by a library without C")
                    notifier.notify("READY=1")
                    signal.signal(signal.SIGUSR1, lambda *_: notifier.notify("STOPPING=1\\nSTATUS=enough"))
                    while True:
                        signal.pause()
                    """);
            box.idle("x", "exec: /usr/bin/python3 /run/box/client.py\nrestart: {when: never}\n" + NOTIFY).boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.status("x").text("statusText")).isEqualTo("by a library without C");
            box.ctl("signal", "USR1", "x").exits(0);
            assertThat(box.awaitState("x", "stopping", "stopped", "failed").text("statusText")).isEqualTo("enough");
        }
    }
}
