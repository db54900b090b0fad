package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LeakCheck.class)
class SafePathsTest {
    private static final int NOBODY = 65534;
    private final Linux linux = new JnrLinux();
    private final SafePaths paths = new SafePaths(linux);

    @TempDir
    Path directory = Path.of("");

    private void needsRoot() {
        assumeTrue(linux.effectiveUid() == 0, "needs root");
    }

    @Test
    void directoryIsMadeWithOwnerAndModeAndWhatIsInItStaysAsItIs() throws Exception {
        needsRoot();
        Path path = directory.resolve("a/b/web");
        paths.makeDirectory(path.toString(), NOBODY, NOBODY, 0750);
        assertThat(Files.getAttribute(path, "unix:uid")).isEqualTo(NOBODY);
        assertThat(Files.getAttribute(path.getParent(), "unix:uid")).isEqualTo(0);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rwxr-x---");
        Path inside = Files.createFile(path.resolve("f"));
        paths.makeDirectory(path.toString(), 12345, -1, 0700);
        assertThat(Files.getAttribute(path, "unix:uid")).isEqualTo(12345);
        assertThat(Files.getAttribute(inside, "unix:uid")).isEqualTo(0);
    }

    @Test
    void aFileOrLinkInItsPlaceIsNotTaken() throws Exception {
        Path target = Files.createDirectory(directory.resolve("target"));
        Files.createSymbolicLink(directory.resolve("link"), target);
        Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> paths.makeDirectory(directory.resolve("link").toString(), -1, -1, 0700))
                .isInstanceOf(LinuxException.class);
        assertThatThrownBy(() -> paths.makeDirectory(directory.resolve("file").toString(), -1, -1, 0700))
                .hasMessageContaining("ENOTDIR");
    }

    @Test
    void linkOfAStrangerOnTheWayIsRefused() throws Exception {
        needsRoot();
        Path target = Files.createDirectory(directory.resolve("target"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), target);
        paths.makeDirectory(link.resolve("fine").toString(), -1, -1, 0700);
        linux.changeOwner(Linux.AT_FDCWD, Linux.path(link.toString()), NOBODY, -1);
        assertThatThrownBy(() -> paths.makeDirectory(link.resolve("bad").toString(), -1, -1, 0700))
                .hasMessageContaining("ELOOP");
        assertThatThrownBy(() -> paths.removeTree(link.resolve("fine").toString())).hasMessageContaining("ELOOP");
        assertThat(target.resolve("fine")).exists();
        assertThat(target.resolve("bad")).doesNotExist();
    }

    @Test
    void treeIsRemovedWithoutFollowingItsLinks() throws Exception {
        Path outside = Files.createDirectories(directory.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "x");
        Path tree = Files.createDirectories(directory.resolve("tree/a/b"));
        Files.createSymbolicLink(tree.resolve("out"), outside);
        Files.createSymbolicLink(directory.resolve("tree/file"), outside.resolve("precious"));
        linux.makeFifo(Linux.AT_FDCWD, Linux.path(tree.resolve("fifo").toString()), 0600);
        assertThat(paths.removeTree(directory.resolve("tree").toString())).isTrue();
        assertThat(directory.resolve("tree")).doesNotExist();
        assertThat(outside.resolve("precious")).exists();
        assertThat(paths.removeTree(directory.resolve("tree").toString())).isTrue();
        assertThat(paths.removeTree(directory.resolve("no/such").toString())).isTrue();
    }

    @Test
    void clearingKeepsTheDirectoryAndWhatIsNamed() throws Exception {
        Files.createDirectories(directory.resolve("n/deep"));
        Files.createFile(directory.resolve("lock"));
        Files.createFile(directory.resolve("old"));
        assertThat(paths.clear(directory.toString(), Set.of("lock"))).isTrue();
        assertThat(Objects.requireNonNull(directory.toFile().list())).containsExactly("lock");
    }

    @Test
    void mountsBelowAreNotEntered() throws Exception {
        needsRoot();
        Path tree = Files.createDirectories(directory.resolve("tree/mounted"));
        Path shared = Files.createDirectories(directory.resolve("shared"));
        Files.writeString(shared.resolve("precious"), "x");
        // The bind mount lives and ends with a mount namespace of its own, where a JVM does the removal.
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String script = "mount --bind '" + shared + "' '" + tree + "' || exit 77; touch '" + tree.getParent()
                + "/old' && exec '"
                + java + "' --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp '"
                + System.getProperty("java.class.path") + "' '" + Remover.class.getName() + "' '" + tree.getParent()
                + "'";
        Process process = new ProcessBuilder("unshare", "--mount", "sh", "-c", script).inheritIO().start();
        int code = process.waitFor();
        assumeTrue(code != 77, "mount namespaces are not permitted");
        assertThat(code).as("the tree stays, with the mount").isEqualTo(42);
        assertThat(shared.resolve("precious")).exists();
        assertThat(tree.resolveSibling("old")).doesNotExist();
        assertThat(tree).exists();
    }

    /** Removes a tree; exits 42 when something had to stay. */
    static final class Remover {
        private Remover() {}

        public static void main(String[] arguments) {
            System.exit(new SafePaths(new JnrLinux()).removeTree(arguments[0]) ? 0 : 42);
        }
    }
}
