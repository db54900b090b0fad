package org.jinit.config;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which files there are and when they were last changed: tells cheaply, without reading, whether disk and memory differ. */
public record Fingerprint(SortedMap<String, Mark> files) {
    public static final Fingerprint EMPTY = new Fingerprint(new TreeMap<>());

    /** A version of one file: modification time and change of status in nanoseconds since 1970, size in bytes, inode number. */
    public record Mark(long modifiedNanos, long changedNanos, long size, long inode) {
        // Written out, because the generated ones are linked at their first use, which takes milliseconds of start-up.
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Mark mark
                    && modifiedNanos == mark.modifiedNanos
                    && changedNanos == mark.changedNanos
                    && size == mark.size
                    && inode == mark.inode;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(modifiedNanos * 31 + size) ^ Long.hashCode(inode);
        }
    }

    public Fingerprint {
        files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    }

    /** The files that are new, gone or changed in comparison with an earlier fingerprint. */
    public SortedSet<String> changedSince(Fingerprint earlier) {
        TreeSet<String> changed = new TreeSet<>();
        for (var file : files.entrySet()) {
            if (!file.getValue().equals(earlier.files.get(file.getKey()))) {
                changed.add(file.getKey());
            }
        }
        for (String file : earlier.files.keySet()) {
            if (!files.containsKey(file)) {
                changed.add(file);
            }
        }
        return changed;
    }
}
