package org.jinit.config;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import org.jinit.model.Problem;
import org.jinit.model.SourcePosition;
import org.jspecify.annotations.Nullable;

/**
 * Reads files that decide what runs: regular ones only (so opening never blocks), of bounded size, and, for root, only such that none but
 * root can have written.
 *
 * <p>Java cannot ask an open file for its owner. Instead every directory above it must be such that none but root can rename or replace what
 * is in it, so that the path keeps naming the file that was checked; and the facts are compared before and after.
 */
public final class FileLoader {
    private final boolean asRoot;
    private final FileFacts.Source source;
    /** Directories whose ancestors were found safe. */
    private final HashSet<Path> safe = new HashSet<>();

    /** Says why a file cannot be used, and what to do. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;
        private final @Nullable String hint;

        Unusable(String cause, @Nullable String hint) {
            super(cause, null, false, false);
            this.hint = hint;
        }

        Problem problem(String path) {
            Problem problem = Problem.error(new SourcePosition(path, 0, 0), "cannot read the file: " + getMessage());
            return hint == null ? problem : problem.withHint(hint);
        }

        @Nullable String hint() {
            return hint;
        }
    }

    /** @param asRoot whether files of others, and files that others may write, are refused */
    public FileLoader(boolean asRoot, FileFacts.Source source) {
        this.asRoot = asRoot;
        this.source = source;
    }

    /** A loader for the real file system. */
    public static FileLoader ofFileSystem(boolean asRoot) {
        return new FileLoader(asRoot, FileFacts.FILE_SYSTEM);
    }

    /**
     * The manager's configuration: {@link ManagerConfig#DEFAULT} where there is no such file.
     *
     * @param required whether the absence of the file is a problem
     */
    public ManagerConfig loadManagerConfig(Path path, boolean required) {
        try {
            FileFacts facts = facts(path, false);
            return ManagerConfig.parse(load(path, facts, Document.BYTES_MAX));
        } catch (NoSuchFileException e) {
            if (!required) {
                return ManagerConfig.DEFAULT;
            }
            return ManagerConfig.failed(java.util.List.of(new Unusable(cause(e), null).problem(path.toString())));
        } catch (IOException e) {
            return ManagerConfig.failed(java.util.List.of(new Unusable(cause(e), null).problem(path.toString())));
        } catch (Unusable e) {
            return ManagerConfig.failed(java.util.List.of(e.problem(path.toString())));
        }
    }

    FileFacts facts(Path path, boolean follow) throws IOException {
        return source.of(path, follow);
    }

    /**
     * The contents.
     *
     * @param facts of the path itself, a link not followed
     */
    SourceFile load(Path path, FileFacts facts, long bytesMax) throws IOException, Unusable {
        FileFacts target = facts;
        if (facts.isLink()) {
            target = source.of(path, true);
            checkAncestors(path.toRealPath().getParent());
        }
        checkFile(target, path);
        if (target.size() > bytesMax) {
            throw new Unusable("it has " + target.size() + " bytes, the limit is " + bytesMax,
                    "split it into several files");
        }
        byte[] bytes;
        try (InputStream in = new FileInputStream(path.toString())) {
            bytes = in.readNBytes((int) bytesMax + 1);
        }
        if (bytes.length > bytesMax) {
            throw new Unusable("it has more than " + bytesMax + " bytes", "split it into several files");
        }
        return new SourceFile(path.toString(), bytes);
    }

    private void checkFile(FileFacts facts, Path path) throws Unusable {
        if (!facts.isRegular()) {
            throw new Unusable("it is " + facts.kind(), "only regular files can be used");
        }
        checkOwner(facts, path);
    }

    private void checkOwner(FileFacts facts, Path path) throws Unusable {
        if (asRoot && facts.uid() != 0) {
            String cause = "it belongs to user " + Integer.toUnsignedString(facts.uid()) + ", not to root";
            throw new Unusable(cause, "chown root " + path);
        }
        if (asRoot && facts.othersMayWrite()) {
            throw new Unusable("others than root may write it", "chmod go-w " + path);
        }
    }

    /** Refuses a directory that is none, or, for root, one that others may change or whose place others may change. */
    void checkDirectory(Path directory) throws IOException, Unusable {
        FileFacts facts = source.of(directory, true);
        if (!facts.isDirectory()) {
            throw new Unusable("it is " + facts.kind() + ", not a directory", null);
        }
        checkOwner(facts, directory);
        checkAncestors(directory.toRealPath().getParent());
    }

    /** In a directory that is root's and that others may write, only the sticky bit keeps what is root's in its place. */
    private void checkAncestors(@Nullable Path directory) throws IOException, Unusable {
        for (Path at = directory; asRoot && at != null && safe.add(at); at = at.getParent()) {
            FileFacts facts = source.of(at, false);
            if (facts.uid() != 0 || (facts.othersMayWrite() && !facts.isSticky())) {
                safe.remove(at);
                throw new Unusable(
                        "others than root may replace what is in " + at,
                        facts.uid() != 0 ? "chown root " + at : "chmod go-w " + at);
            }
        }
    }

    /** The system's words for what went wrong. */
    static String cause(IOException e) {
        if (e.getCause() instanceof DirectoryIteratorException wrapper && wrapper.getCause() != null) {
            return cause(wrapper.getCause());
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        String reason = e instanceof FileSystemException failed ? failed.getReason() : e.getMessage();
        if (reason == null) {
            return "input/output error";
        }
        return reason.startsWith("Too many levels of symbolic links") ? "too many symbolic links" : Text.shown(reason);
    }
}
