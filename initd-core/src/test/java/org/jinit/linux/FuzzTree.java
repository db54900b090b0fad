package org.jinit.linux;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A directory tree that an input makes and that nothing leads out of: names are one letter of {@code a} to {@code e}, links lead below the
 * root (or, to be read only, to a device).
 */
final class FuzzTree implements AutoCloseable {
    private static final int[] OWNERS = {0, 65534, 1000, 12345};
    private static final int[] MODES = {0644, 0600, 0, 0666, 0444, 0660, 0622, 04755};
    private final Linux linux;
    private final Path root;
    private final List<Closeable> held = new ArrayList<>();
    private final Set<Object> locked = new HashSet<>();

    FuzzTree(Linux linux, Path root) throws IOException {
        this.linux = linux;
        this.root = Files.createDirectory(root);
    }

    Path root() {
        return root;
    }

    /** A path below the root out of any text. {@code dots}: whether it may have components of dots. */
    String path(String text, boolean dots) {
        StringBuilder path = new StringBuilder(root.toString());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '/') {
                path.append('/');
            } else if (c == '.' && dots) {
                path.append("/./");
            } else if (c >= 'a' && c <= 'e') {
                path.append('/').append(c);
            }
        }
        return path.toString();
    }

    /** The place of a new entry: its directory by its real path, which must be there and below the root. */
    private Path place(String text) throws IOException {
        Path path = Path.of(path(text, false));
        if (path.equals(root)) {
            return root.resolve("a");
        }
        Path directory = path.resolveSibling(".").toRealPath();
        if (!directory.startsWith(root)) {
            throw new IOException("outside");
        }
        return directory.resolve(path.getFileName());
    }

    private static int owner(char c) {
        return OWNERS[c & 3];
    }

    /** Makes one entry: a letter for what, one for the owner, a place of at most 4 letters, a blank, the rest. What fails is not made. */
    void make(String step) {
        if (step.length() < 3) {
            return;
        }
        int blank = step.indexOf(' ', 2);
        String where = blank < 0 ? step.substring(2) : step.substring(2, blank);
        String rest = blank < 0 ? "" : step.substring(blank + 1);
        try {
            Path place = place(where.length() > 6 ? where.substring(0, 6) : where);
            if (make(step.charAt(0), place, rest)) {
                Files.setAttribute(place, "unix:uid", owner(step.charAt(1)), LinkOption.NOFOLLOW_LINKS);
            }
        } catch (IOException | LinuxException | InvalidPathException e) {
            // It is there already, its directory is missing, or we may not: another situation then.
            return;
        }
    }

    private boolean make(char what, Path place, String rest) throws IOException {
        byte[] name = Linux.path(place.toString());
        switch (what) {
            case 'd' -> Files.createDirectory(place);
            case 'f' -> Files.write(place, rest.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1),
                    StandardOpenOption.CREATE_NEW);
            case 'l' -> Files.createSymbolicLink(place, Path.of(linkTarget(place, rest)));
            case 'h' -> Files.createLink(place, Path.of(path(rest, false)));
            case 'p' -> linux.makeFifo(Linux.AT_FDCWD, name, 0644);
            case 's' -> socket(place);
            case 'z' -> truncate(place, rest);
            case 'k' -> lock(place, rest);
            case 'm' -> {
                if (Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
                    linux.changeMode(Linux.AT_FDCWD, name, MODES[rest.isEmpty() ? 0 : rest.charAt(0) & 7]);
                }
                return false;
            }
            default -> {
                return false;
            }
        }
        return what != 'z' && what != 'k' && what != 'h';
    }

    /** Up to as many steps up as there are below the root, then down; or from the root, or a device. */
    private String linkTarget(Path place, String text) {
        if (text.startsWith("!")) {
            return text.length() % 2 == 0 ? "/dev/null" : "/dev/zero";
        }
        int ups = 0;
        while (ups < text.length() && text.charAt(ups) == '^') {
            ups++;
        }
        String down = path(text.substring(ups), false).substring(root.toString().length());
        int depth = place.getNameCount() - root.getNameCount() - 1;
        if (text.startsWith("/")) {
            return root + down;
        }
        String target = "../".repeat(Math.min(ups, depth)) + (down.isEmpty() ? "." : down.substring(1));
        return target.replaceFirst("^/+", "");
    }

    private void socket(Path place) {
        int socket = linux.socket(1, Linux.SOCK_DGRAM);
        held.add(() -> linux.close(socket));
        linux.bind(socket, SocketAddress.unix(place.toString()));
    }

    private void truncate(Path place, String rest) throws IOException {
        if (!Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (FileChannel file = FileChannel.open(place, StandardOpenOption.WRITE)) {
            long size = rest.isEmpty() ? 0 : 1L << Math.min(40, rest.charAt(0) & 63);
            file.truncate(size);
            if (file.size() < size) {
                file.write(ByteBuffer.wrap(new byte[]{'\n'}), size - 1);
            }
        }
    }

    private void lock(Path place, String rest) throws IOException {
        if (!Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (rest.startsWith("f")) {
            int fd = linux.open(place.toString(), Linux.O_RDONLY);
            held.add(() -> linux.close(fd));
            if (linux.lock(fd)) {
                locked.add(inode(place));
            }
        } else {
            FileChannel channel = FileChannel.open(place, StandardOpenOption.READ, StandardOpenOption.WRITE);
            held.add(channel);
            try {
                channel.lock(0, 10, rest.startsWith("s"));
            } catch (java.nio.channels.OverlappingFileLockException e) {
                // Locked already.
                return;
            }
        }
    }

    boolean holdsLocks() {
        return !held.isEmpty();
    }

    /** Whether flock(2) has it. A lock of fcntl(2) is lost as soon as this process closes the file anywhere, so it is not asked for. */
    boolean isLocked(Path file) throws IOException {
        return locked.contains(inode(file));
    }

    private static Object inode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    /** Every entry by path: what it is, whose, and what is in it. */
    Map<String, String> snapshot() {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root, new FileVisitOption[0])) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Map<String, Object> facts =
                        Files.readAttributes(path, "unix:ino,mode,uid,gid,size", LinkOption.NOFOLLOW_LINKS);
                String link = Files.isSymbolicLink(path) ? Files.readSymbolicLink(path).toString() : "";
                boolean directory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
                all.put(path.toString(), facts.get("ino") + " " + facts.get("mode") + " " + facts.get("uid") + " "
                        + facts.get("gid") + " " + (directory ? "" : facts.get("size")) + " " + link);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    @Override
    public void close() throws IOException {
        for (Closeable one : held) {
            one.close();
        }
        delete(root);
    }

    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> entries = Files.list(path)) {
                for (Path entry : (Iterable<Path>) entries::iterator) {
                    delete(entry);
                }
            }
        }
        Files.delete(path);
    }
}
