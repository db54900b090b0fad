package org.jinit.daemon.control;

import java.nio.charset.StandardCharsets;
import org.jinit.linux.FileStatus;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.SocketAddress;

/** The listening socket {@code control} in the run directory, for its owner alone (0600). */
public final class ControlSocket implements AutoCloseable {
    /** Its name in the run directory. */
    public static final String NAME = "control";

    private static final String NEW_NAME = "control.new";
    private static final int BACKLOG = 512;
    private static final int FAMILY_UNIX = 1;
    private static final int OWNER_ONLY = 0600;

    private final Linux linux;
    private final int directory;
    private final int fd;
    private final FileStatus entry;

    private ControlSocket(Linux linux, int directory, int fd, FileStatus entry) {
        this.linux = linux;
        this.directory = directory;
        this.fd = fd;
        this.entry = entry;
    }

    /**
     * Makes the socket, in the place of one that a jinitd before left behind. Clients find it only when it accepts. Any length of path will
     * do.
     *
     * @throws LinuxException if the directory is missing, read-only or full
     */
    public static ControlSocket open(Linux linux, String runDirectory) {
        int directory = linux.open(runDirectory, Linux.O_PATH | Linux.O_DIRECTORY);
        int fd = Linux.NO_FD;
        try {
            fd = linux.socket(FAMILY_UNIX, Linux.SOCK_STREAM);
            removeSocket(linux, directory, NEW_NAME);
            // bind(2) takes the new entry's mode from the socket's own inode, so it is never open to others.
            linux.changeMode(fd, OWNER_ONLY);
            linux.bind(fd, SocketAddress.unix(bindPath(runDirectory, directory)));
            linux.listen(fd, BACKLOG);
            linux.rename(directory, Linux.path(NEW_NAME), directory, Linux.path(NAME));
            FileStatus entry = linux.status(directory, Linux.path(NAME));
            if (entry == null) {
                throw new IllegalStateException("cannot find the control socket in " + runDirectory);
            }
            return new ControlSocket(linux, directory, fd, entry);
        } catch (RuntimeException e) {
            try {
                removeSocket(linux, directory, NEW_NAME);
            } catch (LinuxException second) {
                e.addSuppressed(second);
            }
            linux.close(fd);
            linux.close(directory);
            throw e;
        }
    }

    int fd() {
        return fd;
    }

    /** Stops listening and removes the entry, unless another jinitd has put its own there. */
    @Override
    public void close() {
        linux.close(fd);
        try {
            FileStatus now = linux.status(directory, Linux.path(NAME));
            if (now != null && now.sameFile(entry)) {
                linux.unlink(directory, Linux.path(NAME), false);
            }
        } finally {
            linux.close(directory);
        }
    }

    private static String bindPath(String runDirectory, int directory) {
        String path = runDirectory + "/" + NEW_NAME;
        boolean fits = path.getBytes(StandardCharsets.UTF_8).length <= SocketAddress.MAX_UNIX_PATH;
        return fits ? path : "/proc/self/fd/" + directory + "/" + NEW_NAME;
    }

    private static void removeSocket(Linux linux, int directory, String name) {
        FileStatus old = linux.status(directory, Linux.path(name));
        if (old != null && old.isSocket()) {
            linux.unlink(directory, Linux.path(name), false);
        }
    }
}
