package org.jinit.linux;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where a path leads and whom that depends on, by the plainest means: whole paths, java.nio, recursion. Only for trees that nobody changes. */
final class NaiveWalk {
    private static final int MAX_LINKS = 40;
    private final int self;
    private Path at = Path.of("/");
    private int links;
    boolean questionable;
    boolean foreignLink;

    private NaiveWalk(int self) {
        this.self = self;
    }

    /** @param self the uid that is trusted besides root's */
    static NaiveWalk of(String path, boolean parentOnly, int self) throws IOException {
        List<String> names = new ArrayList<>(names(path));
        if (parentOnly && !names.isEmpty()) {
            names.removeLast();
        }
        NaiveWalk walk = new NaiveWalk(self);
        walk.go(names);
        return walk;
    }

    Path target() {
        return at;
    }

    static List<String> names(String path) {
        List<String> names = new ArrayList<>(List.of(path.split("/+")));
        names.removeIf(name -> name.isEmpty() || name.equals("."));
        return names;
    }

    private void go(List<String> names) throws IOException {
        for (String name : names) {
            boolean fromTrusted = trusted(at);
            int fromOwner = owner(at);
            Path next = name.equals("..") ? at.getNameCount() == 0 ? at : parent(at) : at.resolve(name);
            // Naming an entry needs a directory, which "." tells.
            Files.readAttributes(at.resolve("."), "unix:uid", LinkOption.NOFOLLOW_LINKS);
            int toOwner = owner(next);
            boolean unsafe = !fromTrusted && fromOwner != toOwner;
            questionable |= unsafe;
            if (Files.isSymbolicLink(next)) {
                follow(next, unsafe);
            } else {
                at = next;
            }
        }
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? path : parent;
    }

    private void follow(Path link, boolean unsafe) throws IOException {
        if (++links > MAX_LINKS) {
            throw new FileSystemLoopException(link.toString());
        }
        boolean foreign = unsafe || !trusted(link);
        questionable |= foreign;
        foreignLink |= foreign;
        String target = Files.readSymbolicLink(link).toString();
        if (target.startsWith("/")) {
            at = Path.of("/");
        }
        go(names(target));
    }

    private boolean trusted(Path path) throws IOException {
        int owner = owner(path);
        return owner == 0 || owner == self;
    }

    static int owner(Path path) throws IOException {
        return number(path, "uid");
    }

    /** One of stat's, of an entry itself. */
    static int number(Path path, String attribute) throws IOException {
        return ((Number) Files.getAttribute(path, "unix:" + attribute, LinkOption.NOFOLLOW_LINKS)).intValue();
    }
}
