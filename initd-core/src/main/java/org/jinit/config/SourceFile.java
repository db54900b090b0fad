package org.jinit.config;

import java.util.Arrays;

/**
 * A file as it was read.
 *
 * @param path what messages call it
 * @param bytes its contents; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity nowhere; a copy of every file would be waste
public record SourceFile(String path, byte[] bytes) {
    @Override
    public boolean equals(Object other) {
        return other instanceof SourceFile file && path.equals(file.path) && Arrays.equals(bytes, file.bytes);
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }

    @Override
    public String toString() {
        return path + " (" + bytes.length + " bytes)";
    }
}
