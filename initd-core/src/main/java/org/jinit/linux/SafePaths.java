package org.jinit.linux;

/** Work on directories as root that cannot be led astray: walks without following links and acts on descriptors. */
public final class SafePaths {
    private final Linux linux;

    public SafePaths(Linux linux) {
        this.linux = linux;
    }

    /**
     * Makes a directory and its missing parents (those: the caller's, 0755), or takes the one that is there if it is a directory; then gives
     * that one, and nothing in it, to the owner.
     *
     * @param path absolute
     * @param uid -1: stays
     * @param gid -1: stays
     * @throws LinuxException also ELOOP when a link is in the way that others than root could have made
     */
    public void makeDirectory(String path, int uid, int gid, int mode) {
        throw new UnsupportedOperationException(path + uid + gid + mode + linux);
    }

    /**
     * Removes a directory and all that is in it. Links are removed, never followed; what is mounted below stays, with the way to it.
     *
     * @return true when it is gone (or was never there)
     */
    public boolean removeTree(String path) {
        throw new UnsupportedOperationException(path);
    }

    /** As {@link #removeTree}, but the directory itself stays, and so does each entry named in {@code keep}. */
    public boolean clear(String path, java.util.Set<String> keep) {
        throw new UnsupportedOperationException(path + keep);
    }
}
