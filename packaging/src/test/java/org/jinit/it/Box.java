package org.jinit.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A machine for one test: name spaces of their own in which the image's jinitd runs. Definitions are written to
 * {@code /run/box/etc}; the test daemon is {@code /run/box/serv}. {@code /run/box/pub} is for services that are not root.
 */
public final class Box implements AutoCloseable {
    /** How jinitd stands in the box. */
    public enum Style {
        /** The first process, as in a container. */
        PID1,
        /** Beside others, below a first process that only reaps: then it is a subreaper. */
        BESIDE,
        /** Beside others, without root, with {@code --user}. */
        USER
    }

    /** The uid and gid of services and managers without root. */
    public static final int NOBODY = 65534;

    private static final int CONSOLE_SHOWN = 4000;
    private static final Path IMAGE = Path.of(property("jinit.image", "target/jinit")).toAbsolutePath();
    private static final Path SERV = Path.of(property("jinit.serv", "target/test-tools/serv")).toAbsolutePath();
    private static final Path BOXES = Path.of(property("jinit.boxes", "target/boxes")).toAbsolutePath();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Style style;
    private final Path dir;
    private final Map<String, String> environment = new TreeMap<>(Map.of(
            "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG", "C.UTF-8", "HOME",
            "/root"));
    private @Nullable Path cgroup;
    private boolean atCgroupRoot;
    private String prepare = "";
    private @Nullable Namespace space;
    private @Nullable Process jinitd;
    private final AtomicInteger strangers = new AtomicInteger();

    /** A box that is not started yet. */
    public Box(Style style) {
        this.style = style;
        this.dir = BOXES.resolve(ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
        try {
            deleteTree(dir);
            Files.createDirectories(dir.resolve("etc"));
            Files.createDirectories(dir.resolve("pub"));
            Files.createDirectories(dir.resolve("u"));
            Files.setPosixFilePermissions(dir.resolve("pub"), PosixFilePermissions.fromString("rwxrwxrwx"));
            for (String tool : List.of("serv", "strangers", "flood", "sdclient", "tracer")) {
                Files.copy(SERV.resolveSibling(tool), dir.resolve(tool), StandardCopyOption.COPY_ATTRIBUTES);
            }
            if (style == Style.USER) {
                for (String name : List.of("u", "etc")) {
                    Files.setAttribute(dir.resolve(name), "unix:uid", NOBODY);
                    Files.setAttribute(dir.resolve(name), "unix:gid", NOBODY);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A container's first process, without any cgroup: the usual case. */
    public static Box pid1() {
        return new Box(Style.PID1);
    }

    /** A subreaper beside other processes. */
    public static Box beside() {
        return new Box(Style.BESIDE);
    }

    private static String property(String name, String otherwise) {
        return System.getProperty(name, otherwise);
    }

    /** Gives the box a cgroup v2 file system of its own, which jinitd may write. */
    public Box withCgroup() {
        cgroup = Path.of("/sys/fs/cgroup/unified/jinit-box-" + dir.getFileName());
        if (!Files.exists(cgroup.resolveSibling("cgroup.procs"))) {
            cgroup = Path.of("/sys/fs/cgroup/jinit-box-" + dir.getFileName());
        }
        return this;
    }

    /** Makes jinitd stand at the root of the cgroups that it sees, as in a container; there is no cgroup file system to write to. */
    public Box withCgroupNamespace() {
        atCgroupRoot = true;
        return this;
    }

    /** Shell commands that run inside, after the mounts and before jinitd. */
    public Box prepare(String commands) {
        prepare += commands + "\n";
        return this;
    }

    /**
     * Gives the box a /var and an /etc that look like the machine's and may be changed, and a /dev of its own: what a Debian package's
     * daemon needs to run with the configuration it came with.
     */
    public Box asMachine() {
        return prepare(MachineLook.SETUP);
    }

    /** A variable of jinitd's environment. */
    public Box environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Writes {@code NAME.yaml}. */
    public Box define(String name, String yaml) {
        return write("etc/" + name + ".yaml", yaml);
    }

    /** Like {@link #define}, but not started at boot. */
    public Box idle(String name, String yaml) {
        return define(name, "enabled: false\n" + yaml);
    }

    /** The {@code exec} line of the test daemon; {@code @} stands for {@code /run/box/}. */
    public static String serv(String words) {
        return "exec: /run/box/serv " + words.replace("@", "/run/box/") + "\n";
    }

    /** Writes a file of {@code /run/box}, its directories included, by replacing it. */
    public Box write(String file, String text) {
        Path path = dir.resolve(file);
        try {
            Files.createDirectories(path.getParent());
            Path temporary = path.resolveSibling("." + path.getFileName() + ".new");
            Files.writeString(temporary, text);
            if (style == Style.USER) {
                Files.setAttribute(temporary, "unix:uid", NOBODY);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    public void delete(String file) {
        try {
            Files.deleteIfExists(dir.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of {@code /run/box}. */
    public Path file(String name) {
        return dir.resolve(name);
    }

    /** Its text, empty when it is missing. */
    public String read(String file) {
        try {
            return Files.exists(dir.resolve(file)) ? Files.readString(dir.resolve(file)) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines that test daemons marked in a file of {@code /run/box}. */
    public List<Mark> marks(String file) {
        return Mark.read(dir.resolve(file));
    }

    /** Only their texts. */
    public List<String> texts(String file) {
        return marks(file).stream().map(Mark::text).toList();
    }

    /** Makes a fifo, at which {@code gate:/run/box/NAME} waits. */
    public Box gate(String name) {
        if (!succeeds("mkfifo", "-m", "666", dir.resolve(name).toString())) {
            throw new AssertionError("cannot make the fifo " + name);
        }
        return this;
    }

    /** Lets one who waits at the gate, or comes to it, go on; waits for him. */
    public void open(String gate) {
        String write = "printf x | dd of=\"$0\" oflag=nonblock conv=notrunc,nocreat status=none 2>/dev/null";
        Await.until("somebody waits at the gate " + gate,
                () -> succeeds("sh", "-c", write, dir.resolve(gate).toString()));
    }

    private static boolean succeeds(String... line) {
        try {
            return new ProcessBuilder(line).start().waitFor() == 0;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("cannot run " + String.join(" ", line), e);
        }
    }

    private List<String> jinitdLine(List<String> options) {
        List<String> line = new ArrayList<>(style == Style.USER ? asNobody() : List.of());
        line.add("/run/image/sbin/jinitd");
        line.addAll(List.of("--config-dir", "/run/box/etc"));
        if (style == Style.USER) {
            line.add("--user");
        } else {
            line.addAll(List.of("--log-dir", "/run/box/log", "--state-dir", "/run/box/state"));
        }
        line.addAll(options);
        return line;
    }

    private static List<String> asNobody() {
        return List.of(
                "setpriv",
                "--reuid=" + NOBODY,
                "--regid=" + NOBODY,
                "--clear-groups",
                "env",
                "HOME=/run/box/u",
                "XDG_RUNTIME_DIR=/run/box/u",
                "XDG_CONFIG_HOME=/run/box/u/config",
                "XDG_STATE_HOME=/run/box/u/state");
    }

    /** Makes the name spaces with an idle first process, so that strangers can be there before jinitd. Not with PID1. */
    public Box open() {
        if (style == Style.PID1) {
            throw new IllegalStateException("jinitd is the first process of this box");
        }
        space = new Namespace(dir, IMAGE, cgroup, prepare, environment, List.of("/run/box/serv", "reap", "wait"));
        return this;
    }

    /** Starts jinitd without waiting for anything. */
    public Box launch(String... options) {
        List<String> line = jinitdLine(List.of(options));
        if (atCgroupRoot) {
            line.addAll(0, List.of("unshare", "--cgroup", "--"));
        }
        if (style == Style.PID1) {
            space = new Namespace(dir, IMAGE, cgroup, prepare, environment, line);
            jinitd = space.unshared();
        } else {
            if (space == null) {
                open();
            }
            if (cgroup != null) {
                line.addAll(0, List.of("sh", "-c", "echo 0 >/sys/fs/cgroup/cgroup.procs; exec \"$0\" \"$@\""));
            }
            jinitd = space().spawn("console.log", line);
        }
        return this;
    }

    /** Starts jinitd and waits until it answers. */
    public Box boot(String... options) {
        launch(options);
        awaitAnswer();
        return this;
    }

    /** jinitd answers on its control socket. */
    public void awaitAnswer() {
        Path control = space().root(style == Style.USER ? "/run/box/u/jinit/control" : "/run/jinit/control");
        Await.until("jinitd listens", Await.LONGEST, () -> {
            if (!jinitd().isAlive()) {
                throw new AssertionError("jinitd ended: " + console());
            }
            return Files.exists(control);
        }, this::console);
        Await.until("jinitd answers", Await.LONGEST, () -> ctl("list").code() == 0, this::console);
    }

    /** Kills the manager, which is a child of the keeper. */
    public void killManager() {
        Proc manager = processes().stream()
                .filter(p -> p.ppid() == keeperPid() && p.name().contains("java"))
                .findFirst()
                .orElseThrow();
        inside("kill", "-s", "KILL", Integer.toString(manager.pid())).exits(0);
    }

    /** What the keeper's descriptors are, as its /proc says. */
    public List<String> keeperDescriptors() {
        return inside("sh", "-c", "for fd in /proc/" + keeperPid() + "/fd/*; do readlink $fd; done").out()
                .lines()
                .toList();
    }

    Namespace space() {
        if (space == null) {
            throw new IllegalStateException("the box is not started");
        }
        return space;
    }

    Process jinitd() {
        if (jinitd == null) {
            throw new IllegalStateException("jinitd is not started");
        }
        return jinitd;
    }

    /** The end of what jinitd, and services whose output it inherits, wrote. */
    public String console() {
        String text = space().console();
        return text.length() <= CONSOLE_SHOWN ? text : "..." + text.substring(text.length() - CONSOLE_SHOWN);
    }

    /** Runs {@code jinitctl}. */
    public Cli ctl(String... args) {
        List<String> line = new ArrayList<>(style == Style.USER ? asNobody() : List.of());
        line.add("/run/image/bin/jinitctl");
        line.addAll(List.of(args));
        if (style == Style.USER) {
            line.add("--user");
        }
        return space().run(null, line);
    }

    /** Runs a command inside, beside jinitd. */
    public Cli inside(String... command) {
        return space().run(null, List.of(command));
    }

    /** The same with something to read. */
    public Cli insideWithInput(String input, String... command) {
        return space().run(input, List.of(command));
    }

    /** Starts a command inside, beside jinitd; its output goes to a file of {@code /run/box}. */
    public Process spawnInside(String outputFile, String... command) {
        return space().spawn(outputFile, List.of(command));
    }

    /** A path inside, as seen from the test. */
    public Path root(String inside) {
        return space().root(inside);
    }

    /** A new connection to the control socket. */
    Varlink connect() {
        return new Varlink(root(style == Style.USER ? "/run/box/u/jinit/control" : "/run/jinit/control"));
    }

    public Status status(String name) {
        if (style == Style.USER) {
            Cli told = ctl("status", name, "--json");
            // 3 says that it is not running, which is an answer.
            return new Status(Json.objects((told.code() == 3 ? told : told.exits(0)).out()).getFirst());
        }
        try (Varlink connection = connect()) {
            Map<String, @Nullable Object> reply = connection.call("Status", "{\"names\":[\"" + name + "\"]}");
            Map<String, @Nullable Object> parameters = Json.object(reply.get("parameters"));
            if (!(parameters.get("services") instanceof List<?> list)) {
                throw new AssertionError("no status of " + name + ": " + reply);
            }
            return new Status(Json.object(list.getFirst()));
        }
    }

    public String state(String name) {
        return status(name).state();
    }

    public Status awaitState(String name, String... states) {
        return Await.value(name + " is " + String.join(" or ", states) + "; console:\n" + console(), () -> {
            Status status = status(name);
            return List.of(states).contains(status.state()) ? status : null;
        });
    }

    /** A stranger in this box. */
    public Stranger stranger() {
        String file = "stranger-" + strangers.incrementAndGet();
        return new Stranger(this, spawnInside(file + ".out", "/run/box/serv", "record:/run/box/" + file), file);
    }

    /** A process that is exactly this number inside the box, and records what it gets. */
    public Stranger strangerWithPid(int pid) {
        String file = "stranger-" + strangers.incrementAndGet();
        Process process = spawnInside(
                file + ".out", "/run/box/serv", "take-pid:" + pid, "{", "record:/run/box/" + file, "}",
                "sleep:3600000");
        return new Stranger(this, process, file);
    }

    /** The living processes inside that have this word in their command line. */
    public List<Proc> tagged(String word) {
        return space().processes().stream().filter(p -> !p.zombie() && p.args().contains(word)).toList();
    }

    /** Zombies included. */
    public List<Proc> processes() {
        return space().processes();
    }

    public void awaitGone(String tag) {
        Await.until("no process " + tag, Await.LONGEST, () -> tagged(tag).isEmpty(), () -> tagged(tag).toString());
    }

    /** The keeper, by its number out here. */
    public ProcessHandle keeper() {
        return style == Style.PID1 ? space().first() : jinitd().children().findFirst().orElseThrow();
    }

    /** The keeper, by its number inside. */
    public int keeperPid() {
        return style == Style.PID1
                ? 1
                : Await.value("the keeper", () -> space().processes()
                        .stream()
                        .filter(p -> p.ppid() == 0 && p.args().contains("/run/image/sbin/jinitd"))
                        .findFirst()
                        .orElse(null))
                        .pid();
    }

    /** Sends jinitd a signal by its name. */
    public void signal(String name) {
        if (!succeeds("kill", "-s", name, Long.toString(keeper().pid()))) {
            throw new AssertionError("cannot send " + name + " to jinitd");
        }
    }

    /** Asks jinitd to end and gives its exit status. */
    public int shutdown() {
        signal("TERM");
        return awaitExit(Duration.ofSeconds(30));
    }

    public int awaitExit(Duration longest) {
        try {
            if (!jinitd().waitFor(longest.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("jinitd still runs after " + longest + "\n" + console());
            }
            return jinitd().exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("cannot wait for jinitd", e);
        }
    }

    @Override
    public void close() {
        if (space != null) {
            space.close();
        }
        try {
            deleteTree(dir);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteTree(Path top) throws IOException {
        if (!Files.exists(top) || Boolean.getBoolean("jinit.keepBoxes")) {
            return;
        }
        try (var tree = Files.walk(top)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
