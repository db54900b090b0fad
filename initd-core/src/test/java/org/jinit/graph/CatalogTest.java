package org.jinit.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jinit.config.DefinitionParser;
import org.jinit.config.Definitions;
import org.jinit.config.ManagerConfig;
import org.jinit.config.Reading;
import org.jinit.model.Problem;
import org.jinit.model.ServiceName;
import org.junit.jupiter.api.Test;

/** Edges, order and checks of the catalogue. */
class CatalogTest {
    /** One line a service: {@code name: keys}; each has a command. */
    private static Map<String, String> files(String... services) {
        Map<String, String> contents = new LinkedHashMap<>();
        for (String service : services) {
            int colon = service.indexOf(':');
            String keys = service.substring(colon + 1).strip().replace("; ", "\n");
            contents.put(service.substring(0, colon) + ".yaml", "exec: [x]\n" + keys + "\n");
        }
        return contents;
    }

    private static Catalog catalog(String... services) {
        return Catalog.of(DefinitionParser.parse(Reading.of(files(services))));
    }

    private static Catalog valid(String... services) {
        Catalog catalog = catalog(services);
        assertThat(problems(catalog)).isEmpty();
        assertThat(catalog.valid()).isTrue();
        return catalog;
    }

    private static List<String> problems(Catalog catalog) {
        List<String> lines = new ArrayList<>();
        for (Problem problem : catalog.problems()) {
            lines.add(problem.toString());
        }
        return lines;
    }

    private static ServiceName name(String text) {
        return new ServiceName(text);
    }

    private static String names(Collection<ServiceName> names) {
        return String.join(" ", names.stream().map(ServiceName::value).toList());
    }

    private static String edges(List<Edge> edges) {
        return String.join(", ", edges.stream().map(Edge::describe).toList());
    }

    @Test
    void edgesAreThereInBothDirections() {
        Catalog catalog = valid(
                "web: requires: [db]; wants: [cache]; part-of: [db]; after: [log]; before: [end]", "db:", "cache:",
                "log:", "end:");
        assertThat(names(catalog.requiresOf(name("web")))).isEqualTo("db");
        assertThat(names(catalog.requiredBy(name("db")))).isEqualTo("web");
        assertThat(names(catalog.wantsOf(name("web")))).isEqualTo("cache");
        assertThat(names(catalog.wantedBy(name("cache")))).isEqualTo("web");
        assertThat(names(catalog.partOf(name("web")))).isEqualTo("db");
        assertThat(names(catalog.partOfReverse(name("db")))).isEqualTo("web");
        assertThat(edges(catalog.orderedAfter(name("web"))))
                .isEqualTo("web wants cache, web requires db, web is after log");
        assertThat(edges(catalog.orderedAfter(name("end")))).isEqualTo("web is before end");
        assertThat(edges(catalog.orderedBefore(name("web")))).isEqualTo("web is before end");
        assertThat(edges(catalog.orderedBefore(name("db")))).isEqualTo("web requires db");
    }

    @Test
    void conflictsAreSymmetric() {
        Catalog catalog = valid("a: conflicts: [b]", "b: enabled: false");
        assertThat(names(catalog.conflictsOf(name("a")))).isEqualTo("b");
        assertThat(names(catalog.conflictsOf(name("b")))).isEqualTo("a");
    }

    @Test
    void ofSeveralEdgesBetweenTwoTheStrongestIsKept() {
        Catalog catalog = valid("a: after: [b]; wants: [b]; requires: [b]", "b: before: [a]");
        assertThat(edges(catalog.orderedAfter(name("a")))).isEqualTo("a requires b");
        assertThat(edges(catalog.orderedBefore(name("b")))).isEqualTo("a requires b");
    }

    @Test
    void orderPutsEachAfterWhatItWaitsFor() {
        Catalog catalog =
                valid("boot: requires: [one, two, three]", "one: before: [two]", "three: after: [two]", "two:");
        assertThat(names(catalog.topologicalOrder())).isEqualTo("one two three boot");
    }

    @Test
    void closuresFollowTheirEdges() {
        Catalog catalog =
                valid("a: requires: [b]; wants: [c]", "b: requires: [d]", "c: requires: [e]", "d:", "e:", "f:");
        assertThat(names(catalog.requiredClosure(List.of(name("a"))))).isEqualTo("a b d");
        assertThat(names(catalog.startClosure(List.of(name("a"))))).isEqualTo("a b c d e");
        assertThat(names(catalog.dependentClosure(List.of(name("d"))))).isEqualTo("a b d");
        assertThat(names(catalog.requiredClosure(List.of(name("nobody"))))).isEmpty();
    }

    @Test
    void bootSetIsWhatIsEnabledAndWhatThatPullsIn() {
        Catalog catalog =
                valid("a: requires: [b]", "b: enabled: false; wants: [c]", "c: enabled: false", "d: enabled: false");
        assertThat(names(catalog.bootSet())).isEqualTo("a b c");
    }

    @Test
    void missingNamesAreErrorsWhereNeededAndWarningsElsewhere() {
        assertThat(problems(catalog(
                "web: requires: [postgre]; wants: [x]; after: [y]; before: [z]; part-of: [grop]; conflicts: [q]",
                "postgres:",
                "group:")))
                .containsExactly(
                        "web.yaml:2:12: cannot find service 'postgre', which web requires (did you mean 'postgres'?)",
                        "web.yaml:3:9: warning: cannot find service 'x', which web wants; this is ignored",
                        "web.yaml:4:9: warning: cannot find service 'y', which web is after; this is ignored",
                        "web.yaml:5:10: warning: cannot find service 'z', which web is before; this is ignored",
                        "web.yaml:6:11: cannot find service 'grop', which web is part of (did you mean 'group'?)",
                        "web.yaml:7:13: warning: cannot find service 'q', with which web conflicts; this is ignored");
        assertThat(problems(catalog("web: requires: [db]")))
                .containsExactly("web.yaml:2:12: cannot find service 'db', which web requires"
                        + " (define it in db.yaml, or remove it here)");
        assertThat(problems(catalog("web: requires: [bd@x]", "db@: nice: 1")))
                .containsExactly(
                        "web.yaml:2:12: cannot find service 'bd@x', which web requires (did you mean 'db@x'?)");
    }

    @Test
    void aNameThatIsIgnoredGetsASuggestionToo() {
        assertThat(problems(catalog("web: wants: [postgre]", "postgres:")))
                .containsExactly(
                        "web.yaml:2:9: warning: cannot find service 'postgre', which web wants; this is ignored"
                                + " (did you mean 'postgres'?)");
    }

    @Test
    void onlyTheFirstHundredWrongNamesAreSearchedForASuggestion() {
        StringBuilder missing = new StringBuilder("web: requires: [postgre-0");
        for (int i = 1; i <= 100; i++) {
            missing.append(", postgre-").append(i);
        }
        List<String> problems = problems(catalog(missing.append(']').toString(), "postgres-0:"));
        assertThat(problems).hasSize(101);
        assertThat(problems.subList(0, 100)).allMatch(line -> line.endsWith("(did you mean 'postgres-0'?)"));
        assertThat(problems.getLast()).endsWith("(define it in postgre-100.yaml, or remove it here)");
    }

    @Test
    void anOrderToAnInstanceThatNobodyNeedsIsNoProblem() {
        Catalog catalog = valid("web: after: ['db@x']; conflicts: ['db@y']", "db@: nice: 1");
        assertThat(names(catalog.services().keySet())).isEqualTo("web");
        assertThat(catalog.orderedAfter(name("web"))).isEmpty();
    }

    @Test
    void whatCouldNotBeParsedIsNotCalledMissing() {
        Map<String, String> files = files("web: requires: [db]");
        files.put("db.yaml", "exec: [");
        assertThat(problems(Catalog.of(DefinitionParser.parse(Reading.of(files)))))
                .containsExactly("db.yaml:1:8: cannot parse: a value, ']' or '}' is missing here");
    }

    @Test
    void noServiceMayReferToItself() {
        assertThat(problems(
                catalog("a: requires: [a]; wants: [a]; after: [a]; before: [a]; conflicts: [a]; part-of: [a]")))
                .containsExactly(
                        "a.yaml:2:12: cannot let service a require itself",
                        "a.yaml:3:9: cannot let service a want itself",
                        "a.yaml:4:9: cannot order service a after itself",
                        "a.yaml:5:10: cannot order service a before itself",
                        "a.yaml:6:13: cannot let service a conflict with itself",
                        "a.yaml:7:11: cannot make service a a part of itself");
    }

    @Test
    void cycleIsPrintedWithItsPathKindsAndPlaces() {
        assertThat(problems(catalog("a: requires: [b]", "b: wants: [c]", "c: after: [a]")))
                .containsExactly("a.yaml:2:12: cannot order services: dependency cycle a -> b -> c -> a:"
                        + " a requires b (a.yaml:2:12), b wants c (b.yaml:2:9), c is after a (c.yaml:2:9) (remove one of these)");
    }

    private static String cycleOf(int length) {
        String[] services = new String[length];
        for (int i = 0; i < length; i++) {
            services[i] = String.format("s%02d: requires: [s%02d]", i, (i + 1) % length);
        }
        List<String> problems = problems(catalog(services));
        assertThat(problems).hasSize(1);
        return problems.getFirst();
    }

    @Test
    void onlyOfACycleOfMoreThanFortyEdgesIsTheMiddleLeftOut() {
        assertThat(cycleOf(40)).contains("s19 -> s20 -> s21", "s19 requires s20").doesNotContain("...");
        assertThat(cycleOf(41))
                .contains("s19 -> s20 -> ... 1 more ... -> s22 -> s23", "(s19.yaml:2:12), ..., s21 requires s22");
    }

    @Test
    void cycleClosedThroughBeforeIsFound() {
        assertThat(problems(catalog("a: requires: [b]", "b: requires: [c]", "a2: after: [b]", "c: nice: 1",
                "d: before: [c]; after: [a]")))
                .containsExactly("a.yaml:2:12: cannot order services: dependency cycle a -> b -> c -> d -> a:"
                        + " a requires b (a.yaml:2:12), b requires c (b.yaml:2:12), d is before c (d.yaml:2:10),"
                        + " d is after a (d.yaml:3:9) (remove one of these)");
        assertThat(problems(catalog("a: before: [b]; after: [b]", "b:")))
                .containsExactly("a.yaml:3:9: cannot order services: dependency cycle a -> b -> a:"
                        + " a is after b (a.yaml:3:9), a is before b (a.yaml:2:10) (remove one of these)");
    }

    /** boot needs middle, middle needs service, and service says that it is before boot: which is so anyway. */
    @Test
    void orderSaidTwiceIsNoCycle() {
        Catalog catalog = valid("boot: requires: [middle]", "middle: requires: [service]", "service: before: [boot]");
        assertThat(names(catalog.topologicalOrder())).isEqualTo("service middle boot");
    }

    @Test
    void partOfAndConflictsOrderNothing() {
        valid("a: requires: [b]", "b: part-of: [a]");
        valid("a: part-of: [b]", "b: part-of: [a]");
    }

    @Test
    void eachKnotOfCyclesIsToldOnceByAShortestCycle() {
        List<String> problems = problems(catalog(
                "a: requires: [b]", "b: requires: [c]", "c: requires: [a, b]", "p: wants: [q]", "q: wants: [p]",
                "z: requires: [a, p]"));
        assertThat(problems).hasSize(2);
        assertThat(problems.get(0)).contains("cycle a -> b -> c -> a:");
        assertThat(problems.get(1)).contains("cycle p -> q -> p:");
    }

    @Test
    void membersOfCyclesComeLastInTheOrder() {
        assertThat(names(catalog("a: requires: [b]", "b: requires: [a]", "c:", "d: requires: [a]").topologicalOrder()))
                .isEqualTo("c a b d");
    }

    @Test
    void twoEnabledServicesThatConflictAreRefused() {
        assertThat(problems(catalog("a: conflicts: [b]", "b:")))
                .containsExactly(
                        "a.yaml:2:13: cannot enable both a and b: they conflict (say 'enabled: false' in one of them)");
    }

    @Test
    void serviceThatRequiresWhatItConflictsWithIsRefused() {
        assertThat(problems(catalog("a: requires: [b]", "b: requires: [c]", "c: conflicts: [a]")))
                .containsExactly("c.yaml:2:13: cannot start a: it conflicts with c, which it requires");
        assertThat(problems(catalog("a: enabled: false; requires: [b, c]", "b: enabled: false",
                "c: enabled: false; conflicts: [b]")))
                .containsExactly("c.yaml:3:13: cannot start a: it requires both b and c, which conflict");
    }

    @Test
    void conflictsThatMeetAtBootAreTold() {
        assertThat(problems(catalog("a: conflicts: [c]", "b: requires: [c]", "c: enabled: false")))
                .containsExactly(
                        "a.yaml:2:13: cannot start both a and c at boot: they conflict (a is enabled, c is required by b)");
        assertThat(problems(catalog("a: conflicts: [c]", "b: wants: [c]", "c: enabled: false")))
                .containsExactly("a.yaml:2:13: warning: cannot start both a and c at boot: they conflict"
                        + " (a is enabled, c is wanted by b)");
        assertThat(problems(catalog("a: conflicts: [c]", "c: enabled: false"))).isEmpty();
    }

    @Test
    void instancesThatAreNeededAreMade() {
        Catalog catalog = valid("web: requires: ['db@main']", "db@: wants: ['log@${instance}']", "log@: nice: 1");
        assertThat(names(catalog.services().keySet())).isEqualTo("db@main log@main web");
        assertThat(catalog.services().get(name("db@main"))).isNotNull().extracting("enabled").isEqualTo(false);
        assertThat(names(catalog.bootSet())).isEqualTo("db@main log@main web");
        assertThat(catalog.templates()).containsExactly("db", "log");
    }

    @Test
    void aWholeIsMadeForItsPart() {
        Catalog catalog = valid("web: part-of: ['group@main']", "group@: nice: 1");
        assertThat(names(catalog.services().keySet())).isEqualTo("group@main web");
    }

    @Test
    void instanceOnRequestIsAddedAndSurvivesTheNext() {
        Catalog catalog = valid("web@: requires: ['db@${instance}']", "db@: nice: 1");
        assertThat(catalog.knows(name("web@a"))).isTrue();
        assertThat(catalog.find(name("web@a"))).isNull();
        Catalog more = catalog.withInstance(name("web@a")).withInstance(name("web@b"));
        assertThat(names(more.services().keySet())).isEqualTo("db@a db@b web@a web@b");
        assertThat(more.valid()).isTrue();
        assertThat(names(more.bootSet())).isEmpty();
        assertThat(catalog.withInstance(name("other@a"))).isSameAs(catalog);
        assertThat(more.withInstance(name("web@a"))).isSameAs(more);
    }

    @Test
    void templatesThatNeedEverMoreInstancesEnd() {
        Catalog catalog = catalog("a: requires: ['t@0']", "t@: requires: ['t@${instance}0', 't@${instance}1']");
        assertThat(catalog.valid()).isFalse();
        assertThat(problems(catalog))
                .filteredOn(line -> line.contains("there would be more than 20000 services"))
                .hasSize(1)
                .allMatch(line -> line.matches("t@\\.yaml:.*: cannot make service t@[01]+ from its template: .*"));
        assertThat(catalog.services().size()).isLessThanOrEqualTo(CatalogBuilder.SERVICES_MAX);
    }

    @Test
    void checkSaysWhatCannotBeExecuted() {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("web.yaml", """
                exec: [/bin/web]
                before-start: [/bin/good, relative, '/bin/${X}']
                stop: {exec: /bin/halt}
                reload: {exec: /bin/again}
                ready: {exec: /bin/ask}
                health: {exec: /bin/well}
                """);
        List<String> lines = Checker.check(
                Reading.of(files), ManagerConfig.DEFAULT, path -> path.equals("/bin/good") ? null : "no such file")
                .stream()
                .map(Problem::toString)
                .toList();
        assertThat(lines)
                .containsExactly(
                        "web.yaml:1:7: warning: cannot execute /bin/web of service web: no such file",
                        "web.yaml:3:14: warning: cannot execute /bin/halt of service web: no such file",
                        "web.yaml:4:16: warning: cannot execute /bin/again of service web: no such file",
                        "web.yaml:5:15: warning: cannot execute /bin/ask of service web: no such file",
                        "web.yaml:6:16: warning: cannot execute /bin/well of service web: no such file");
    }

    @Test
    void aCatalogueKnowsWhatItWasMadeFrom() {
        Definitions definitions = DefinitionParser.parse(Reading.of(files("a: nice: 1")));
        assertThat(Catalog.of(definitions).definitions()).isSameAs(definitions);
    }

    @Test
    void equalReadingsHaveEqualDigests() {
        assertThat(catalog("a: nice: 1", "b:").digest()).isEqualTo(catalog("b:", "a: nice: 1").digest());
        assertThat(catalog("a: nice: 1").digest()).isNotEqualTo(catalog("a: nice: 2").digest());
    }
}
