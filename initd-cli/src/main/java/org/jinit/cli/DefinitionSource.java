package org.jinit.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jinit.config.DefinitionReader;
import org.jinit.config.FileFacts;
import org.jinit.config.FileLoader;
import org.jinit.config.ManagerConfig;
import org.jinit.config.Reading;

/** Definitions and the manager's settings, read as jinitd reads them. */
record DefinitionSource(Reading reading, ManagerConfig manager) {
    private static final int ROOT = 0;

    /** {@code directory} of the command line, else where jinitd looks. */
    static DefinitionSource read(Session session, Arguments arguments) throws UsageException, IOException {
        boolean given = !arguments.operands().isEmpty();
        Path directory = given ? Path.of(arguments.operands().getFirst()) : session.configDirectory();
        if (!Files.isDirectory(directory)) {
            throw new UsageException("cannot read " + directory + ": it is no directory (say one, of files NAME.yaml)");
        }
        FileLoader loader = FileLoader.ofFileSystem(isRoot());
        Path settings = directory.toAbsolutePath().normalize().resolveSibling("jinit").resolve("jinitd.yaml");
        ManagerConfig manager = loader.loadManagerConfig(settings, false);
        return new DefinitionSource(new DefinitionReader(List.of(directory), loader).read(), manager);
    }

    private static boolean isRoot() throws IOException {
        return FileFacts.FILE_SYSTEM.of(Path.of("/proc/self"), true).uid() == ROOT;
    }
}
