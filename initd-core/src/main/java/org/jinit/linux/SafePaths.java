package org.jinit.linux;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * Work of root on directories that cannot be led astray: every step is made from the descriptor of the directory before it, without
 * following links, and acts on descriptors.
 */
public final class SafePaths {
    /** Deeper trees are left, so that nobody can use up the descriptors. */
    private static final int MAX_DEPTH = 128;
    private static final int WALK = Linux.O_DIRECTORY | Linux.O_NOFOLLOW;

    private final Linux linux;

    public SafePaths(Linux linux) {
        this.linux = linux;
    }

    /**
     * Opens the directory in which a path's last component lies, by a checked walk: links are followed only when root made them in a
     * directory that only root can write.
     *
     * @param path absolute
     * @return an O_PATH descriptor, the caller's
     * @throws LinuxException ENOENT, ENOTDIR; ELOOP when a link is in the way that is not root's
     */
    public int openParent(String path) {
        CheckedWalk.Step step = CheckedWalk.parent(linux, path);
        if (step.questionable() && step.throughForeignLink()) {
            linux.close(step.fd());
            throw new LinuxException(Errno.ELOOP, "openat");
        }
        return step.fd();
    }

    /**
     * Makes a directory and its missing parents (those: the caller's, 0755), or takes the one that is there if
     * it is a directory; then gives
     * that one, and nothing in it, to the owner.
     *
     * @param path absolute
     * @param uid -1: stays
     * @param gid -1: stays
     * @throws LinuxException also ELOOP when a link is in the way that others than root could have made
     */
    public void makeDirectory(String path, int uid, int gid, int mode) {
        List<byte[]> names = CheckedWalk.split(path);
        if (names.isEmpty()) {
            throw new LinuxException(Errno.EBUSY, "mkdirat");
        }
        StringBuilder parent = new StringBuilder();
        for (byte[] name : names.subList(0, names.size() - 1)) {
            parent.append('/').append(new String(name, StandardCharsets.UTF_8));
            makeOne(parent.toString(), 0755);
        }
        makeOne(path, mode);
        int fd = openDirectory(path);
        try {
            linux.changeOwner(fd, uid, gid);
            linux.changeMode(fd, mode);
        } finally {
            linux.close(fd);
        }
    }

    private void makeOne(String path, int mode) {
        int parent = openParent(path);
        try {
            linux.makeDirectory(parent, CheckedWalk.last(path), mode);
        } catch (LinuxException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        } finally {
            linux.close(parent);
        }
    }

    private int openDirectory(String path) {
        int parent = openParent(path);
        try {
            return linux.open(parent, CheckedWalk.last(path), Linux.O_RDONLY | WALK, 0);
        } finally {
            linux.close(parent);
        }
    }

    /**
     * Removes a directory and all that is in it. Links are removed, never followed; what is mounted below stays, with the way to it.
     *
     * @param path absolute
     * @return true when it is gone (or was never there)
     */
    public boolean removeTree(String path) {
        int parent;
        try {
            parent = openParent(path);
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
                return true;
            }
            throw e;
        }
        try {
            FileStatus status = linux.status(parent, CheckedWalk.last(path));
            return status == null || removeEntry(parent, CheckedWalk.last(path), linux.status(parent), 0);
        } finally {
            linux.close(parent);
        }
    }

    /**
     * As {@link #removeTree}, but the directory itself stays, and so does each entry named in {@code keep}.
     *
     * @throws LinuxException ENOENT when there is no such directory
     */
    public boolean clear(String path, Set<String> keep) {
        int fd = openDirectory(path);
        try {
            return clear(fd, keep, linux.status(fd), 0);
        } finally {
            linux.close(fd);
        }
    }

    private boolean clear(int directory, Set<String> keep, FileStatus within, int depth) {
        boolean all = true;
        for (byte[] name : linux.list(directory)) {
            if (keep.isEmpty() || !keep.contains(new String(name, StandardCharsets.UTF_8))) {
                all &= removeEntry(directory, name, within, depth + 1);
            }
        }
        return all;
    }

    private boolean removeEntry(int directory, byte[] name, FileStatus within, int depth) {
        try {
            linux.unlink(directory, name, false);
            return true;
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENOENT) {
                return true;
            }
            if (e.errno() != Errno.EISDIR && e.errno() != Errno.EPERM) {
                return false;
            }
        }
        return depth < MAX_DEPTH && removeDirectory(directory, name, within, depth);
    }

    private boolean removeDirectory(int parent, byte[] name, FileStatus within, int depth) {
        int fd = Linux.NO_FD;
        try {
            fd = linux.open(parent, name, Linux.O_RDONLY | WALK, 0, Linux.RESOLVE_NO_XDEV);
            if (fd == Linux.UNSUPPORTED) {
                fd = linux.open(parent, name, Linux.O_RDONLY | WALK, 0);
            }
            FileStatus status = linux.status(fd);
            if (status.device() != within.device() || status.mount() != within.mount()
                    || !clear(fd, Set.of(), within, depth)) {
                return false;
            }
            linux.unlink(parent, name, true);
            return true;
        } catch (LinuxException e) {
            return e.errno() == Errno.ENOENT;
        } finally {
            linux.close(fd);
        }
    }
}
