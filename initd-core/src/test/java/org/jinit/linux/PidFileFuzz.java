package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jinit.fuzz.OpenDescriptors;
import org.jinit.fuzz.Script;
import org.jspecify.annotations.Nullable;

/**
 * Pid files and directories in every situation that a script can make: what is read, removed or made is what a naive look at the same tree
 * says, and nothing else changes.
 */
public final class PidFileFuzz {
    private static final Linux LINUX = new JnrLinux();
    private static final Path DIRECTORY = directory();
    private static final int STEPS = 20;
    /** White space as the reader has it, then at most 9 digits. */
    private static final Pattern NUMBER = Pattern.compile("[\\t-\\r\\x1c-\\x20]*([0-9]{1,9})[\\t-\\r\\x1c-\\x20]*");

    private final FuzzTree tree;
    private final PidFileReader reader = new PidFileReader(LINUX);
    private final StalePidFile stale = new StalePidFile(LINUX);
    private final SafePaths paths = new SafePaths(LINUX);

    private PidFileFuzz(FuzzTree tree) {
        this.tree = tree;
    }

    private static Path directory() {
        try {
            Path directory = Files.createTempDirectory("pid-fuzz").toRealPath();
            directory.toFile().deleteOnExit();
            return directory;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Steps of {@link FuzzTree#make}, and those of {@link #act}. */
    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        OpenDescriptors before = new OpenDescriptors();
        try (FuzzTree tree = new FuzzTree(LINUX, DIRECTORY.resolve("t"))) {
            PidFileFuzz fuzz = new PidFileFuzz(tree);
            for (String step : Script.steps(input, STEPS)) {
                if (step.isEmpty() || !fuzz.act(step.charAt(0), step.substring(1))) {
                    tree.make(step);
                }
            }
        }
        before.assertNoMore();
    }

    private boolean act(char what, String text) throws Exception {
        switch (what) {
            case 'r' -> read(tree.path(text, true));
            case 'x' -> clear(tree.path(text, true), false);
            case 'X' -> clear(tree.path(text, true), true);
            case 'R' -> removeTree(tree.path(text, false));
            case 'C' -> clearDirectory(tree.path(text, false));
            case 'M' -> makeDirectory(tree.path(text, false));
            case '~' -> race(tree.path("a", false), text);
            default -> {
                return false;
            }
        }
        return true;
    }

    private @Nullable NaiveWalk walk(String path, boolean parentOnly) {
        try {
            return NaiveWalk.of(path, parentOnly, LINUX.effectiveUid());
        } catch (IOException e) {
            return null;
        }
    }

    /** The number that the first line is, 0: it is none. Independent of the reader. */
    private static int number(byte[] content) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\n');
        boolean whole = end >= 0 ? end <= PidFileReader.MAX_SIZE : text.length() <= PidFileReader.MAX_SIZE;
        Matcher matcher = NUMBER.matcher(end < 0 ? text : text.substring(0, end));
        return whole && matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    /** As much as the reader reads; nothing when we may not. */
    private static byte[] start(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            return new byte[0];
        }
        try (var in = Files.newInputStream(file)) {
            return in.readNBytes(PidFileReader.MAX_SIZE + 1);
        }
    }

    private void read(String path) throws IOException {
        Map<String, String> before = tree.snapshot();
        PidFileReader.Result result = reader.read(path);
        assertThat(tree.snapshot()).isEqualTo(before);
        NaiveWalk walk = walk(path, false);
        if (walk == null) {
            assertThat(result).isNotInstanceOf(PidFileReader.Found.class);
            return;
        }
        Path file = walk.target();
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            assertThat(result).isEqualTo(new PidFileReader.Unusable("it is not a regular file"));
            return;
        }
        if (!Files.isReadable(file)) {
            assertThat(result).isInstanceOf(PidFileReader.Unusable.class);
            return;
        }
        byte[] content = start(file);
        int expected = number(content);
        switch (result) {
            case PidFileReader.Absent() -> throw new AssertionError(path + " is there");
            case PidFileReader.Unusable(String reason) -> assertThat(expected).as(reason).isZero();
            case PidFileReader.Found found -> {
                boolean othersWrite = (NaiveWalk.number(file, "mode") & 022) != 0;
                assertThat(found.pid()).isEqualTo(expected).isPositive();
                assertThat(found.questionable()).as("questionable").isEqualTo(walk.questionable || othersWrite);
                assertThat(found.ownerUid()).isEqualTo(NaiveWalk.owner(file));
                assertThat(!found.locked() || tree.holdsLocks()).as("locked").isTrue();
                assertThat(found.locked() || !tree.isLocked(file)).as("not locked").isTrue();
            }
        }
    }

    private void clear(String path, boolean stopped) throws IOException {
        if (NaiveWalk.names(path).size() == tree.root().getNameCount()) {
            return;
        }
        Map<String, String> before = tree.snapshot();
        NaiveWalk parent = walk(path, true);
        String name = NaiveWalk.names(path).getLast();
        Path entry = parent == null ? null : parent.target().resolve(name);
        byte[] content = entry != null && Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS) ? start(entry) : null;
        boolean locked = content != null && entry != null && tree.isLocked(entry);
        StalePidFile.Result result = stale.clear(path, stopped);
        Map<String, String> after = tree.snapshot();
        if (!(result instanceof StalePidFile.Removed)) {
            assertThat(after).as("%s", result).isEqualTo(before);
            return;
        }
        assertThat(parent == null || parent.foreignLink).as("removed though a stranger's link is in the way").isFalse();
        assertThat(content).as("content of the removed file").isNotNull().hasSizeLessThanOrEqualTo(32);
        int pid = number(content == null ? new byte[0] : content);
        assertThat(locked).as("removed though it is locked").isFalse();
        assertThat(stopped || pid != LINUX.pid()).as("the file of a living process").isTrue();
        before.remove(String.valueOf(entry));
        assertThat(after).isEqualTo(before);
    }

    private static Map<String, String> outside(Map<String, String> tree, @Nullable Path target) {
        Map<String, String> rest = new TreeMap<>(tree);
        rest.keySet().removeIf(path -> target != null && Path.of(path).startsWith(target));
        return rest;
    }

    private void removeTree(String path) {
        if (NaiveWalk.names(path).size() == tree.root().getNameCount()) {
            return;
        }
        change(path, false, () -> paths.removeTree(path));
    }

    private void clearDirectory(String path) {
        change(path, true, () -> {
            paths.clear(path, Set.of("b"));
            return false;
        });
    }

    private interface Change {
        boolean done();
    }

    /** Nothing but what lies at the path's last component changes, and that only when no stranger's link is in the way. */
    private void change(String path, boolean stays, Change change) {
        NaiveWalk parent = walk(path, true);
        Path entry = parent == null ? null : parent.target().resolve(NaiveWalk.names(path).getLast());
        Map<String, String> before = tree.snapshot();
        boolean gone = false;
        try {
            gone = change.done();
        } catch (LinuxException e) {
            assertThat(tree.snapshot()).as("%s", e).isEqualTo(before);
        }
        Map<String, String> after = tree.snapshot();
        assertThat(outside(after, entry)).isEqualTo(outside(before, entry));
        if (entry == null || parent == null || parent.foreignLink) {
            assertThat(after).isEqualTo(before);
            return;
        }
        assertThat(gone && after.containsKey(entry.toString())).as("gone and still there").isFalse();
        if (stays) {
            assertThat(after.get(entry.toString())).isEqualTo(before.get(entry.toString()));
        }
    }

    private void makeDirectory(String path) {
        Map<String, String> before = tree.snapshot();
        boolean made = true;
        try {
            paths.makeDirectory(path, 1000, -1, 0750);
        } catch (LinuxException e) {
            made = false;
        }
        Map<String, String> after = tree.snapshot();
        NaiveWalk walk = walk(path, true);
        Path entry = walk == null ? null : walk.target().resolve(NaiveWalk.names(path).getLast());
        assertThat(after.keySet()).containsAll(before.keySet());
        if (made && entry != null && walk != null) {
            assertThat(walk.foreignLink).as("made through a stranger's link").isFalse();
            assertThat(entry).isDirectory();
            assertThat(Files.isSymbolicLink(entry)).isFalse();
        }
        after.keySet().retainAll(before.keySet());
        if (entry != null && made) {
            after.remove(entry.toString());
            before.remove(entry.toString());
        }
        assertThat(after).isEqualTo(before);
    }

    /** Another thread writes now this, now that, and replaces the file: only what was written whole, or nothing, is read. */
    private void race(String path, String text) throws Exception {
        byte[] one = Script.bytes(text.substring(0, text.length() / 2));
        byte[] other = Script.bytes(text.substring(text.length() / 2));
        Path file = Path.of(path);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Set<Integer> possible = Set.copyOf(Arrays.asList(number(one), number(other), 0));
        AtomicBoolean done = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> rewrite(file, one, other, done));
        try {
            while (writer.isAlive() && Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
                Thread.onSpinWait();
            }
            for (int i = 0; i < 60; i++) {
                if (reader.read(path) instanceof PidFileReader.Found found) {
                    assertThat(possible).contains(found.pid());
                }
                if (i % 20 == 19) {
                    stale.clear(path, i > 50);
                }
            }
        } finally {
            done.set(true);
            writer.join();
            Files.deleteIfExists(file);
        }
    }

    private static void rewrite(Path file, byte[] one, byte[] other, AtomicBoolean done) {
        Path aside = file.resolveSibling("e");
        try {
            for (int i = 0; !done.get(); i++) {
                Files.write(file, i % 2 == 0 ? one : other);
                if (i % 8 == 5 && Files.notExists(aside, LinkOption.NOFOLLOW_LINKS)) {
                    Files.createSymbolicLink(aside, Path.of("/dev/zero"));
                    Files.move(aside, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            // It was removed, or is another thing: enough of a race.
            return;
        }
    }
}
