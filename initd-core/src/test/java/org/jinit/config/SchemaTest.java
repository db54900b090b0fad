package org.jinit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The JSON Schema for editors knows the keys that the table knows, and no others. Its own JSON is read as YAML. */
class SchemaTest {
    /** Where each table's keys are in the schema. */
    private static final Map<String, List<String>> PLACES = Map.ofEntries(
            Map.entry("", List.of("service")),
            Map.entry("hook.", List.of("hook")),
            Map.entry("ready.", List.of("readyEntry", "oneOf", "1")),
            Map.entry("health.", List.of("service", "properties", "health")),
            Map.entry("restart.", List.of("service", "properties", "restart", "oneOf", "1")),
            Map.entry("restart.limit.",
                    List.of("service", "properties", "restart", "oneOf", "1", "properties", "limit", "oneOf", "1")),
            Map.entry("stop.", List.of("service", "properties", "stop")),
            Map.entry("reload.", List.of("service", "properties", "reload")),
            Map.entry("limits.", List.of("service", "properties", "limits")),
            Map.entry("directories.", List.of("service", "properties", "directories")),
            Map.entry("log.", List.of("service", "properties", "log", "oneOf", "1")),
            Map.entry("conditions.", List.of("conditions")),
            Map.entry("exit.", List.of("service", "properties", "exit")));

    private static Node.Mapping definitions() throws IOException {
        Path schema = Path.of("..", "etc", "schema", "jinit-service.schema.json");
        ProblemList problems = new ProblemList();
        Node root = Document.parse(new SourceFile("schema", Files.readAllBytes(schema)), problems);
        assertThat(Parsed.lines(problems.sorted())).isEmpty();
        return (Node.Mapping) child(Objects.requireNonNull(root), "$defs");
    }

    private static Node child(Node node, String step) {
        return node instanceof Node.Sequence list
                ? list.items.get(Integer.parseInt(step))
                : Objects.requireNonNull(((Node.Mapping) node).get(step), step);
    }

    @Test
    void schemaHasTheKeysOfTheTable() throws IOException {
        Map<String, List<String>> inSchema = new TreeMap<>();
        Map<String, List<String>> inTable = new TreeMap<>();
        for (KeyTable table : KeyTable.ALL) {
            Node at = definitions();
            for (String step : Objects.requireNonNull(PLACES.get(table.path()), table.path())) {
                at = child(at, step);
            }
            Node.Mapping properties = (Node.Mapping) child(at, "properties");
            inSchema.put(table.path(), properties.keys.stream().map(key -> key.text).sorted().toList());
            inTable.put(table.path(), table.keys().stream().sorted().toList());
        }
        assertThat(inSchema).isEqualTo(inTable);
    }

    @Test
    void schemaMarksWhatIsNotSupported() throws IOException {
        for (String path : KeyTable.UNSUPPORTED) {
            boolean log = path.startsWith("log.");
            Node at = definitions();
            for (String step : Objects.requireNonNull(PLACES.get(log ? "log." : ""))) {
                at = child(at, step);
            }
            Node key = child(child(at, "properties"), log ? path.substring(4) : path);
            assertThat(((Node.Scalar) child(key, "description")).text).as(path).endsWith("(not supported yet)");
        }
    }
}
