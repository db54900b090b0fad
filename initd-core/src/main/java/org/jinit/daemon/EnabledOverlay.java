package org.jinit.daemon;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jinit.model.ServiceName;

/**
 * What {@code enable} and {@code disable} said: an empty file named after the service in {@code enabled} or {@code disabled} of the state
 * directory. It beats {@code enabled:} of the definition.
 */
final class EnabledOverlay {
    private final Path enabled;
    private final Path disabled;

    EnabledOverlay(String stateDirectory) {
        enabled = Path.of(stateDirectory, "enabled");
        disabled = Path.of(stateDirectory, "disabled");
    }

    /** By service; those nothing was said of are not in it. */
    Map<ServiceName, Boolean> read() throws IOException {
        Map<ServiceName, Boolean> out = new TreeMap<>();
        readInto(out, disabled, false);
        readInto(out, enabled, true);
        return out;
    }

    private static void readInto(Map<ServiceName, Boolean> out, Path directory, boolean value) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (ServiceName.isValid(name)) {
                    out.put(new ServiceName(name), value);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Nothing was said yet.
        }
    }

    /** The new mark is there before the old one goes: after a crash between the two the service is enabled. */
    void set(ServiceName service, boolean value) throws IOException {
        Path to = (value ? enabled : disabled).resolve(service.value());
        Files.createDirectories(value ? enabled : disabled);
        if (!Files.exists(to)) {
            Files.createFile(to);
        }
        Files.deleteIfExists((value ? disabled : enabled).resolve(service.value()));
    }
}
