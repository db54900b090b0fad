package org.jinit.config;

/**
 * Lays one map over another: {@code defaults} under a definition, drop-ins over it. Maps are merged key by key; lists and single values are
 * replaced. A key with {@code null} (or {@code ~}) for its value takes away what was below. {@code ready} and {@code reload}, whose keys
 * are alternatives, are replaced as a whole, and so is {@code health} when another probe is laid over it. The short forms
 * {@code restart: WHEN} and {@code log: TO} count as maps with that one key.
 */
final class Merge {
    private Merge() {}

    static Node.Mapping merge(Node.Mapping below, Node.Mapping above) {
        return merge(below, above, true);
    }

    private static Node.Mapping merge(Node.Mapping below, Node.Mapping above, boolean top) {
        Node.Mapping merged = new Node.Mapping(above.file, above.line, above.column);
        for (int i = 0; i < below.keys.size(); i++) {
            Node.Scalar key = below.keys.get(i);
            int at = above.indexOf(key.text);
            if (at < 0) {
                merged.add(key, below.values.get(i));
            } else if (!isRemoval(above.values.get(at))) {
                merged.add(above.keys.get(at), value(key.text, below.values.get(i), above.values.get(at), top));
            }
        }
        for (int i = 0; i < above.keys.size(); i++) {
            Node.Scalar key = above.keys.get(i);
            if (below.indexOf(key.text) < 0 && !isRemoval(above.values.get(i))) {
                merged.add(key, above.values.get(i));
            }
        }
        return merged;
    }

    private static Node value(String key, Node below, Node above, boolean top) {
        Node lower = top ? longForm(key, below) : below;
        Node upper = top && lower instanceof Node.Mapping ? longForm(key, above) : above;
        boolean mergeable = lower instanceof Node.Mapping && upper instanceof Node.Mapping;
        if (!mergeable || (top && isAlternative(key, (Node.Mapping) upper))) {
            return above;
        }
        return merge((Node.Mapping) lower, (Node.Mapping) upper, false);
    }

    private static boolean isAlternative(String key, Node.Mapping above) {
        return switch (key) {
            case "ready", "reload" -> true;
            case "health" -> ReadinessParser.hasProbe(above);
            default -> false;
        };
    }

    private static Node longForm(String key, Node value) {
        String inner = key.equals("restart") ? "when" : key.equals("log") ? "to" : null;
        if (inner == null || !(value instanceof Node.Scalar scalar) || scalar.isNull()) {
            return value;
        }
        Node.Mapping map = new Node.Mapping(value.file, value.line, value.column);
        map.add(new Node.Scalar(value.file, value.line, value.column, inner, true), value);
        return map;
    }

    /** Said in so many letters: a value that was merely forgotten stays, and is complained about. */
    private static boolean isRemoval(Node value) {
        return value instanceof Node.Scalar scalar && scalar.isNull() && !scalar.text.isEmpty();
    }

    /** The same tree with the instance's name for each <code>${instance}</code> in its values; <code>$$</code> is left alone. */
    static Node.Mapping instantiate(Node.Mapping map, String instance) {
        Node.Mapping copy = new Node.Mapping(map.file, map.line, map.column);
        for (int i = 0; i < map.keys.size(); i++) {
            copy.add(map.keys.get(i), instantiate(map.values.get(i), instance));
        }
        return copy;
    }

    private static Node instantiate(Node node, String instance) {
        if (node instanceof Node.Mapping map) {
            return instantiate(map, instance);
        }
        if (node instanceof Node.Sequence list) {
            Node.Sequence copy = new Node.Sequence(list.file, list.line, list.column);
            for (Node item : list.items) {
                copy.add(instantiate(item, instance));
            }
            return copy;
        }
        if (node instanceof Node.Scalar scalar && scalar.text.contains("${instance")) {
            String text = replaced(scalar.text, instance);
            return new Node.Scalar(node.file, node.line, node.column, text, scalar.plain);
        }
        return node;
    }

    private static String replaced(String text, String instance) {
        StringBuilder result = new StringBuilder();
        int i = 0;
        while (i < text.length()) {
            if (text.startsWith("$$", i)) {
                result.append("$$");
                i += 2;
            } else if (text.startsWith("${instance}", i)) {
                result.append(instance);
                i += "${instance}".length();
            } else {
                result.append(text.charAt(i++));
            }
        }
        return result.toString();
    }

    /** Adds what the tree says, not where it says it, to a digest. */
    static void digest(Node node, Digest digest) {
        if (node instanceof Node.Mapping map) {
            digest.add("{");
            for (int i = 0; i < map.keys.size(); i++) {
                digest.add(map.keys.get(i).text);
                digest(map.values.get(i), digest);
            }
            digest.add("}");
        } else if (node instanceof Node.Sequence list) {
            digest.add("[");
            for (Node item : list.items) {
                digest(item, digest);
            }
            digest.add("]");
        } else if (node instanceof Node.Scalar scalar) {
            digest.add(scalar.plain ? "p" : "q").add(scalar.text);
        }
    }
}
