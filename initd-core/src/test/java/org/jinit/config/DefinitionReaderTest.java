package org.jinit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is read from disk, and what is refused there. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DefinitionReaderTest {
    @TempDir
    Path directory;

    private Reading read() {
        return new DefinitionReader(List.of(directory), FileLoader.ofFileSystem(false)).read();
    }

    private void write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private String told(Reading reading) {
        return String.join("\n", Parsed.lines(reading.problems()))
                .replace(directory + "/", "")
                .replace(directory.toString(), "DIR");
    }

    @Test
    void readsDefinitionsAndDropInsInNameOrder() throws IOException {
        write("web.yaml", "exec: [a]\n");
        write("db@.yaml", "exec: [b]\n");
        write("web.d/20.yaml", "nice: 2\n");
        write("web.d/10.yaml", "nice: 1\n");
        write("db@x.d/1.yaml", "nice: 3\n");
        Reading reading = read();
        assertThat(told(reading)).isEmpty();
        assertThat(reading.definitions()).extracting(file -> DefinitionParser.nameOf(file.path()))
                .containsExactly("db@", "web");
        assertThat(reading.dropIns()).extracting(Reading.DropIn::target).containsExactly("db@x", "web", "web");
        assertThat(reading.dropIns().get(1).file().path()).endsWith("10.yaml");
        assertThat(DefinitionParser.parse(reading).problems()).isEmpty();
    }

    @Test
    void passesOverWhatIsNoDefinition() throws IOException {
        for (String name : List.of(".hidden.yaml", "web.yaml~", ".web.yaml.swp", "#web.yaml#", "README", "web.yaml.bak",
                "web.yaml.dpkg-new")) {
            write(name, "not yaml: [");
        }
        write("other/x.yaml", "not yaml: [");
        assertThat(told(read())).isEmpty();
        assertThat(read().definitions()).isEmpty();
    }

    @Test
    void wrongSuffixIsAWarning() throws IOException {
        write("web.yml", "exec: [a]\n");
        write("db.json", "{}\n");
        assertThat(told(read()).lines())
                .containsExactlyInAnyOrder(
                        "web.yml: warning: cannot use web.yml: rename it to web.yaml",
                        "db.json: warning: cannot use db.json: rename it to db.yaml");
    }

    @Test
    void whatIsNoRegularFileIsRefusedWithoutOpeningIt() throws Exception {
        Files.createDirectory(directory.resolve("dir.yaml"));
        Process mkfifo = new ProcessBuilder("mkfifo", directory.resolve("fifo.yaml").toString()).start();
        assertThat(mkfifo.waitFor()).isZero();
        Files.createSymbolicLink(directory.resolve("null.yaml"), Path.of("/dev/null"));
        Files.createSymbolicLink(directory.resolve("gone.yaml"), Path.of("nowhere"));
        Files.createSymbolicLink(directory.resolve("loop.yaml"), Path.of("loop.yaml"));
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(directory.resolve("sock.yaml")));
            assertThat(told(read()).lines())
                    .containsExactly(
                            "dir.yaml: cannot read the file: it is a directory (only regular files can be used)",
                            "fifo.yaml: cannot read the file: it is a fifo (only regular files can be used)",
                            "gone.yaml: cannot read the file: no such file or directory",
                            "loop.yaml: cannot read the file: too many symbolic links",
                            "null.yaml: cannot read the file: it is a device (only regular files can be used)",
                            "sock.yaml: cannot read the file: it is a socket (only regular files can be used)");
        }
    }

    /** One entry that cannot be looked at must not hide the others. */
    @Test
    void loopOfLinksInPlaceOfADropInDirectoryIsToldAlone() throws IOException {
        Files.createSymbolicLink(directory.resolve("web.d"), Path.of("web.d"));
        write("web.yaml", "exec: [a]\n");
        Reading reading = read();
        assertThat(told(reading)).isEqualTo("web.d: cannot read the file: too many symbolic links");
        assertThat(reading.definitions()).hasSize(1);
    }

    @Test
    void unreadableRequirementIsToldOnce() throws IOException {
        Files.createDirectory(directory.resolve("db.yaml"));
        write("web.yaml", "exec: [a]\nrequires: [db]\n");
        Definitions definitions = DefinitionParser.parse(read());
        assertThat(definitions.isBroken(new org.jinit.model.ServiceName("db"))).isTrue();
        assertThat(definitions.problems()).hasSize(1);
    }

    @Test
    void linkToARegularFileIsRead() throws IOException {
        write("store/real", "exec: [a]\n");
        Files.createSymbolicLink(directory.resolve("web.yaml"), directory.resolve("store/real"));
        assertThat(told(read())).isEmpty();
        assertThat(read().definitions()).hasSize(1);
    }

    @Test
    void largeFileIsRefusedUnread() throws IOException {
        write("web.yaml", "x".repeat((1 << 20) + 1));
        assertThat(told(read()))
                .isEqualTo(
                        "web.yaml: cannot read the file: it has 1048577 bytes, the limit is 1048576 (split it into several files)");
    }

    @Test
    void missingDirectoryIsTold() {
        Path missing = directory.resolve("none");
        Reading reading = new DefinitionReader(List.of(missing), FileLoader.ofFileSystem(false)).read();
        assertThat(told(reading)).isEqualTo("none: cannot read the directory: there is none (mkdir none)");
    }

    @Test
    void fingerprintTellsWhatChanged() throws IOException {
        write("a.yaml", "exec: [a]\n");
        write("b.yaml", "exec: [b]\n");
        DefinitionReader reader = new DefinitionReader(List.of(directory), FileLoader.ofFileSystem(false));
        Fingerprint before = reader.read().fingerprint();
        assertThat(reader.fingerprint().changedSince(before)).isEmpty();
        write("b.yaml", "exec: [b, c]\n");
        write("c.yaml", "exec: [c]\n");
        Files.delete(directory.resolve("a.yaml"));
        assertThat(reader.fingerprint().changedSince(before))
                .containsExactly(path("a.yaml"), path("b.yaml"), path("c.yaml"));
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    @Test
    void readingThatChangesMeanwhileIsRepeatedAndInTheEndRefused() throws IOException {
        write("a.yaml", "exec: [a]\n");
        AtomicInteger asked = new AtomicInteger();
        FileFacts.Source restless = (path, follow) -> {
            FileFacts facts = FileFacts.FILE_SYSTEM.of(path, follow);
            long time = path.toString().endsWith(".yaml") ? asked.incrementAndGet() : 0;
            return new FileFacts(facts.mode(), facts.uid(), facts.device(), facts.inode(), facts.size(), time, 0);
        };
        Reading reading = new DefinitionReader(List.of(directory), new FileLoader(false, restless)).read();
        assertThat(told(reading))
                .isEqualTo(
                        "a.yaml: cannot read the definitions: this changes while they are read (try again when it is written)");
        AtomicInteger once = new AtomicInteger();
        FileFacts.Source changingOnce = (path, follow) -> {
            FileFacts facts = FileFacts.FILE_SYSTEM.of(path, follow);
            long time = path.toString().endsWith(".yaml") ? Math.min(2, once.incrementAndGet()) : 0;
            return new FileFacts(facts.mode(), facts.uid(), facts.device(), facts.inode(), facts.size(), time, 0);
        };
        assertThat(told(new DefinitionReader(List.of(directory), new FileLoader(false, changingOnce)).read()))
                .isEmpty();
    }

    /** Facts as of a tree that is all root's, but for one path. */
    private static FileFacts.Source ownedByRootBut(Path odd, int uid, int mode) {
        return (path, follow) -> {
            FileFacts facts = FileFacts.FILE_SYSTEM.of(path, follow);
            boolean isOdd = path.equals(odd);
            int owner = isOdd ? uid : 0;
            int permissions = isOdd ? mode : 0755;
            return new FileFacts((facts.mode() & 0170000) | permissions, owner, facts.device(), facts.inode(),
                    facts.size(), 0, 0);
        };
    }

    private String toldAsRoot(Path odd, int uid, int mode) {
        return told(
                new DefinitionReader(List.of(directory), new FileLoader(true, ownedByRootBut(odd, uid, mode))).read());
    }

    @Test
    void asRootWhatOthersMayWriteIsRefusedWithTheCure() throws IOException {
        write("web.yaml", "exec: [a]\n");
        write("web.d/x.yaml", "nice: 1\n");
        Path web = directory.resolve("web.yaml");
        assertThat(toldAsRoot(Path.of("/nowhere"), 0, 0)).isEmpty();
        assertThat(toldAsRoot(web, 1000, 0644))
                .isEqualTo(
                        "web.yaml: cannot read the file: it belongs to user 1000, not to root (chown root web.yaml)");
        assertThat(toldAsRoot(web, 0, 0664))
                .isEqualTo("web.yaml: cannot read the file: others than root may write it (chmod go-w web.yaml)");
        assertThat(toldAsRoot(directory.resolve("web.d/x.yaml"), 0, 0646))
                .isEqualTo(
                        "web.d/x.yaml: cannot read the file: others than root may write it (chmod go-w web.d/x.yaml)");
        assertThat(toldAsRoot(directory.resolve("web.d"), 7, 0755))
                .isEqualTo("web.d: cannot read the directory: it belongs to user 7, not to root (chown root web.d)");
        assertThat(toldAsRoot(directory, 0, 0777))
                .isEqualTo("DIR: cannot read the directory: others than root may write it (chmod go-w DIR)");
    }

    @Test
    void asRootThePlaceOfTheDirectoryMustBeSafeToo() throws IOException {
        write("web.yaml", "exec: [a]\n");
        Path above = Objects.requireNonNull(directory.toRealPath().getParent());
        assertThat(toldAsRoot(above, 1000, 0755)).contains("others than root may replace what is in " + above);
        assertThat(toldAsRoot(above, 0, 0777)).contains("others than root may replace what is in " + above);
        assertThat(toldAsRoot(above, 0, 01777)).isEmpty();
    }

    @Test
    void asRootTheTargetOfALinkCounts() throws IOException {
        write("store/real", "exec: [a]\n");
        Path link = directory.resolve("web.yaml");
        Files.createSymbolicLink(link, directory.resolve("store/real"));
        FileFacts.Source source = (path, follow) -> {
            FileFacts facts = FileFacts.FILE_SYSTEM.of(path, follow);
            int owner = path.equals(link) && follow ? 1000 : 0;
            return new FileFacts((facts.mode() & 0170000) | 0755, owner, facts.device(), facts.inode(), facts.size(), 0,
                    0);
        };
        assertThat(told(new DefinitionReader(List.of(directory), new FileLoader(true, source)).read()))
                .isEqualTo(
                        "web.yaml: cannot read the file: it belongs to user 1000, not to root (chown root web.yaml)");
        Path store = directory.resolve("store").toRealPath();
        assertThat(toldAsRoot(store, 1000, 0755)).contains("others than root may replace what is in store");
    }

    @Test
    void factsAreTheKernels() throws IOException {
        write("web.yaml", "exec: [a]\n");
        Path file = directory.resolve("web.yaml");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
        FileFacts facts = FileFacts.FILE_SYSTEM.of(file, false);
        assertThat(facts.isRegular()).isTrue();
        assertThat(facts.othersMayWrite()).isTrue();
        assertThat(facts.size()).isEqualTo(10);
        assertThat(facts.uid()).isEqualTo(Files.getAttribute(file, "unix:uid"));
        assertThat(FileFacts.FILE_SYSTEM.of(Path.of("/tmp"), true).isSticky()).isTrue();
    }

    @Test
    void managerConfigurationMayBeMissing() throws IOException {
        FileLoader loader = FileLoader.ofFileSystem(false);
        assertThat(loader.loadManagerConfig(directory.resolve("none.yaml"), false)).isSameAs(ManagerConfig.DEFAULT);
        assertThat(loader.loadManagerConfig(directory.resolve("none.yaml"), true).valid()).isFalse();
        write("jinitd.yaml", "shutdown: {timeout: 3s}\n");
        ManagerConfig config = loader.loadManagerConfig(directory.resolve("jinitd.yaml"), true);
        assertThat(config.shutdownTimeout()).hasSeconds(3);
    }
}
