package org.jinit.model;

/** A place in a definition file; line and column count from 1, 0 when only the file is known. */
public record SourcePosition(String file, int line, int column) {
    @Override
    public String toString() {
        return line == 0 ? file : file + ":" + line + ":" + column;
    }
}
