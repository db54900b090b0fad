package org.jinit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jinit.graph.Catalog;
import org.jinit.model.Problem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code docs/definitions.md}: its examples are good definitions, and it tells of every key. */
class DocumentationTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "definitions.md");
    /** The first line of an example names its file. */
    private static final Pattern EXAMPLE = Pattern.compile("```yaml\n# (\\S+)\n(.*?)```", Pattern.DOTALL);
    private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

    @TempDir
    Path directory;

    @Test
    void examplesPassCheckTogether() throws IOException {
        String document = Files.readString(DOCUMENT);
        Path definitions = directory.resolve("jinit.d");
        int examples = 0;
        for (Matcher match = EXAMPLE.matcher(document); match.find(); examples++) {
            Path file = definitions.resolve(match.group(1)).normalize();
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            assertThat(file).startsWithRaw(directory).doesNotExist();
            Files.writeString(file, match.group(2));
        }
        assertThat(examples).isEqualTo(document.split("```yaml", -1).length - 1).isPositive();
        FileLoader loader = FileLoader.ofFileSystem(false);
        ManagerConfig manager = loader.loadManagerConfig(directory.resolve("jinit/jinitd.yaml"), true);
        Reading reading = new DefinitionReader(List.of(definitions), loader).read();
        List<Problem> problems = new ArrayList<>(manager.problems());
        problems.addAll(Catalog.of(DefinitionParser.parse(reading, manager)).problems());
        assertThat(Parsed.lines(problems)).isEmpty();
    }

    @Test
    void everyKeyIsToldOf() throws IOException {
        String document = Files.readString(DOCUMENT);
        TreeSet<String> told = new TreeSet<>();
        for (Matcher match = CODE.matcher(document.replaceAll("(?s)```.*?```", "")); match.find();) {
            told.add(match.group(1));
            told.addAll(List.of(match.group(1).split("[^A-Za-z0-9-]+", -1)));
        }
        List<String> missing = new ArrayList<>();
        for (KeyTable table : KeyTable.ALL) {
            for (String key : table.keys()) {
                if (!told.contains(key)) {
                    missing.add(table.path() + key);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyKeyThatIsRefusedIsListed() throws IOException {
        String document = Files.readString(DOCUMENT);
        int from = document.indexOf("\n## Not supported yet");
        String section = document.substring(from, document.indexOf("\n## ", from + 1));
        TreeSet<String> listed = new TreeSet<>();
        for (Matcher match = CODE.matcher(section); match.find();) {
            listed.add(match.group(1));
        }
        TreeSet<String> refused = new TreeSet<>(List.of("syslog", "log.to"));
        refused.addAll(KeyTable.UNSUPPORTED);
        refused.addAll(KeyTable.UNSUPPORTED_MANAGER);
        assertThat(listed).isEqualTo(refused);
    }
}
