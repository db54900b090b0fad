package org.jinit.daemon;

import java.util.Set;
import org.jinit.linux.Errno;
import org.jinit.linux.FileStatus;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.SafePaths;
import org.jinit.linux.StalePidFile;
import org.jinit.model.ServiceDefinition;
import org.jspecify.annotations.Nullable;

/**
 * The directories at boot: what an earlier jinitd left in the run directory goes, and so do the run directories and stale pid files of the
 * defined services. Nothing is touched that is not declared, no link is followed, no mount is crossed.
 */
final class BootDirectories {
    private final Linux linux;
    private final Paths paths;
    private final ManagerLog log;
    private final @Nullable String pidFile;

    /** @param pidFile the entry of the run directory that is the keeper's pid file, or leads to it; null: there is none */
    BootDirectories(Linux linux, Paths paths, ManagerLog log, @Nullable String pidFile) {
        this.linux = linux;
        this.paths = paths;
        this.log = log;
        this.pidFile = pidFile;
    }

    /**
     * Clears and makes the manager's own. The keeper has made the run directory and holds the lock in it.
     *
     * @throws LinuxException when jinitd cannot work without what is missing
     */
    void clearOwn() {
        SafePaths safe = new SafePaths(linux);
        safe.clear(paths.run(), kept());
        safe.makeDirectory(paths.run() + "/n", -1, -1, 0711);
        // The services' users must reach their notify sockets, which are each theirs alone.
        int directory = linux.open(paths.run(), Linux.O_RDONLY | Linux.O_DIRECTORY | Linux.O_NOFOLLOW);
        try {
            linux.changeMode(directory, 0755);
        } finally {
            linux.close(directory);
        }
    }

    /** The entries of the run directory that are the keeper's. */
    private Set<String> kept() {
        return pidFile == null ? Set.of("lock") : Set.of("lock", pidFile);
    }

    /** Makes the directory of all logs. */
    void makeLogDirectory() {
        FileStatus status = linux.status(Linux.AT_FDCWD, Linux.path(paths.log()));
        if (status == null) {
            new SafePaths(linux).makeDirectory(paths.log(), -1, -1, 0750);
        } else if (!status.isDirectory() && !status.isSymbolicLink()) {
            throw new LinuxException(Errno.ENOTDIR, "mkdir");
        }
    }

    /** What the services of a boot before have left. */
    void clearServices(Iterable<ServiceDefinition> definitions) {
        SafePaths safe = new SafePaths(linux);
        for (ServiceDefinition definition : definitions) {
            for (String name : definition.directories().run()) {
                clear(safe, paths.services().run() + "/" + name);
            }
            String pidFile = definition.pidFile();
            if (pidFile != null) {
                clearPidFile(definition, pidFile);
            }
        }
    }

    private void clear(SafePaths safe, String path) {
        try {
            safe.removeTree(path);
        } catch (LinuxException e) {
            log.warn("cannot remove " + path + ": " + e.cause());
        }
    }

    private void clearPidFile(ServiceDefinition definition, String path) {
        switch (new StalePidFile(linux).clear(path, false)) {
            case StalePidFile.Absent() -> {}
            case StalePidFile.Removed(String why) ->
                log.info(definition.name() + ": removed stale pid file " + path + ": " + why);
            case StalePidFile.Refused(String reason) ->
                log.debug(definition.name() + ": kept pid file " + path + ": " + reason);
        }
    }
}
