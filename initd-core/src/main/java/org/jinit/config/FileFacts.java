package org.jinit.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What stat(2) tells about a file.
 *
 * @param mode type and permissions
 * @param uid owner
 * @param device and {@code inode}: which file it is
 * @param size in bytes
 * @param modifiedNanos last change of contents, since 1970
 * @param changedNanos last change of anything, since 1970
 */
public record FileFacts(int mode, int uid, long device, long inode, long size, long modifiedNanos, long changedNanos) {
    private static final int TYPE = 0170000;
    private static final int FIFO = 0010000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int DIRECTORY = 0040000;
    private static final int BLOCK_DEVICE = 0060000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;
    private static final int SOCKET = 0140000;
    private static final int STICKY = 01000;
    private static final int OTHERS_WRITE = 022;

    /** Who answers; another one than the file system stands in tests. */
    public interface Source {
        /** @param follow whether a symbolic link is followed */
        FileFacts of(Path path, boolean follow) throws IOException;
    }

    /** The file system. It asks for numbers only: names of owners would ask the user database. */
    public static final Source FILE_SYSTEM = new FileSystem();

    private static final class FileSystem implements Source {
        @Override
        public FileFacts of(Path path, boolean follow) throws IOException {
            return read(path, follow);
        }
    }

    private static FileFacts read(Path path, boolean follow) throws IOException {
        String wanted = "unix:mode,uid,dev,ino,size,lastModifiedTime,ctime";
        Map<String, Object> facts = follow
                ? Files.readAttributes(path, wanted)
                : Files.readAttributes(path, wanted, LinkOption.NOFOLLOW_LINKS);
        return new FileFacts(
                (int) number(facts, "mode"),
                (int) number(facts, "uid"),
                number(facts, "dev"),
                number(facts, "ino"),
                number(facts, "size"),
                nanos(facts, "lastModifiedTime"),
                nanos(facts, "ctime"));
    }

    private static long number(Map<String, Object> facts, String name) {
        return facts.get(name) instanceof Number number ? number.longValue() : -1;
    }

    private static long nanos(Map<String, Object> facts, String name) {
        return facts.get(name) instanceof FileTime time ? time.to(TimeUnit.NANOSECONDS) : -1;
    }

    boolean isRegular() {
        return (mode & TYPE) == REGULAR;
    }

    boolean isDirectory() {
        return (mode & TYPE) == DIRECTORY;
    }

    boolean isLink() {
        return (mode & TYPE) == LINK;
    }

    /** Whether group or others may write. */
    boolean othersMayWrite() {
        return (mode & OTHERS_WRITE) != 0;
    }

    /** Whether in this directory only owners may rename and remove. */
    boolean isSticky() {
        return (mode & STICKY) != 0;
    }

    /** What it is, in words. */
    String kind() {
        return switch (mode & TYPE) {
            case FIFO -> "a fifo";
            case CHARACTER_DEVICE, BLOCK_DEVICE -> "a device";
            case DIRECTORY -> "a directory";
            case REGULAR -> "a file";
            case LINK -> "a symbolic link";
            case SOCKET -> "a socket";
            default -> "no regular file";
        };
    }

    Fingerprint.Mark mark() {
        return new Fingerprint.Mark(modifiedNanos, changedNanos, size, inode);
    }
}
