package org.jinit.daemon;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.jinit.config.DefinitionParser;
import org.jinit.config.DefinitionReader;
import org.jinit.config.Definitions;
import org.jinit.config.FileLoader;
import org.jinit.config.Fingerprint;
import org.jinit.config.ManagerConfig;
import org.jinit.config.Reading;
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

    CatalogReader(Paths paths, boolean asRoot) {
        this.paths = paths;
        this.asRoot = asRoot;
    }

    /** @param instances of templates that shall be in the catalogue, where their templates still are */
    Result read(Collection<ServiceName> instances) {
        FileLoader loader = FileLoader.ofFileSystem(asRoot);
        ManagerConfig settings = loader.loadManagerConfig(Path.of(paths.managerConfig()), false);
        Reading reading = new DefinitionReader(List.of(Path.of(paths.config())), loader).read();
        Definitions definitions = DefinitionParser.parse(reading, settings);
        Catalog catalog = instances.isEmpty() ? Catalog.of(definitions) : Catalog.of(definitions, instances);
        return new Result(settings, catalog, reading.fingerprint());
    }

    /** Of what is on the disk now. */
    Fingerprint fingerprint() {
        return new DefinitionReader(List.of(Path.of(paths.config())), FileLoader.ofFileSystem(asRoot)).fingerprint();
    }
}
