package org.jinit;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** A method fits a screen, a file is about one thing, a line can be read. */
class SourceSizeTest {
    private static final int METHOD_LINES_MAX = 70;
    private static final int FILE_LINES_MAX = 500;
    /** Those that are larger may shrink, not grow. */
    private static final Map<String, Integer> LARGER = Map.of("Ledger.java", 560, "EngineHarness.java", 540);
    private static final int LINE_LENGTH_MAX = 160;

    @Test
    void methodsFitAScreen() throws IOException {
        List<String> longMethods = new ArrayList<>();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(sources()));
            Trees trees = Trees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                new MethodLengths(unit, trees, longMethods).scan(unit, null);
            }
        }
        assertThat(longMethods).isEmpty();
    }

    @Test
    void filesAreAboutOneThing() throws IOException {
        List<String> longFiles = new ArrayList<>();
        for (Path source : sources()) {
            int lines = Files.readAllLines(source).size();
            if (lines > LARGER.getOrDefault(String.valueOf(source.getFileName()), FILE_LINES_MAX)) {
                longFiles.add(source + " has " + lines + " lines");
            }
        }
        assertThat(longFiles).isEmpty();
    }

    @Test
    void linesCanBeRead() throws IOException {
        List<String> longLines = new ArrayList<>();
        for (Path source : sources()) {
            List<String> lines = Files.readAllLines(source);
            for (int i = 0; i < lines.size(); i++) {
                // The formatter keeps the patterns of a case on one line.
                boolean patterns = lines.get(i).strip().startsWith("case ");
                if (lines.get(i).length() > LINE_LENGTH_MAX && !patterns) {
                    longLines.add(source + ":" + (i + 1));
                }
            }
        }
        assertThat(longLines).isEmpty();
    }

    /** A table of messages as users read them, a line each. */
    private static boolean isTable(Path path) {
        return path.endsWith("MessagesTest.java");
    }

    /** All Java sources of the project; the tests run in the directory of their module. */
    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : List.of("initd-core", "initd-cli", "packaging")) {
            try (Stream<Path> paths = Files.walk(Path.of("..", module, "src"))) {
                paths.filter(path -> path.toString().endsWith(".java") && !isTable(path))
                        .sorted()
                        .forEach(sources::add);
            }
        }
        assertThat(sources).as("sources found from " + Path.of("").toAbsolutePath()).hasSizeGreaterThan(10);
        return sources;
    }

    private static final class MethodLengths extends TreeScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final Trees trees;
        private final List<String> longMethods;

        MethodLengths(CompilationUnitTree unit, Trees trees, List<String> longMethods) {
            this.unit = unit;
            this.trees = trees;
            this.longMethods = longMethods;
        }

        @Override
        public Void visitMethod(MethodTree method, Void unused) {
            long start = trees.getSourcePositions().getStartPosition(unit, method);
            long end = trees.getSourcePositions().getEndPosition(unit, method);
            long lines = unit.getLineMap().getLineNumber(end) - unit.getLineMap().getLineNumber(start) + 1;
            if (lines > METHOD_LINES_MAX) {
                longMethods.add(unit.getSourceFile().getName() + ":" + unit.getLineMap().getLineNumber(start) + " "
                        + method.getName() + " has " + lines + " lines");
            }
            return super.visitMethod(method, null);
        }
    }
}
