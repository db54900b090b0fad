package org.jinit.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Private pid, mount, network, IPC and host name spaces with a private /tmp, /run and /var/log, and everything that runs in
 * them. Inside, the box's directory is {@code /run/box} and the image {@code /run/image}. Closing it kills all of it; so does the
 * death of this JVM.
 */
final class Namespace implements AutoCloseable {
    /** How long any command run inside may take. */
    static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);

    private static final String SETUP = """
            mount --make-rprivate /
            mount -t tmpfs -o mode=755 tmpfs /run
            mkdir -m 755 /run/box /run/image /run/lock
            mount --bind "$1" /run/box
            mount --bind "$2" /run/image
            mount -t tmpfs -o mode=1777 tmpfs /tmp
            for at in log lib cache; do mount -t tmpfs -o mode=755 tmpfs /var/$at; done
            if [ "$3" = cgroup ]; then
                umount -R /sys/fs/cgroup; mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
                umount /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup
            else
                mount -t tmpfs -o ro,mode=555 tmpfs /sys/fs/cgroup
            fi
            ip link set lo up
            cd /
            eval "$4"
            shift 4
            exec "$@"
            """;

    private final Path dir;
    private final @Nullable Path cgroup;
    private final Map<String, String> environment;
    private final Process unshare;
    private final Process leash;
    private final ProcessHandle first;

    /**
     * Starts {@code command} as the first process of new name spaces.
     *
     * @param dir what /run/box will be; the command's output goes to its {@code console.log}
     * @param cgroup a new cgroup v2 directory that will be the root inside, null: there is no cgroup file system inside
     */
    Namespace(Path dir, Path image, @Nullable Path cgroup, String prepare, Map<String, String> environment,
            List<String> command) {
        this.dir = dir;
        this.cgroup = cgroup;
        this.environment = environment;
        List<String> line = new ArrayList<>();
        if (cgroup != null) {
            line.addAll(List.of("sh", "-ec", "mkdir -p \"$0\"; echo 0 >\"$0/cgroup.procs\"; exec \"$@\"",
                    cgroup.toString()));
        }
        line.addAll(List.of("unshare", "--pid", "--fork", "--kill-child=KILL", "--mount", "--mount-proc"));
        line.addAll(List.of("--net", "--ipc", "--uts"));
        if (cgroup != null) {
            line.add("--cgroup");
        }
        line.addAll(List.of("--", "sh", "-ec", SETUP, "box", dir.toString(), image.toString()));
        line.add(cgroup == null ? "none" : "cgroup");
        line.add(prepare);
        line.addAll(command);
        unshare = start(line, dir.resolve("console.log"));
        leash = leash(unshare.pid());
        first = firstChild();
    }

    /** A process that kills the name spaces when this JVM is no longer there to do so. */
    private static Process leash(long pid) {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "read line; kill -9 $0", Long.toString(pid));
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process start(List<String> line, Path output) {
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.redirectInput(Path.of("/dev/null").toFile());
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ProcessHandle firstChild() {
        try {
            return Await.value("the first process of the name spaces", () -> {
                Optional<ProcessHandle> child = unshare.children().findFirst();
                if (child.isEmpty() && !unshare.isAlive()) {
                    throw new AssertionError("the name spaces could not be made: " + console());
                }
                boolean ready = child.isPresent() && Files.isDirectory(root(child.get()).resolve("run/box"));
                return ready && setUp(child.get()) ? child.get() : null;
            });
        } catch (AssertionError e) {
            unshare.destroyForcibly();
            leash.destroyForcibly();
            throw e;
        }
    }

    /** The setting up is over when the shell became the command. */
    private static boolean setUp(ProcessHandle child) {
        try {
            return !Files.readString(Path.of("/proc/" + child.pid() + "/cmdline")).startsWith("sh\0-ec\0");
        } catch (IOException e) {
            return false;
        }
    }

    String console() {
        try {
            Path log = dir.resolve("console.log");
            return Files.exists(log) ? Files.readString(log, StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A path inside, as seen from here; only while the first process lives. */
    Path root(String inside) {
        return root(first).resolve(inside.substring(1));
    }

    private static Path root(ProcessHandle process) {
        return Path.of("/proc/" + process.pid() + "/root");
    }

    /** The first process, by its number out here. */
    ProcessHandle first() {
        return first;
    }

    Process unshared() {
        return unshare;
    }

    /** The command line that runs this inside. */
    List<String> entering(List<String> command) {
        List<String> line = new ArrayList<>(List.of("nsenter", "-t", Long.toString(first.pid())));
        line.addAll(List.of("-p", "-m", "-n", "-i", "-u"));
        if (cgroup != null) {
            line.add("-C");
        }
        line.add("--");
        line.addAll(command);
        return line;
    }

    /** Starts a process beside jinitd whose output goes to this file of the box's directory. */
    Process spawn(String outputFile, List<String> command) {
        return start(entering(command), dir.resolve(outputFile));
    }

    /** Runs a command inside to its end. */
    Cli run(@Nullable String input, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(entering(command));
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            Path err = Files.createTempFile(dir, "stderr", ".txt");
            Path in = Files.createTempFile(dir, "stdin", ".txt");
            Files.writeString(in, input == null ? "" : input);
            builder.redirectInput(in.toFile()).redirectError(err.toFile());
            Process process = builder.start();
            Thread killer = Thread.startVirtualThread(() -> killLater(process));
            String out = text(process.getInputStream());
            int code = process.waitFor();
            killer.interrupt();
            String errText = Files.readString(err, StandardCharsets.ISO_8859_1);
            Files.delete(err);
            Files.delete(in);
            return new Cli(String.join(" ", command), code, out, errText);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("cannot wait for " + command, e);
        }
    }

    private static String text(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }

    private static void killLater(Process process) {
        try {
            if (!process.waitFor(COMMAND_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            // The command ended: nothing to kill.
        }
    }

    /** All processes inside, zombies included. */
    List<Proc> processes() {
        return Proc.all(root("/proc"));
    }

    @Override
    public void close() {
        leash.destroyForcibly();
        first.destroyForcibly();
        Await.until("the box is gone", () -> !unshare.isAlive());
        Path group = cgroup;
        if (group != null) {
            Await.until("the box's cgroups are removed", () -> removed(group));
        }
    }

    private static boolean removed(Path group) {
        try (var tree = Files.walk(group)) {
            tree.filter(Files::isDirectory)
                    .sorted(java.util.Comparator.reverseOrder())
                    .forEach(path -> path.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            return !Files.exists(group);
        }
        return !Files.exists(group);
    }
}
