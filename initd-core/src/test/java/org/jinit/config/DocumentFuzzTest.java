package org.jinit.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.jinit.model.Problem;
import org.jspecify.annotations.Nullable;

/** Whatever the bytes are: an answer, never an exception; and the short way of reading JSON gives what the long one gives. */
class DocumentFuzzTest {
    private static final String GOOD = """
            description: "Web: server"
            exec: [/usr/sbin/nginx, -g, 'daemon off;']
            before-start: ["mkdir -p /x", {exec: sync, timeout: 5s}]
            ready: [{by: notify, timeout: 30s}, {tcp: 'localhost:80', interval: 100ms}]
            health: &h {http: 'http://localhost/', status: 200, failures: 3, then: restart}
            requires: [db, "cache@${instance}"]
            restart: {when: always, delay: 100ms, factor: 2.0, limit: {count: 5, within: 10s}}
            stop: {signal: QUIT, timeout: 10s, mode: mixed}
            limits: {nofile: 1024:4096, core: unlimited}
            environment: {A: "x ${B:-y}", C: |
              text
              }
            conditions: {path-exists: /x, else: fail}
            umask: 022
            """;

    private static Definitions parse(byte[] bytes, String name) {
        return DefinitionParser.parse(
                new Reading(List.of(new SourceFile(name, bytes)), List.of(), List.of(), List.of(), Fingerprint.EMPTY));
    }

    private static void checkAnswer(Definitions definitions) {
        assertThat(definitions.problems()).hasSizeLessThanOrEqualTo(ProblemList.MAX + 1);
        for (Problem problem : definitions.problems()) {
            assertThat(problem.text()).startsWith("cannot ");
            assertThat(problem.toString()).doesNotContain("\n", "\u001b", "\u0000");
        }
    }

    @Property(tries = 2000)
    void randomBytesGetAnAnswer(@ForAll byte @Size(max = 300) [] bytes) {
        checkAnswer(parse(bytes, "web.yaml"));
    }

    @Property(tries = 2000)
    void randomYamlGetsAnAnswer(@ForAll("yamlish") String text) {
        checkAnswer(parse(text.getBytes(UTF_8), "web@.yaml"));
    }

    @Provide
    Arbitrary<String> yamlish() {
        return Arbitraries.of(
                "exec", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "'", "\"", "|\n", ">\n", "&a ", "*a", "!x ",
                "#", "? ", "---\n",
                "ready", "restart", "limit", "1s", "true", "null", "~", "${", "$$", "instance", "\\", "\t", "é",
                "services", "a", "0", "%")
                .list()
                .ofMaxSize(40)
                .map(parts -> String.join("", parts));
    }

    @Property(tries = 3000)
    void mutatedDefinitionsGetAnAnswer(@ForAll long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder(GOOD);
        int mutations = 1 + random.nextInt(6);
        for (int i = 0; i < mutations; i++) {
            int at = random.nextInt(text.length());
            int length = Math.min(text.length() - at, random.nextInt(12));
            switch (random.nextInt(4)) {
                case 0 -> text.delete(at, at + length);
                case 1 -> text.insert(at, text.substring(random.nextInt(at + 1), at));
                case 2 -> text.setCharAt(at, (char) random.nextInt(256));
                default -> text.insert(at, "[]{}:,'\"\n -&*!|>#$".charAt(random.nextInt(18)));
            }
            if (text.isEmpty()) {
                return;
            }
        }
        checkAnswer(parse(text.toString().getBytes(UTF_8), "web@.yaml"));
        checkAnswer(DefinitionParser
                .parse(Parsed.reading("web.yaml", GOOD.replace("${instance}", "a"), "web.d/a.yaml", text.toString())));
        assertThatCode(() -> ManagerConfig.parse(new SourceFile("j.yaml", ("defaults:\n " + text).getBytes(UTF_8))))
                .doesNotThrowAnyException();
    }

    @Property(tries = 3000)
    void shortWayOfJsonGivesTheTreeOfTheLongOne(@ForAll("json") String json) {
        checkShortWay(json);
    }

    static void checkShortWay(String json) {
        Node quick = JsonParser.parse("f", json);
        if (quick != null) {
            ProblemList problems = new ProblemList();
            Node slow = YamlParser.parse("f", json, problems);
            assertThat(Parsed.lines(problems.sorted())).as(json).isEmpty();
            assertThat(dump(quick)).isEqualTo(dump(slow));
        }
    }

    /** The same for texts that are nearly JSON: whatever the short way takes, the long one takes likewise. */
    @Property(tries = 5000)
    void shortWayTakesNothingThatTheLongOneDoesNot(@ForAll("json") String json, @ForAll long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder(json);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = 1 + random.nextInt(Math.max(1, text.length() - 1));
            text.insert(Math.min(at, text.length()), "[]{}:,'\"\n -&*!|>#\\1te".charAt(random.nextInt(21)));
        }
        shortWayOfJsonGivesTheTreeOfTheLongOne(text.toString());
    }

    @Property(tries = 300)
    void shortWayIsTakenForWhatProgramsWrite(@ForAll("json") String json) {
        Assume.that(!json.contains("\\u0000"));
        assertThat(JsonParser.parse("f", json)).as(json).isNotNull();
    }

    private static String dump(@Nullable Node node) {
        return switch (node) {
            case null -> "none";
            case Node.Scalar scalar ->
                scalar.line + ":" + scalar.column + (scalar.plain ? " plain " : " quoted ") + scalar.text + "\n";
            case Node.Sequence list -> {
                StringBuilder text = new StringBuilder(list.line + ":" + list.column + " list\n");
                list.items.forEach(item -> text.append(dump(item)));
                yield text + "end\n";
            }
            case Node.Mapping map -> {
                StringBuilder text = new StringBuilder(map.line + ":" + map.column + " map\n");
                for (int i = 0; i < map.keys.size(); i++) {
                    text.append(dump(map.keys.get(i))).append(dump(map.values.get(i)));
                }
                yield text + "end\n";
            }
        };
    }

    @Provide
    Arbitrary<String> json() {
        return Combinators.combine(object(3), Arbitraries.of("", "\n", " \n")).as((body, end) -> body + end);
    }

    private static Arbitrary<String> object(int depth) {
        Arbitrary<List<String>> keys =
                Arbitraries.strings()
                        .withChars("abc-xyz")
                        .ofMinLength(1)
                        .ofMaxLength(8)
                        .list()
                        .uniqueElements()
                        .ofMaxSize(4);
        return Combinators.combine(keys, value(depth).list().ofSize(4), separator(), separator())
                .as((names, values, comma, colon) -> {
                    StringBuilder text = new StringBuilder("{");
                    for (int i = 0; i < names.size(); i++) {
                        text.append(i == 0 ? "" : "," + comma).append('"').append(names.get(i)).append("\":");
                        text.append(colon).append(values.get(i));
                    }
                    return text.append(comma).append("}").toString();
                });
    }

    private static Arbitrary<String> separator() {
        return Arbitraries.of("", " ", "\n  ", "\n");
    }

    private static Arbitrary<String> value(int depth) {
        Arbitrary<String> text = Arbitraries.oneOf(
                Arbitraries.of("a", "B", "/x", "-", "#", ": ", "${A}", "'", "{", "[", ",", "&", "*", "!", " ", "~",
                        "null", "%", "@"),
                Arbitraries.of("\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0041", "\\u00e9",
                        "\\u20ac", "\\u0000"))
                .list()
                .ofMaxSize(6)
                .map(parts -> "\"" + String.join("", parts) + "\"");
        Arbitrary<String> word =
                Arbitraries.of("true", "false", "null", "0", "-1", "42", "1.5", "-0.25", "100000000000");
        if (depth == 0) {
            return Arbitraries.oneOf(text, word);
        }
        Arbitrary<String> list = Combinators.combine(value(depth - 1).list().ofMaxSize(3), separator())
                .as((values, blank) -> "[" + blank + String.join("," + blank, values) + "]");
        return Arbitraries.oneOf(text, word, list, object(depth - 1));
    }
}
