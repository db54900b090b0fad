package org.jinit.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jinit.model.Problem;

/**
 * What was on disk at one moment: files that define, drop-ins in the order in which they are laid over, and what could not be read.
 *
 * @param unreadable the names of definitions (with {@code @} for templates) that are there but could not be read
 */
public record Reading(
        List<SourceFile> definitions,
        List<DropIn> dropIns,
        List<String> unreadable,
        List<Problem> problems,
        Fingerprint fingerprint) {
    /** A file of {@code NAME.d/}; {@code target} is NAME, with {@code @} for a template's. */
    public record DropIn(String target, SourceFile file) {}

    public Reading {
        definitions = List.copyOf(definitions);
        dropIns = List.copyOf(dropIns);
        unreadable = List.copyOf(unreadable);
        problems = List.copyOf(problems);
    }

    /**
     * A reading without any disk: file names as in a definition directory ({@code web.yaml}, {@code web.d/10-more.yaml}) with their
     * contents. Drop-ins are laid over in the order of the map.
     */
    public static Reading of(Map<String, String> contents) {
        ArrayList<SourceFile> definitions = new ArrayList<>();
        ArrayList<DropIn> dropIns = new ArrayList<>();
        for (Map.Entry<String, String> entry : contents.entrySet()) {
            String path = entry.getKey();
            byte[] bytes = entry.getValue().getBytes(java.nio.charset.StandardCharsets.UTF_8);
            int slash = path.lastIndexOf('/');
            if (slash > 0 && path.startsWith(".d", slash - 2)) {
                String target = path.substring(path.lastIndexOf('/', slash - 1) + 1, slash - 2);
                dropIns.add(new DropIn(target, new SourceFile(path, bytes)));
            } else {
                definitions.add(new SourceFile(path, bytes));
            }
        }
        return new Reading(definitions, dropIns, List.of(), List.of(), Fingerprint.EMPTY);
    }
}
