package org.jinit.daemon;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jinit.config.DefinitionParser;
import org.jinit.config.DefinitionReader;
import org.jinit.config.Definitions;
import org.jinit.config.FileLoader;
import org.jinit.config.Fingerprint;
import org.jinit.config.ManagerConfig;
import org.jinit.config.Reading;
import org.jinit.config.SourceFile;
import org.jinit.graph.Catalog;
import org.jinit.model.ServiceName;

/** Reads definitions and the manager's own settings; blocks on the disk. */
final class CatalogReader {
    /** One reading. */
    record Result(ManagerConfig settings, Catalog catalog, Fingerprint fingerprint) {
        boolean valid() {
            return settings.valid() && catalog.valid();
        }

        /** What is wrong, also what only deserves a warning. */
        List<String> problems() {
            return java.util.stream.Stream.concat(settings.problems().stream(), catalog.problems().stream())
                    .map(Object::toString)
                    .distinct()
                    .toList();
        }
    }

    private final Paths paths;
    private final boolean asRoot;
    private final List<String> command;

    /** @param command of {@code jinitd run -- COMMAND}, empty without: it becomes the service {@code main} */
    CatalogReader(Paths paths, boolean asRoot, List<String> command) {
        this.paths = paths;
        this.asRoot = asRoot;
        this.command = List.copyOf(command);
    }

    /** @param instances of templates that shall be in the catalogue, where their templates still are */
    Result read(Collection<ServiceName> instances) {
        FileLoader loader = FileLoader.ofFileSystem(asRoot);
        ManagerConfig settings = loader.loadManagerConfig(Path.of(paths.managerConfig()), false);
        Reading reading = withCommand(reader(loader).read());
        Definitions definitions = DefinitionParser.parse(reading, settings);
        Catalog catalog = instances.isEmpty() ? Catalog.of(definitions) : Catalog.of(definitions, instances);
        return new Result(settings, catalog, reading.fingerprint());
    }

    /** Of what is on the disk now. */
    Fingerprint fingerprint() {
        return reader(FileLoader.ofFileSystem(asRoot)).fingerprint();
    }

    /** With a command on the command line there need not be any definitions. */
    private DefinitionReader reader(FileLoader loader) {
        Path directory = Path.of(paths.config());
        boolean none = !command.isEmpty() && !Files.exists(directory);
        return new DefinitionReader(none ? List.of() : List.of(directory), loader);
    }

    private Reading withCommand(Reading reading) {
        if (command.isEmpty()) {
            return reading;
        }
        StringBuilder words = new StringBuilder();
        for (String word : command) {
            words.append(words.isEmpty() ? "" : ", ").append(quoted(word.replace("$", "$$")));
        }
        String text = "{\"description\": \"command line of jinitd\", \"exec\": [" + words
                + "], \"restart\": {\"when\": \"never\"}, \"log\": {\"to\": \"inherit\"}, \"exit\": {\"when\": \"ends\"}}\n";
        List<SourceFile> definitions = new ArrayList<>(reading.definitions());
        definitions.add(new SourceFile("main.yaml", text.getBytes(StandardCharsets.UTF_8)));
        return new Reading(definitions, reading.dropIns(), reading.unreadable(), reading.problems(),
                reading.fingerprint());
    }

    private static String quoted(String word) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
