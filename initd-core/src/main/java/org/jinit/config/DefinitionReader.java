package org.jinit.config;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jinit.model.Problem;
import org.jinit.model.SourcePosition;

/**
 * Reads the definition files of one or more directories: {@code NAME.yaml}, {@code NAME@.yaml}, and {@code NAME.d/*.yaml}. Hidden files,
 * editors' and package managers' copies and everything else that does not end in {@code .yaml} are passed over.
 */
public final class DefinitionReader {
    /** Bytes of all files together. */
    static final long TOTAL_MAX = 64L << 20;
    /** Files of one reading. */
    static final int FILES_MAX = 40_000;
    /** How often it is read again when it changed meanwhile. */
    private static final int ATTEMPTS = 3;

    private static final String SUFFIX = ".yaml";

    private final List<Path> directories;
    private final FileLoader loader;

    /** @param directories all must exist; order decides nothing but the order of problems */
    public DefinitionReader(List<Path> directories, FileLoader loader) {
        this.directories = List.copyOf(directories);
        this.loader = loader;
    }

    /** A file that was found; {@code dropInOf} is empty for a definition. */
    private record Found(Path path, String dropInOf, FileFacts facts) {}

    /** What one walk over the directories found, by path. */
    private static final class Walk {
        final TreeMap<String, Found> files = new TreeMap<>();
        final TreeMap<String, Fingerprint.Mark> marks = new TreeMap<>();
        final ArrayList<Problem> problems = new ArrayList<>();
        boolean tooMany;
    }

    /**
     * One consistent reading: when anything changed between its beginning and its end it is repeated, and after the third time refused
     * with a problem.
     */
    public Reading read() {
        Walk walk = walk();
        for (int attempt = 1;; attempt++) {
            Reading reading = load(walk);
            Walk after = walk();
            if (after.marks.equals(walk.marks)) {
                return reading;
            }
            if (attempt == ATTEMPTS) {
                return changing(reading, new Fingerprint(walk.marks), new Fingerprint(after.marks));
            }
            walk = after;
        }
    }

    /** Of what is on disk now. */
    public Fingerprint fingerprint() {
        return new Fingerprint(walk().marks);
    }

    private static Reading changing(Reading reading, Fingerprint before, Fingerprint after) {
        ArrayList<Problem> problems = new ArrayList<>(reading.problems());
        String file = after.changedSince(before).first();
        String text = "cannot read the definitions: this changes while they are read";
        problems.add(Problem.error(new SourcePosition(file, 0, 0), text).withHint("try again when it is written"));
        return new Reading(reading.definitions(), reading.dropIns(), reading.unreadable(), problems, before);
    }

    private Walk walk() {
        Walk walk = new Walk();
        for (Path directory : directories) {
            walk(directory, "", walk);
        }
        return walk;
    }

    private void walk(Path directory, String dropInOf, Walk walk) {
        try {
            loader.checkDirectory(directory);
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    if (walk.tooMany) {
                        return;
                    }
                    visit(entry, dropInOf, walk);
                }
            }
        } catch (DirectoryIteratorException e) {
            refuseDirectory(directory, FileLoader.cause(new IOException(e)), null, walk);
        } catch (NoSuchFileException e) {
            refuseDirectory(directory, "there is none", dropInOf.isEmpty() ? "mkdir " + directory : null, walk);
        } catch (IOException e) {
            refuseDirectory(directory, FileLoader.cause(e), null, walk);
        } catch (FileLoader.Unusable e) {
            refuseDirectory(directory, String.valueOf(e.getMessage()), e.hint(), walk);
        }
    }

    private static void refuseDirectory(
            Path directory, String cause, @org.jspecify.annotations.Nullable String hint, Walk walk) {
        SourcePosition position = new SourcePosition(directory.toString(), 0, 0);
        Problem problem = Problem.error(position, "cannot read the directory: " + cause);
        walk.problems.add(hint == null ? problem : problem.withHint(hint));
    }

    private void visit(Path entry, String dropInOf, Walk walk) {
        String name = String.valueOf(entry.getFileName());
        if (name.startsWith(".") || name.startsWith("#")) {
            return;
        }
        if (name.endsWith(".yml") || name.endsWith(".json")) {
            String renamed = name.substring(0, name.lastIndexOf('.')) + SUFFIX;
            SourcePosition position = new SourcePosition(entry.toString(), 0, 0);
            walk.problems.add(Problem.warning(position, "cannot use " + name + ": rename it to " + renamed));
            return;
        }
        boolean directory = name.endsWith(".d") && dropInOf.isEmpty();
        if (!name.endsWith(SUFFIX) && !directory) {
            return;
        }
        FileFacts facts;
        try {
            facts = loader.facts(entry, directory);
        } catch (NoSuchFileException e) {
            return; // removed since it was listed: the second walk sees the same, or not
        } catch (IOException e) {
            walk.problems.add(new FileLoader.Unusable(FileLoader.cause(e), null).problem(entry.toString()));
            return;
        }
        if (directory) {
            if (facts.isDirectory()) {
                walk(entry, name.substring(0, name.length() - 2), walk);
            }
            return;
        }
        if (walk.files.size() >= FILES_MAX) {
            walk.tooMany = true;
            SourcePosition position = new SourcePosition(entry.toString(), 0, 0);
            walk.problems.add(Problem.error(position, "cannot read more than " + FILES_MAX + " files"));
            return;
        }
        walk.files.put(entry.toString(), new Found(entry, dropInOf, facts));
        walk.marks.put(entry.toString(), mark(entry, facts));
    }

    /** A link changes when what it leads to does. */
    private Fingerprint.Mark mark(Path entry, FileFacts facts) {
        if (!facts.isLink()) {
            return facts.mark();
        }
        try {
            return loader.facts(entry, true).mark();
        } catch (IOException e) {
            return facts.mark(); // it leads nowhere, which loading tells
        }
    }

    private Reading load(Walk walk) {
        ArrayList<SourceFile> definitions = new ArrayList<>(walk.files.size());
        ArrayList<Reading.DropIn> dropIns = new ArrayList<>();
        ArrayList<Problem> problems = new ArrayList<>(walk.problems);
        ArrayList<String> unreadable = new ArrayList<>();
        long total = 0;
        for (Found found : walk.files.values()) {
            String path = found.path().toString();
            try {
                SourceFile file = loader.load(found.path(), found.facts(), Document.BYTES_MAX);
                total += file.bytes().length;
                if (total > TOTAL_MAX) {
                    String text = "cannot read more than " + TOTAL_MAX + " bytes of definitions";
                    problems.add(Problem.error(new SourcePosition(path, 0, 0), text));
                    break;
                }
                if (found.dropInOf().isEmpty()) {
                    definitions.add(file);
                } else {
                    dropIns.add(new Reading.DropIn(found.dropInOf(), file));
                }
            } catch (IOException e) {
                problems.add(new FileLoader.Unusable(FileLoader.cause(e), null).problem(path));
                unreadable.add(unreadableName(found));
            } catch (FileLoader.Unusable e) {
                problems.add(e.problem(path));
                unreadable.add(unreadableName(found));
            }
        }
        return new Reading(definitions, dropIns, unreadable, problems, new Fingerprint(walk.marks));
    }

    private static String unreadableName(Found found) {
        return found.dropInOf().isEmpty() ? DefinitionParser.nameOf(found.path().toString()) : found.dropInOf();
    }
}
