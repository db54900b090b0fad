package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The part of the unified control group hierarchy that is ours: found, tried, and set up. */
final class Cgroups {
    static final byte[] PROCS = Linux.path("cgroup.procs");
    private static final String SERVICES = "jinit.services";
    private static final String MANAGER = "jinit.manager";
    private static final List<String> MOUNTS = List.of("/sys/fs/cgroup", "/sys/fs/cgroup/unified");
    private static final int DIRECTORY = Linux.O_RDONLY | Linux.O_DIRECTORY | Linux.O_NOFOLLOW;

    /** {@code jinit.services}: a descriptor with a lock on it, so that no second jinitd uses the same, and what /proc/PID/cgroup says. */
    record Place(int directory, String path) {}

    private Cgroups() {}

    /**
     * Opens {@code jinit.services} in our own control group, made if need be.
     *
     * @return null when there is no hierarchy that we may write
     */
    static @Nullable Place openServices(Linux linux, int keeper, Consumer<String> warn) {
        String own = new ProcReader(linux).cgroup(linux.pid());
        if (own == null || own.contains("/..")) {
            return null;
        }
        String group = withoutManager(own);
        for (String mount : MOUNTS) {
            int base = Linux.NO_FD;
            try {
                base = linux.open(mount + group, DIRECTORY);
                if (linux.status(base, PROCS) != null
                        && linux.status(base, Linux.path("cgroup.subtree_control")) != null) {
                    int directory = openServices(linux, base, keeper, warn);
                    return directory < 0
                            ? null
                            : new Place(directory, (group.equals("/") ? "" : group) + "/" + SERVICES);
                }
            } catch (LinuxException e) {
                // Read-only, not permitted or not there: the normal case in a container.
            } finally {
                linux.close(base);
            }
        }
        return null;
    }

    /** A later manager is started within jinit.manager. */
    private static String withoutManager(String own) {
        String end = "/" + MANAGER;
        String above = own.endsWith(end) ? own.substring(0, own.length() - end.length()) : own;
        return above.isEmpty() ? "/" : above;
    }

    private static int openServices(Linux linux, int base, int keeper, Consumer<String> warn) {
        makeDirectory(linux, base, Linux.path(SERVICES));
        int services = linux.open(base, Linux.path(SERVICES), DIRECTORY, 0);
        if (!linux.lock(services)) {
            linux.close(services);
            warn.accept("another jinitd uses the control group " + SERVICES + ": processes are known by tag");
            return Linux.NO_FD;
        }
        if (!mayEnter(linux, base, services, keeper)) {
            linux.close(services);
            return Linux.NO_FD;
        }
        try {
            // Controllers can be passed on only by a group without processes of its own.
            write(linux, base, MANAGER + "/cgroup.procs", Integer.toString(keeper));
            passControllers(linux, base, services);
        } catch (LinuxException e) {
            warn.accept("cannot set up control groups for resource limits: " + e.cause());
        }
        return services;
    }

    /** Groups that somebody else made may be there and yet not be ours to fill. */
    private static boolean mayEnter(Linux linux, int base, int services, int keeper) {
        byte[] trial = Linux.path("trial-" + keeper);
        try {
            makeDirectory(linux, services, trial);
            linux.unlink(services, trial, true);
            makeDirectory(linux, base, Linux.path(MANAGER));
            write(linux, base, MANAGER + "/cgroup.procs", Integer.toString(linux.pid()));
            return true;
        } catch (LinuxException e) {
            return false;
        }
    }

    private static void passControllers(Linux linux, int base, int services) {
        for (String controller : read(linux, base, "cgroup.controllers", 4096).strip().split(" ", -1)) {
            if (!controller.isEmpty()) {
                write(linux, base, "cgroup.subtree_control", "+" + controller);
                write(linux, services, "cgroup.subtree_control", "+" + controller);
            }
        }
    }

    static void makeDirectory(Linux linux, int dirfd, byte[] name) {
        try {
            linux.makeDirectory(dirfd, name, 0755);
        } catch (LinuxException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    static void write(Linux linux, int dirfd, String name, String text) {
        int fd = linux.open(dirfd, Linux.path(name), Linux.O_WRONLY, 0);
        try {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            linux.write(fd, ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
        } finally {
            linux.close(fd);
        }
    }

    /** A file's text, at most {@code limit} bytes; larger ones are read by growing it. */
    static String read(Linux linux, int dirfd, String name, int limit) {
        int fd = linux.open(dirfd, Linux.path(name), Linux.O_RDONLY, 0);
        try {
            ByteBuffer bytes = ByteBuffer.allocateDirect(limit);
            int length = 1;
            while (length > 0) {
                if (!bytes.hasRemaining()) {
                    bytes = ByteBuffer.allocateDirect(bytes.capacity() * 2).put(bytes.flip());
                }
                length = linux.read(fd, bytes);
            }
            return StandardCharsets.US_ASCII.decode(bytes.flip()).toString();
        } finally {
            linux.close(fd);
        }
    }

    /** Opens a group's directory; null when there is none. */
    static @Nullable Integer open(Linux linux, int dirfd, byte[] name) {
        try {
            return linux.open(dirfd, name, DIRECTORY, 0);
        } catch (LinuxException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENODEV) {
                return null;
            }
            throw e;
        }
    }
}
