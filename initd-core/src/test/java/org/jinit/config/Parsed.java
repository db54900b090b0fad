package org.jinit.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jinit.model.Problem;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;

/** Parses texts for tests. */
final class Parsed {
    private Parsed() {}

    /** Definitions out of pairs of file name and contents. */
    static Definitions files(String... namesAndContents) {
        return DefinitionParser.parse(reading(namesAndContents));
    }

    static Reading reading(String... namesAndContents) {
        Map<String, String> contents = new LinkedHashMap<>();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            contents.put(namesAndContents[i], namesAndContents[i + 1]);
        }
        return Reading.of(contents);
    }

    /** The definition in {@code web.yaml}, which must be without problems. */
    static ServiceDefinition web(String yaml) {
        Definitions definitions = files("web.yaml", yaml);
        if (!definitions.problems().isEmpty()) {
            throw new AssertionError(String.join("\n", lines(definitions.problems())));
        }
        return Objects.requireNonNull(definitions.services().get(new ServiceName("web")));
    }

    /** What is said about {@code web.yaml}, a problem a line. */
    static List<String> problems(String yaml) {
        return lines(files("web.yaml", yaml).problems());
    }

    static List<String> lines(List<Problem> problems) {
        List<String> lines = new ArrayList<>();
        for (Problem problem : problems) {
            lines.add(problem.toString());
        }
        return lines;
    }
}
