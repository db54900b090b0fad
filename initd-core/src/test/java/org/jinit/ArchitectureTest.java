package org.jinit;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** Which package may see which. The engine stays a pure state machine only as long as it cannot reach the world. */
class ArchitectureTest {
    private static final String[] PURE = {
        "org.jinit.model..", "org.jinit.graph..", "org.jinit.engine..", "org.jinit.notify.."
    };

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.jinit");

    /** Files, sockets, native calls, logs. Buffers and character sets are only memory and its meaning. */
    private static final DescribedPredicate<JavaClass> THE_WORLD = resideInAnyPackage(
            "java.io..", "java.nio.channels..", "java.nio.file..", "java.net..", "jnr..", "com.kenai.jffi..",
            "org.newsclub..", "org.slf4j..",
            "ch.qos.logback..", "io.micrometer..")
            .as("reside in a package of input and output");

    private static final DescribedPredicate<JavaClass> THREADS = resideInAnyPackage(
            "java.util.concurrent.locks..", "java.util.concurrent.atomic..")
            .or(JavaClass.Predicates.type(Thread.class))
            .or(JavaClass.Predicates.type(ThreadLocalRandom.class))
            .or(JavaClass.Predicates.assignableTo(java.util.concurrent.Executor.class))
            .as("are threads or synchronise them");

    @Test
    void pureCodeReachesNoInputOrOutput() {
        noClasses().that().resideInAnyPackage(PURE).should().dependOnClassesThat(THE_WORLD).check(CLASSES);
    }

    @Test
    void pureCodeHasNoThreads() {
        noClasses().that().resideInAnyPackage(PURE).should().dependOnClassesThat(THREADS).check(CLASSES);
    }

    @Test
    void pureCodeReadsNoClock() {
        noClasses()
                .that()
                .resideInAnyPackage(PURE)
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .dependOnClassesThat(JavaClass.Predicates.assignableTo(Clock.class))
                .check(CLASSES);
    }

    @Test
    void modelSeesOnlyItself() {
        seesOnly("model");
    }

    @Test
    void configSeesTheModel() {
        seesOnly("config", "model");
    }

    @Test
    void graphSeesTheModelAndConfig() {
        seesOnly("graph", "model", "config");
    }

    @Test
    void notifySeesTheModel() {
        seesOnly("notify", "model");
    }

    @Test
    void engineSeesNothingAboveTheGraph() {
        seesOnly("engine", "model", "config", "graph", "notify");
    }

    @Test
    void nativeCallsStandInOnePackage() {
        noClasses()
                .that(resideInAPackage("org.jinit..").and(not(resideInAPackage("org.jinit.linux.."))))
                .should()
                .dependOnClassesThat(resideInAnyPackage("jnr..", "com.kenai.jffi.."))
                .check(CLASSES);
    }

    @Test
    void onlyTheWiringKnowsTheDaemon() {
        noClasses()
                .that(resideInAPackage("org.jinit..").and(not(resideInAPackage("org.jinit.daemon.."))))
                .should()
                .dependOnClassesThat(resideInAPackage("org.jinit.daemon.."))
                .check(CLASSES);
    }

    private static void seesOnly(String name, String... below) {
        DescribedPredicate<JavaClass> seen = resideInAPackage("org.jinit." + name + "..");
        for (String other : below) {
            seen = seen.or(resideInAPackage("org.jinit." + other + ".."));
        }
        noClasses()
                .that()
                .resideInAPackage("org.jinit." + name + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("org.jinit..").and(not(seen)).as("are above org.jinit." + name))
                .check(CLASSES);
    }
}
