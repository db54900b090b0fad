package org.jinit.linux;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Walks a path component by component, each opened from the directory before it and looked at through its descriptor. A step out of
 * something that an ordinary user owns into something with another owner makes the result questionable: that user chose where it leads.
 */
final class CheckedWalk {
    private static final int MAX_LINKS = 40;
    private static final int PEEK = Linux.O_PATH | Linux.O_NOFOLLOW;
    private static final byte[] NOTHING = {};

    /**
     * Where a walk came to.
     *
     * @param fd O_PATH, the receiver's
     * @param throughForeignLink a symbolic link was followed that neither root nor the caller answers for
     */
    record Step(int fd, boolean questionable, boolean throughForeignLink) {}

    private final Linux linux;
    private final int self;
    private final Deque<byte[]> left = new ArrayDeque<>();
    private int fd;
    private int links;
    private boolean questionable;
    private boolean throughForeignLink;

    private CheckedWalk(Linux linux) {
        this.linux = linux;
        self = linux.effectiveUid();
    }

    /** The directory in which the last component lies. */
    static Step parent(Linux linux, String path) {
        List<byte[]> names = split(path);
        return new CheckedWalk(linux).walk(names.subList(0, Math.max(0, names.size() - 1)));
    }

    /** The last component itself; links are followed. */
    static Step target(Linux linux, String path) {
        return new CheckedWalk(linux).walk(split(path));
    }

    /** The components of an absolute path. */
    static List<byte[]> split(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException(path + " is not absolute");
        }
        return split(Linux.path(path));
    }

    private static List<byte[]> split(byte[] path) {
        List<byte[]> names = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= path.length; i++) {
            if (i == path.length || path[i] == '/') {
                boolean isDot = i == start + 1 && path[start] == '.';
                if (i > start && !isDot) {
                    names.add(java.util.Arrays.copyOfRange(path, start, i));
                }
                start = i + 1;
            }
        }
        return names;
    }

    /** Last component of a path that has one. */
    static byte[] last(String path) {
        List<byte[]> names = split(path);
        if (names.isEmpty() || new String(names.getLast(), StandardCharsets.UTF_8).equals("..")) {
            throw new LinuxException(Errno.EINVAL, "openat");
        }
        return names.getLast();
    }

    private Step walk(List<byte[]> names) {
        left.addAll(names);
        fd = linux.open("/", PEEK | Linux.O_DIRECTORY);
        try {
            FileStatus here = linux.status(fd);
            while (!left.isEmpty()) {
                here = step(here, left.removeFirst());
            }
        } catch (LinuxException e) {
            linux.close(fd);
            throw e;
        }
        return new Step(fd, questionable, throughForeignLink);
    }

    private FileStatus step(FileStatus from, byte[] name) {
        int next = linux.open(fd, name, PEEK, 0);
        FileStatus status;
        try {
            status = linux.status(next);
            boolean unsafe = !isTrusted(from) && from.uid() != status.uid();
            questionable |= unsafe;
            if (status.isSymbolicLink()) {
                follow(linux.readLink(next, NOTHING), unsafe || !isTrusted(status));
                status = linux.status(fd);
                linux.close(next);
                return status;
            }
        } catch (LinuxException e) {
            linux.close(next);
            throw e;
        }
        linux.close(fd);
        fd = next;
        return status;
    }

    private void follow(byte[] target, boolean foreign) {
        if (++links > MAX_LINKS) {
            throw new LinuxException(Errno.ELOOP, "openat");
        }
        questionable |= foreign;
        throughForeignLink |= foreign;
        if (target.length > 0 && target[0] == '/') {
            int root = linux.open("/", PEEK | Linux.O_DIRECTORY);
            linux.close(fd);
            fd = root;
        }
        split(target).reversed().forEach(left::addFirst);
    }

    private boolean isTrusted(FileStatus status) {
        return status.uid() == 0 || status.uid() == self;
    }
}
