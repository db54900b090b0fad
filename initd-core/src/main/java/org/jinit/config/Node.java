package org.jinit.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jinit.model.SourcePosition;
import org.jspecify.annotations.Nullable;

/** A part of a document with its place: text, a list, or a map whose keys are text. */
abstract sealed class Node {
    final String file;
    /** Both count from 1; columns count characters (code points). */
    final int line;

    final int column;

    Node(String file, int line, int column) {
        this.file = file;
        this.line = line;
        this.column = column;
    }

    SourcePosition position() {
        return new SourcePosition(file, line, column);
    }

    /** How a person calls it. */
    abstract String kind();

    /** Nodes in all, this one included. */
    abstract int size();

    /** Levels of lists and maps: 0 for text. */
    abstract int height();

    /** One value; {@code plain}: not quoted, so it may stand for a number, a truth value or nothing. */
    static final class Scalar extends Node {
        final String text;
        final boolean plain;

        Scalar(String file, int line, int column, String text, boolean plain) {
            super(file, line, column);
            this.text = text;
            this.plain = plain;
        }

        /** Nothing: {@code ~}, {@code null}, or no text at all. */
        boolean isNull() {
            return plain && (text.isEmpty() || text.equals("~") || text.equalsIgnoreCase("null"));
        }

        @Override
        String kind() {
            return isNull() ? "nothing" : "a single value";
        }

        @Override
        int size() {
            return 1;
        }

        @Override
        int height() {
            return 0;
        }
    }

    /** Items in order. */
    static final class Sequence extends Node {
        final List<Node> items = new ArrayList<>(4);
        private int size = 1;
        private int height = 1;

        Sequence(String file, int line, int column) {
            super(file, line, column);
        }

        void add(Node item) {
            items.add(item);
            size += item.size();
            height = Math.max(height, item.height() + 1);
        }

        @Override
        String kind() {
            return "a list";
        }

        @Override
        int size() {
            return size;
        }

        @Override
        int height() {
            return height;
        }
    }

    /** Keys and values in order; no key occurs twice. */
    static final class Mapping extends Node {
        /** Up to here a scan is faster than an index. */
        private static final int SCAN_MAX = 12;

        final List<Scalar> keys = new ArrayList<>(6);
        final List<Node> values = new ArrayList<>(6);
        private @Nullable HashMap<String, Integer> index;
        /** Bit n: there is a key whose hash ends in n. Most questions are for keys that are not there. */
        private long hashes;

        private int size = 1;
        private int height = 1;

        Mapping(String file, int line, int column) {
            super(file, line, column);
        }

        /** The place of a key in {@link #keys} and {@link #values}, or -1. */
        int indexOf(String key) {
            if ((hashes >>> key.hashCode() & 1) == 0) {
                return -1;
            }
            HashMap<String, Integer> known = index;
            if (known != null) {
                Integer found = known.get(key);
                return found == null ? -1 : found;
            }
            for (int i = 0; i < keys.size(); i++) {
                if (keys.get(i).text.equals(key)) {
                    return i;
                }
            }
            return -1;
        }

        @Nullable Node get(String key) {
            int at = indexOf(key);
            return at < 0 ? null : values.get(at);
        }

        /** The key itself, for its place; null if it is not there. */
        @Nullable Scalar key(String key) {
            int at = indexOf(key);
            return at < 0 ? null : keys.get(at);
        }

        /** Adds a key that is not there yet. */
        void add(Scalar key, Node value) {
            if (index != null) {
                index.put(key.text, keys.size());
            }
            keys.add(key);
            values.add(value);
            hashes |= 1L << key.text.hashCode();
            if (index == null && keys.size() > SCAN_MAX) {
                HashMap<String, Integer> made = new HashMap<>();
                for (int i = 0; i < keys.size(); i++) {
                    made.put(keys.get(i).text, i);
                }
                index = made;
            }
            size += value.size() + 1;
            height = Math.max(height, value.height() + 1);
        }

        @Override
        String kind() {
            return "a map";
        }

        @Override
        int size() {
            return size;
        }

        @Override
        int height() {
            return height;
        }
    }
}
