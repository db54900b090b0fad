package org.jinit.linux;

/**
 * What stat tells.
 *
 * @param mode type and permission bits
 * @param modifiedNanos of the last change of the content, nanoseconds since 1970
 * @param mount number of the mount, 0 where the kernel does not tell (before 5.8)
 */
public record FileStatus(long device, long inode, int mode, int links, int uid, int gid, long size, long modifiedNanos,
        long mount) {
    private static final int TYPE = 0xf000;

    public boolean isRegular() {
        return (mode & TYPE) == 0x8000;
    }

    public boolean isDirectory() {
        return (mode & TYPE) == 0x4000;
    }

    public boolean isSymbolicLink() {
        return (mode & TYPE) == 0xa000;
    }

    public boolean isSocket() {
        return (mode & TYPE) == 0xc000;
    }

    public boolean isFifo() {
        return (mode & TYPE) == 0x1000;
    }

    /** Permission bits with set-id and sticky. */
    public int permissions() {
        return mode & 0xfff;
    }

    /** Whether nobody has written it between the two looks; what was read in between is whole then. */
    public boolean sameContent(FileStatus other) {
        return sameFile(other) && size == other.size && modifiedNanos == other.modifiedNanos;
    }

    public boolean sameFile(FileStatus other) {
        return device == other.device && inode == other.inode;
    }
}
