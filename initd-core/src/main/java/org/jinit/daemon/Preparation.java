package org.jinit.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jinit.linux.Errno;
import org.jinit.linux.FileStatus;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.SafePaths;
import org.jinit.linux.StalePidFile;
import org.jinit.model.Condition;
import org.jinit.model.Directories;
import org.jinit.model.Environment;
import org.jinit.model.ServiceDefinition;
import org.jspecify.annotations.Nullable;

/** What a run needs of the file system before its first process: conditions, environment files, directories, no stale pid file. */
final class Preparation {
    /** Its outcome. */
    sealed interface Result {}

    record Ready(Map<String, String> environment) implements Result {}

    record Unmet(String text, boolean fail) implements Result {}

    record Failed(String step, String cause) implements Result {}

    private static final class StepFailure extends Exception {
        private static final long serialVersionUID = 1L;
        final String step;

        StepFailure(String step, String cause) {
            super(cause);
            this.step = step;
        }
    }

    private final Linux linux;
    private final Map<String, String> base;
    private final Paths paths;
    private final boolean container;
    private final Accounts accounts;

    Preparation(Linux linux, Map<String, String> base, Paths paths, boolean container) {
        this.linux = linux;
        this.base = base;
        this.paths = paths;
        this.container = container;
        accounts = new Accounts(linux);
    }

    /** Whether nothing of it touches a disk, so that it can be done at once. */
    static boolean isTrivial(ServiceDefinition definition) {
        return definition.conditions().isEmpty()
                && definition.environment().files().isEmpty()
                && definition.pidFile() == null
                && definition.directories().equals(Directories.NONE);
    }

    Result prepare(ServiceDefinition definition) {
        try {
            Map<String, String> environment = environment(definition);
            for (Condition condition : definition.conditions()) {
                String unmet = Conditions.unmet(condition.check(), environment, linux, container);
                if (unmet != null) {
                    return new Unmet(unmet, condition.elseFail());
                }
            }
            makeDirectories(definition);
            removeStalePidFile(definition);
            return new Ready(environment);
        } catch (StepFailure e) {
            return new Failed(e.step, String.valueOf(e.getMessage()));
        } catch (LinuxException e) {
            return new Failed("look at its files", e.getMessage() == null ? e.cause() : e.getMessage());
        } catch (RuntimeException e) {
            // A start that gets no answer would wait for ever.
            return new Failed("look at its files", "internal error: " + e);
        }
    }

    private Map<String, String> environment(ServiceDefinition definition) throws StepFailure {
        List<Map<String, String>> files = new ArrayList<>();
        for (Environment.EnvironmentFile file : definition.environment().files()) {
            Map<String, String> content = read(file);
            if (content != null) {
                files.add(content);
            }
        }
        try {
            return ServiceEnvironment.of(base, definition, files);
        } catch (Expansion.Failure e) {
            throw new StepFailure("set up the environment", String.valueOf(e.getMessage()));
        }
    }

    private @Nullable Map<String, String> read(Environment.EnvironmentFile file) throws StepFailure {
        String step = "read environment file " + file.path();
        int fd;
        try {
            fd = linux.open(file.path(), Linux.O_RDONLY | Linux.O_NONBLOCK | Linux.O_NOCTTY);
        } catch (LinuxException e) {
            if (file.mayBeMissing() && e.errno() == Errno.ENOENT) {
                return null;
            }
            throw new StepFailure(step, e.cause());
        }
        try {
            return EnvironmentFiles.parse(content(fd, step));
        } catch (EnvironmentFiles.MalformedException e) {
            throw new StepFailure(step, String.valueOf(e.getMessage()));
        } catch (LinuxException e) {
            throw new StepFailure(step, e.cause());
        } finally {
            linux.close(fd);
        }
    }

    private byte[] content(int fd, String step) throws StepFailure {
        FileStatus status = linux.status(fd);
        if (!status.isRegular()) {
            throw new StepFailure(step, "it is not a regular file");
        }
        if (status.size() > EnvironmentFiles.MAX_SIZE) {
            throw new StepFailure(step, "it is larger than 1 MB");
        }
        if (linux.effectiveUid() == 0 && (status.uid() != 0 || (status.permissions() & 022) != 0)) {
            throw new StepFailure(step, "others than root may write it (chown root and chmod go-w it)");
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(EnvironmentFiles.MAX_SIZE + 1);
        while (buffer.hasRemaining() && linux.read(fd, buffer) > 0) {
            // Until the end.
        }
        byte[] bytes = new byte[buffer.flip().remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private void makeDirectories(ServiceDefinition definition) throws StepFailure {
        Directories directories = definition.directories();
        if (directories.equals(Directories.NONE)) {
            return;
        }
        Accounts.Ids owner;
        try {
            owner = accounts.find(definition.execution());
        } catch (IOException e) {
            throw new StepFailure("look up the account", String.valueOf(e.getMessage()));
        }
        make(paths.services().run(), directories.run(), owner);
        make(paths.services().state(), directories.state(), owner);
        make(paths.services().cache(), directories.cache(), owner);
        make(paths.services().logs(), directories.logs(), owner);
    }

    private void make(String root, List<String> names, Accounts.Ids owner) throws StepFailure {
        for (String name : names) {
            String path = root + "/" + name;
            try {
                new SafePaths(linux).makeDirectory(path, owner.uid(), owner.gid(), 0755);
            } catch (LinuxException e) {
                throw new StepFailure("make directory " + path, e.cause());
            }
        }
    }

    private void removeStalePidFile(ServiceDefinition definition) throws StepFailure {
        String path = definition.pidFile();
        if (path != null) {
            // The engine starts a service only when it knows of no process of it.
            switch (new StalePidFile(linux).clear(path, true)) {
                case StalePidFile.Absent() -> {}
                case StalePidFile.Removed(String _) -> {}
                case StalePidFile.Refused(String reason) ->
                    throw new StepFailure("remove stale pid file " + path, reason);
            }
        }
    }

    /** After the end of a run: its run directories, and the pid file that it left. */
    void cleanUp(ServiceDefinition definition) {
        SafePaths safe = new SafePaths(linux);
        for (String name : definition.directories().run()) {
            removeQuietly(safe, paths.services().run() + "/" + name);
        }
        if (definition.pidFile() != null) {
            new StalePidFile(linux).clear(definition.pidFile(), true);
        }
    }

    /** What cannot be removed is in nobody's way: the next start takes the directory as it is. */
    private static boolean removeQuietly(SafePaths safe, String path) {
        try {
            return safe.removeTree(path);
        } catch (LinuxException e) {
            return false;
        }
    }
}
