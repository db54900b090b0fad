package org.jinit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jinit.model.Problem;

/** Files of definitions: an answer with bounded, printable problems, never an exception, and the same one each time. */
public final class DefinitionFuzz {
    private DefinitionFuzz() {}

    /** The input is a file's content. */
    public static void fuzzerTestOneInput(byte[] input) {
        Definitions alone = parse(new SourceFile("web.yaml", input));
        check(alone.problems());
        Definitions again = parse(new SourceFile("web.yaml", input));
        assertThat(again.problems()).isEqualTo(alone.problems());
        assertThat(again.services()).isEqualTo(alone.services());
        check(parse(new SourceFile("web@.yaml", input), new SourceFile("web@a.yaml", input)).problems());
        String text = new String(input, StandardCharsets.UTF_8);
        check(DefinitionParser.parse(Parsed.reading("web.yaml", "exec: /bin/x\n", "web.d/a.yaml", text)).problems());
        DocumentFuzzTest.checkShortWay(text);
        ManagerConfig.parse(new SourceFile("jinit.yaml", input));
    }

    private static Definitions parse(SourceFile... files) {
        return DefinitionParser
                .parse(new Reading(List.of(files), List.of(), List.of(), List.of(), Fingerprint.EMPTY));
    }

    private static void check(List<Problem> problems) {
        assertThat(problems).hasSizeLessThanOrEqualTo(ProblemList.MAX + 1);
        for (Problem problem : problems) {
            assertThat(problem.text()).startsWith("cannot ");
            assertThat(problem.toString()).doesNotContain("\n", "\u001b", "\u0000");
            assertThat(problem.text().length()).isLessThan(2000);
        }
    }
}
