package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** sd_notify: who may say what, and what follows. */
class NotifyIT {
    private static final String NEVER = "restart: {when: never}\n";
    private static final String NOTIFY = "ready: notify\n";

    private static void send(Box box, String signal, String reply) {
        box.ctl("signal", signal, "x").exits(0);
        Await.until("it did as signalled", () -> box.texts("m").contains(reply));
    }

    @Test
    void accessIsNarrowedByTheServiceAndRevertsAtStop() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv(
                    "'notify-child:STATUS=from the child' 'notify:NOTIFYACCESS=main' 'notify-child:STATUS=not allowed' "
                            + "notify-child:READY=1 barrier mark:@m:narrowed on:USR1 { 'notify:STATUS=from main' notify:READY=1 "
                            + "notify:NOTIFYACCESS=none 'notify:STATUS=not allowed either' barrier mark:@m:none } wait")
                    + NOTIFY + "notify-access: all\n").boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "x");
            Await.until("narrowed", () -> box.texts("m").contains("narrowed"));
            assertThat(box.state("x")).isEqualTo("starting");
            assertThat(box.status("x").text("statusText")).isEqualTo("from the child");
            send(box, "USR1", "none");
            assertThat(box.awaitState("x", "running").text("statusText")).isEqualTo("from main");
            Await.until("start returns", () -> !start.isAlive());
            box.ctl("stop", "x").exits(0);
            box.delete("m");
            box.spawnInside("again", "/run/image/bin/jinitctl", "start", "x");
            Await.until("narrowed anew", () -> box.texts("m").contains("narrowed"));
            assertThat(box.status("x").text("statusText")).isEqualTo("from the child");
        }
    }

    @Test
    void withAccessMainAChildsReadyIsIgnored() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("notify-child:READY=1 barrier mark:@m:sent on:USR1 { notify:READY=1 } wait")
                    + NOTIFY + "notify-access: main\n").boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "x");
            Await.until("sent", () -> box.texts("m").contains("sent"));
            assertThat(box.state("x")).isEqualTo("starting");
            box.ctl("signal", "USR1", "x").exits(0);
            box.awaitState("x", "running");
            Await.until("start returns", () -> !start.isAlive());
        }
    }

    @Test
    void aReadyOfAChildThatIsGoneAlreadyCounts() {
        try (Box box = Box.pid1().idle("x", serv("notify-child:READY=1 wait") + NOTIFY)) {
            box.boot().ctl("start", "x").exits(0);
        }
    }

    @Test
    void aStrangersMessageIsIgnored() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("env:@env mark:@m wait") + NOTIFY).boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "x");
            Await.until("it runs", () -> !box.marks("m").isEmpty());
            String socket =
                    box.read("env").lines().filter(line -> line.startsWith("NOTIFY_SOCKET=")).findFirst().orElseThrow();
            box.inside("env", socket, "/run/box/serv", "notify:READY=1", "notify:STATUS=stranger", "barrier").exits(0);
            assertThat(box.state("x")).isEqualTo("starting");
            assertThat(box.status("x").text("statusText")).isEmpty();
            assertThat(start.isAlive()).isTrue();
        }
    }

    @Test
    void theLastWordsBeforeAnExitCount() {
        try (Box box = Box.pid1()) {
            for (int i = 0; i < 10; i++) {
                box.idle("x" + i, serv("notify:READY=1 'notify:STATUS=last words\\nERRNO=2' exit:0") + NOTIFY + NEVER);
            }
            box.boot();
            for (int i = 0; i < 10; i++) {
                box.ctl("start", "x" + i);
                Status status = box.awaitState("x" + i, "stopped", "failed");
                assertThat(status.text("statusText")).isEqualTo("last words");
                assertThat(status.number("statusErrno")).isEqualTo(2);
            }
        }
    }

    /** Such a message must cost neither the exit that is told after it nor a descriptor. */
    @Test
    void aMainProcessThatIsNoPidfdIsIgnoredAndTheExitAfterItIsNot() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("notify:READY=1 'store:a\\nMAINPIDFD=1:text' 'notify:STATUS=last words' exit:3") + NOTIFY
                    + NEVER).boot();
            box.ctl("start", "x");
            Status status = box.awaitState("x", "stopped", "failed");
            assertThat(status.number("exitCode")).isEqualTo(3);
            assertThat(status.text("statusText")).isEqualTo("last words");
        }
    }

    @Test
    void mainPidOfAnOwnProcessIsTaken() {
        try (Box box = Box.pid1()) {
            String command =
                    "[sh, -c, '/run/box/serv mark:/run/box/m:child wait & systemd-notify MAINPID=$! READY=1; exec sleep 1000']";
            box.idle("y", "exec: " + command + "\n" + NOTIFY).boot();
            box.ctl("start", "y").exits(0);
            Await.until("the child runs", () -> !box.marks("m").isEmpty());
            assertThat(box.status("y").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
            box.ctl("stop", "y").exits(0);
            assertThat(box.status("y").mainPid()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "-1", "1073741824", "x", "99999999999999999999", "KEEPER", "STRANGER"})
    void mainPidOfAnythingElseIsIgnored(String number) {
        try (Box box = Box.beside().open()) {
            Stranger stranger = box.stranger();
            box.boot();
            String pid = number.equals("KEEPER")
                    ? "" + box.keeperPid()
                    : number.equals("STRANGER") ? "" + stranger.pid() : number;
            box.idle("x", serv("notify:MAINPID=" + pid + " barrier notify:READY=1 mark:@pub/m wait") + NOTIFY
                    + "user: nobody\n");
            box.ctl("reload-config").exits(0);
            box.ctl("start", "x").exits(0);
            Await.until("it runs", () -> !box.marks("pub/m").isEmpty());
            assertThat(box.status("x").mainPid()).isEqualTo(box.marks("pub/m").getFirst().pid());
            box.ctl("stop", "x").exits(0);
            stranger.assertUntouched();
        }
    }

    /** The messages are there before the keeper's word that it has forked is read: both stand still in turn. */
    @ParameterizedTest
    @ValueSource(strings = {"all", "main"})
    void whatAServiceSaysBeforeItsForkIsKnownIsItsMainProcesssWord(String access) {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x notify-main notify:READY=1 mark:@m wait") + NOTIFY + "notify-access: " + access
                    + "\n").boot();
            String manager;
            try (Varlink connection = box.connect()) {
                manager = String
                        .valueOf(Json.object(connection.call("Version", "{}").get("parameters")).get("managerPid"));
            }
            box.signal("STOP");
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "x");
            Await.until("x is being forked", Duration.ofSeconds(20),
                    () -> box.status("x").text("waitingFor").contains("READY"),
                    () -> box.status("x").toString());
            box.inside("kill", "-s", "STOP", manager).exits(0);
            box.signal("CONT");
            Await.until("x has spoken", () -> !box.marks("m").isEmpty());
            box.inside("kill", "-s", "CONT", manager).exits(0);
            Await.until("start returns", () -> !start.isAlive());
            assertThat(start.exitValue()).as(box.read("start")).isZero();
            assertThat(box.awaitState("x", "running").mainPid()).isEqualTo(box.marks("m").getFirst().pid());
            box.ctl("stop", "x").exits(0);
            assertThat(box.state("x")).isEqualTo("stopped");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void aNotifyReloadIsConfirmedByTheService() {
        try (Box box = Box.pid1().gate("gate")) {
            box.idle("x",
                    serv("on:HUP { notify-reloading mark:@m:reloading gate:@gate notify:READY=1 } notify:READY=1 wait")
                            + NOTIFY + "reload: {notify: HUP}\n")
                    .boot();
            box.ctl("start", "x").exits(0);
            int pid = box.status("x").mainPid();
            Process reload = box.spawnInside("reload", "/run/image/bin/jinitctl", "reload", "x");
            Await.until("it reloads", () -> box.texts("m").contains("reloading"));
            box.awaitState("x", "reloading");
            assertThat(reload.isAlive()).isTrue();
            box.open("gate");
            Await.until("reload returns", () -> !reload.isAlive());
            assertThat(reload.exitValue()).as(box.read("reload")).isZero();
            assertThat(box.awaitState("x", "running").mainPid()).isEqualTo(pid);
        }
    }

    @Test
    void aReloadThatIsNeverConfirmedLeavesTheServiceRunning() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m on:HUP { notify-reloading } notify:READY=1 wait")
                    + NOTIFY + "reload: {notify: HUP}\nstart-timeout: 500ms\n").boot();
            box.ctl("start", "x").exits(0);
            box.ctl("reload", "x").exits(1);
            Status status = box.awaitState("x", "running");
            assertThat(status.text("reloadResult")).isEqualTo("timeout");
            assertThat(box.marks("m")).hasSize(1);
        }
    }

    @Test
    void aFailedReloadCommandLeavesTheServiceRunning() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m wait") + "reload: {exec: [sh, -c, 'test -n \"$MAINPID\" && exit 3']}\n");
            box.idle("y", serv("mark:@m wait") + "reload: {exec: 'test -e /run/box/serv'}\n").boot();
            box.ctl("start", "x", "y").exits(0);
            assertThat(box.ctl("reload", "x").exits(1).err()).contains("3");
            box.ctl("reload", "y").exits(0);
            assertThat(box.state("x")).isEqualTo("running");
            assertThat(box.marks("m")).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit:1", "kill-self:ABRT", "kill-self:KILL"})
    void aDeathWhileReloadingIsAFailureThatIsRestarted(String end) {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m on:HUP { notify-reloading " + end + " } notify:READY=1 wait")
                    + NOTIFY + "reload: {notify: HUP}\nrestart: {delay: 10ms}\n").boot();
            box.ctl("start", "x").exits(0);
            box.ctl("reload", "x").exits(1);
            Await.until("it runs again", () -> box.marks("m").size() == 2);
            box.awaitState("x", "running");
        }
    }

    @Test
    void aReloadBySignalReachesTheMainProcess() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    serv("on:USR2 { mark:@m:reloaded } notify:READY=1 wait") + NOTIFY + "reload: {signal: USR2}\n");
            box.idle("y", serv("wait")).boot();
            box.ctl("start", "x", "y").exits(0);
            box.ctl("reload", "x").exits(0);
            Await.until("it reloaded", () -> box.texts("m").equals(java.util.List.of("reloaded")));
            box.ctl("reload", "y").exits(1);
        }
    }

    @Test
    void stoppingEndsInAStopThatIsTimed() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x notify:READY=1 await-file:@go notify:STOPPING=1 wait") + NOTIFY + NEVER
                    + "stop: {timeout: 300ms}\n");
            box.boot().ctl("start", "x").exits(0);
            box.write("go", "");
            box.awaitState("x", "stopped", "failed");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void aMissedWatchdogEndsTheRunAndStartsAnother() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv(
                    "mark:@m env:@env notify:READY=1 times:@n:1 { repeat:5 { sleep:100 notify:WATCHDOG=1 } mark:@m:silent wait } "
                            + "repeat:1000 { sleep:100 notify:WATCHDOG=1 } wait")
                    + NOTIFY + "watchdog: 400ms\nrestart: {delay: 10ms}\n").boot();
            box.ctl("start", "x").exits(0);
            Await.until("it is started again", () -> box.texts("m").size() == 3);
            assertThat(box.texts("m")).containsExactly("started", "silent", "started");
            assertThat(box.read("env").lines()).contains("WATCHDOG_USEC=400000");
            assertThat(box.ctl("why", "x").exits(0).out()).containsIgnoringCase("watchdog");
        }
    }

    @Test
    void storedDescriptorsComeBackAfterARestartAndGoAtAFullStop() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv(
                    "env:@env descriptors:@fds if-missing:@stored { store:state:hello mark:@stored barrier } notify:READY=1 wait")
                    + NOTIFY + "fd-store: 4\n").boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.read("env").lines()).contains("FDSTORE=4").noneMatch(line -> line.startsWith("LISTEN_FDS="));
            box.ctl("restart", "x").exits(0);
            assertThat(box.read("env").lines()).contains("LISTEN_FDS=1", "LISTEN_FDNAMES=state");
            assertThat(box.read("fds")).contains("3 /memfd:stored");
            box.ctl("stop", "x").exits(0);
            box.ctl("start", "x").exits(0);
            assertThat(box.read("env").lines()).noneMatch(line -> line.startsWith("LISTEN_FDS="));
        }
    }

    @Test
    void storedDescriptorsOutliveTheManagersDeath() {
        try (Box box = Box.pid1()) {
            box.define("x", serv(
                    "env:@env descriptors:@fds mark:@m if-missing:@stored { store:state:hello mark:@stored barrier } notify:READY=1 wait")
                    + NOTIFY + "fd-store: 4\n").boot();
            box.awaitState("x", "running");
            box.killManager();
            Await.until("x runs anew", () -> box.marks("m").size() == 2);
            box.awaitState("x", "running");
            assertThat(box.read("env").lines()).contains("LISTEN_FDS=1", "LISTEN_FDNAMES=state");
            assertThat(box.read("fds")).contains("3 /memfd:stored");
            box.ctl("stop", "x").exits(0);
            assertThat(box.keeperDescriptors()).as("the keeper let go of it")
                    .noneMatch(to -> to.contains("memfd:stored"));
            box.ctl("start", "x").exits(0);
            assertThat(box.read("env").lines()).noneMatch(line -> line.startsWith("LISTEN_FDS="));
        }
    }

    @Test
    void systemdNotifyAndItsBarrierWorkUnmodified() {
        try (Box box = Box.pid1()) {
            box.idle("x",
                    "exec: [sh, -c, 'systemd-notify --status=warming && systemd-notify --ready --status=\"all is well\" && "
                            + "touch /run/box/passed; exec sleep 1000']\n" + NOTIFY)
                    .boot();
            box.ctl("start", "x").exits(0);
            Await.until("the barrier was answered", () -> box.file("passed").toFile().exists());
            assertThat(box.status("x").text("statusText")).isEqualTo("all is well");
        }
    }

    @Test
    void aPythonClientWorks() {
        try (Box box = Box.pid1()) {
            box.write("client.py", """
                    import os, socket, time
                    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                    path = os.environ["NOTIFY_SOCKET"]
                    s.connect("\\0" + path[1:] if path[0] == "@" else path)
                    s.send(b"STATUS=from python")
                    s.send(b"READY=1\\nX_FLAVOUR=vanilla\\n")
                    time.sleep(1000)
                    """);
            box.idle("x", "exec: python3 /run/box/client.py\n" + NOTIFY).boot();
            box.ctl("start", "x").exits(0);
            assertThat(box.status("x").text("statusText")).isEqualTo("from python");
            assertThat(box.status("x").text("extra")).contains("X_FLAVOUR=vanilla");
        }
    }

    @Test
    void aFloodOfOneDoesNotHoldUpAnothersReadiness() {
        try (Box box = Box.pid1()) {
            box.define("flood", serv("notify:READY=1 mark:@m repeat:1000000 { notify-flood:1000 }") + NOTIFY);
            box.idle("x", serv("notify:READY=1 wait") + NOTIFY).boot();
            Await.until("it floods", () -> !box.marks("m").isEmpty());
            for (int i = 0; i < 10; i++) {
                long begin = System.nanoTime();
                box.ctl("restart", "x").exits(0);
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(2));
            }
        }
    }

    @Test
    void badDatagramsAreDroppedAndTheServiceGoesOn() {
        try (Box box = Box.pid1()) {
            box.write("bad.pl",
                    """
                            use Socket;
                            socket(S, PF_UNIX, SOCK_DGRAM, 0) or die;
                            my $to = pack_sockaddr_un($ENV{NOTIFY_SOCKET} =~ s/^@/\\0/r);
                            send(S, $_, 0, $to) for ("", "\\0", "READY=1\\0STATUS=x", "STATUS=\\xff\\xfe", "X" x 60000, "=\\n=\\n",
                                "STATUS=" . "y" x 30000, "READY=0", "READY", "MAINPID=", "BARRIER=1", "BARRIER=1\\nREADY=1", "FDSTORE=1",
                                "WATCHDOG=maybe", "EXTEND_TIMEOUT_USEC=-1", "NOTIFYACCESS=everybody");
                            open(F, '>', '/run/box/sent'); close F;
                            sleep 1 until -e '/run/box/go';
                            send(S, "READY=1\\nSTATUS=fine", 0, $to);
                            sleep 1000;
                            """);
            box.idle("x", "exec: perl /run/box/bad.pl\n" + NOTIFY).boot();
            Process start = box.spawnInside("start", "/run/image/bin/jinitctl", "start", "x");
            Await.until("all was sent", () -> box.file("sent").toFile().exists());
            Await.stays("not ready", Duration.ofMillis(200), () -> box.state("x").equals("starting"));
            box.write("go", "");
            assertThat(box.awaitState("x", "running").text("statusText")).isEqualTo("fine");
            Await.until("start returns", () -> !start.isAlive());
        }
    }

    @Test
    void theSocketIsThereOnlyForWhoeverAskedForIt() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("env:@env mark:@m wait")).boot();
            box.ctl("start", "x").exits(0);
            Await.until("it wrote", () -> !box.marks("m").isEmpty());
            assertThat(box.read("env").lines())
                    .noneMatch(line -> line.startsWith("NOTIFY_SOCKET=") || line.startsWith("UPSTART_JOB="));
        }
    }
}
