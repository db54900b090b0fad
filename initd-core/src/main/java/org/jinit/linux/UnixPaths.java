package org.jinit.linux;

import java.nio.charset.StandardCharsets;

/** Unix sockets at paths of any length: what does not fit into an address is reached through a descriptor of its directory. */
final class UnixPaths {
    private UnixPaths() {}

    /** Binds with mode {@code mode}; a socket that is there is replaced. The directory must be ours alone. */
    static void bind(Linux linux, int socket, String path, int mode) {
        int slash = path.lastIndexOf('/');
        String directory = slash <= 0 ? "/" : path.substring(0, slash);
        byte[] name = Linux.path(path.substring(slash + 1));
        int dirfd = linux.open(directory, Linux.O_PATH | Linux.O_DIRECTORY);
        try {
            removeSocket(linux, dirfd, name);
            String reach = path.getBytes(StandardCharsets.UTF_8).length <= SocketAddress.MAX_UNIX_PATH
                    ? path
                    : "/proc/self/fd/" + dirfd + path.substring(slash);
            // The socket's own mode (less the umask) is that of the new name, so there is no moment in which others may connect.
            linux.changeMode(socket, mode);
            linux.bind(socket, SocketAddress.unix(reach));
        } finally {
            linux.close(dirfd);
        }
    }

    /** Removes a socket's name; that it is gone is no error. */
    static void remove(Linux linux, String path) {
        removeSocket(linux, Linux.AT_FDCWD, Linux.path(path));
    }

    private static void removeSocket(Linux linux, int dirfd, byte[] name) {
        FileStatus status = linux.status(dirfd, name);
        if (status != null && status.isSocket()) {
            linux.unlink(dirfd, name, false);
        }
    }
}
