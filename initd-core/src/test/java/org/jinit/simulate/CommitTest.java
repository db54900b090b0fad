package org.jinit.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommitTest {
    private static final String ONE = "1".repeat(40);
    private static final String TWO = "2".repeat(40);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path dir;

    private void write(String file, String text) throws IOException {
        Path path = dir.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void branchOfACheckoutIsFollowedFromBelow() throws IOException {
        write(".git/HEAD", "ref: refs/heads/main\n");
        write(".git/refs/heads/main", ONE + "\n");
        write("module/pom.xml", "");
        assertThat(Commit.of(dir.resolve("module"))).isEqualTo(ONE);
    }

    @Test
    void packedBranchIsFound() throws IOException {
        write(".git/HEAD", "ref: refs/heads/main\n");
        write(".git/packed-refs",
                "# pack-refs with: peeled\n" + ONE + " refs/heads/other\n" + TWO + " refs/heads/main\n");
        assertThat(Commit.of(dir)).isEqualTo(TWO);
    }

    @Test
    void detachedHeadIsTheCommit() throws IOException {
        write(".git/HEAD", TWO + "\n");
        assertThat(Commit.of(dir)).isEqualTo(TWO);
    }

    @Test
    void workTreeFindsItsBranchInTheRepository() throws IOException {
        write("repository/.git/worktrees/tree/HEAD", "ref: refs/heads/side\n");
        write("repository/.git/worktrees/tree/commondir", "../..\n");
        write("repository/.git/refs/heads/side", ONE + "\n");
        write("tree/.git", "gitdir: " + dir.resolve("repository/.git/worktrees/tree") + "\n");
        assertThat(Commit.of(dir.resolve("tree"))).isEqualTo(ONE);
    }

    @Test
    void brokenCheckoutIsUnknown() throws IOException {
        write(".git/HEAD", "ref: refs/heads/none\n");
        assertThat(Commit.of(dir)).isEqualTo("unknown");
    }
}
