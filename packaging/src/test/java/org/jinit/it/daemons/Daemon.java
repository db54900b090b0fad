package org.jinit.it.daemons;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jinit.it.Await;
import org.jinit.it.Box;
import org.jinit.it.Cli;
import org.jinit.it.Proc;
import org.jinit.it.Status;

/**
 * The life that every daemon's example is put through, unchanged: started, used, reloaded, its main process killed, used again, restarted,
 * stopped with nothing left. In a machine of its own with the configuration that Debian's package has, changed by {@code prepare}.
 */
final class Daemon {
    private static final Path EXAMPLES =
            Path.of(System.getProperty("jinit.examples", "../etc/examples")).toAbsolutePath();

    private final String name;
    private final Box box = Box.pid1().asMachine();
    private final List<String> processNames = new ArrayList<>();
    private String client = "true";
    private String wanted = "";
    private boolean reloads;
    private String afterReload = "";

    /** @param name of the example */
    Daemon(String name) {
        this.name = name;
        example(name);
    }

    static String exampleText(String name) {
        try {
            return Files.readString(EXAMPLES.resolve(name + ".yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds another example, which this one needs. None is started at boot. */
    Daemon example(String other) {
        String text = exampleText(other);
        box.define(other, text.contains("enabled: false") ? text : text + "enabled: false\n");
        return this;
    }

    /** Shell commands run inside before jinitd starts. */
    Daemon prepare(String commands) {
        box.prepare(commands);
        return this;
    }

    /** A shell command that uses the daemon, whose output must hold the text. */
    Daemon used(String command, String output) {
        client = command;
        wanted = output;
        return this;
    }

    /** The names (comm) of its processes, none of which may be left. */
    Daemon processes(String... names) {
        processNames.addAll(List.of(names));
        return this;
    }

    /** It is reloaded; a shell command must then succeed, soon. */
    Daemon reloads(String check) {
        reloads = true;
        afterReload = check;
        return this;
    }

    /** The whole life. */
    void lives() {
        try (box) {
            box.boot();
            box.ctl("start", name).exits(0);
            Status started = status();
            assertThat(started.mainPid()).as("main process").isPositive();
            use("after the start");
            reload(started);
            killed(started);
            box.ctl("restart", name).exits(0);
            use("after the restart");
            box.ctl("stop", name).exits(0);
            assertStopped();
            assertThat(box.shutdown()).isZero();
        }
    }

    Box box() {
        return box;
    }

    private Status status() {
        Status status = box.status(name);
        assertThat(status.state()).as("state; console:\n%s", box.console()).isEqualTo("running");
        return status;
    }

    /** Ready means that a client is served at the first try. */
    private void use(String when) {
        Cli cli = box.inside("sh", "-c", client);
        assertThat(cli.text()).as("%s %s; console:\n%s", client, when, box.console()).contains(wanted);
        assertThat(cli.code()).as("%s %s: %s", client, when, cli.text()).isZero();
    }

    private void reload(Status started) {
        if (!reloads) {
            return;
        }
        box.ctl("reload", name).exits(0);
        Await.until("reloaded: " + afterReload, () -> box.inside("sh", "-c", afterReload).code() == 0);
        Await.until("running after the reload", () -> box.state(name).equals("running"));
        assertThat(status().mainPid()).as("a reload keeps the main process").isEqualTo(started.mainPid());
        use("after the reload");
    }

    private void killed(Status started) {
        box.inside("kill", "-s", "KILL", Integer.toString(started.mainPid())).exits(0);
        Await.until("it comes back", Duration.ofSeconds(60), () -> {
            Status now = box.status(name);
            return now.state().equals("running") && now.mainPid() != started.mainPid() && now.mainPid() > 0;
        }, box::console);
        assertThat(box.status(name).restarts()).isPositive();
        use("after its main process was killed");
    }

    private void assertStopped() {
        assertThat(box.state(name)).isEqualTo("stopped");
        assertThat(box.status(name).processes()).isEmpty();
        assertThat(living()).as("processes left").isEmpty();
    }

    private List<Proc> living() {
        return box.processes().stream().filter(p -> !p.zombie() && processNames.contains(p.name())).toList();
    }
}
