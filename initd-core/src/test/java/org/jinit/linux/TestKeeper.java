package org.jinit.linux;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A subreaper that forks processes and tells which it reaped, as the keeper does, for tests of what tracks its descendants. Its descendants
 * die with the test.
 */
final class TestKeeper implements AutoCloseable {
    private static final String SCRIPT = """
            use POSIX ":sys_wait_h";
            $| = 1;
            my $prctl = `uname -m` =~ /x86_64/ ? 157 : 167;
            syscall($prctl, 36, 1, 0, 0, 0) == 0 or die "subreaper: $!";
            my %slots;
            while (1) {
                my $in = ''; vec($in, 0, 1) = 1;
                my $n = select($in, undef, undef, 0.001);
                while ((my $pid = waitpid(-1, WNOHANG)) > 0) {
                    print((delete $slots{$pid} ? "reaped" : "orphan") . " $pid\\n");
                }
                next unless $n > 0;
                my $line = '';
                while (1) { sysread(STDIN, my $c, 1) or exit 0; last if $c eq "\\n"; $line .= $c; }
                my ($tag, $invocation, $command) = split / /, $line, 3;
                my $pid = fork();
                if ($pid == 0) {
                    close STDIN; open STDIN, '<', '/dev/null';
                    open STDOUT, '>', '/dev/null';
                    $ENV{INVOCATION_ID} = $invocation;
                    my @limit = $tag ? ("prlimit", "--locks=$tag:unlimited") : ();
                    exec(@limit, "sh", "-c", $command) or exit 127;
                }
                $slots{$pid} = 1;
                print "spawned $pid\\n";
            }
            """;

    private final Linux linux;
    private final Process process;
    private final BufferedReader told;
    private final PrintStream say;
    private final List<Integer> held = new ArrayList<>();
    final List<Integer> reaped = new ArrayList<>();
    int orphans;

    TestKeeper(Linux linux) throws IOException {
        this.linux = linux;
        process = new ProcessBuilder("perl", "-e", SCRIPT).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        told = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        say = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    int pid() {
        return (int) process.pid();
    }

    /** @param tag 0: none @return the process's number */
    int spawn(long tag, String invocation, String command) throws IOException {
        say.println(tag + " " + invocation + " " + command);
        while (true) {
            String line = told.readLine();
            if (line == null) {
                throw new IOException("the test keeper ended");
            }
            if (line.startsWith("spawned ")) {
                return Integer.parseInt(line.substring(8));
            }
            note(line);
        }
    }

    private void note(String line) {
        int pid = Integer.parseInt(line.substring(7));
        if (line.startsWith("reaped")) {
            reaped.add(pid);
        } else {
            orphans++;
        }
    }

    /** Reads what the keeper says now. @return whether there was anything */
    boolean listen() throws IOException {
        boolean any = false;
        while (told.ready()) {
            note(told.readLine());
            any = true;
        }
        return any;
    }

    static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within 20 s");
            }
            Thread.onSpinWait();
        }
    }

    /** A pidfd that is closed at the end, with a KILL when the process still lives. */
    int hold(int pid) {
        int pidfd = linux.pidfdOpen(pid);
        if (pidfd >= 0) {
            held.add(pidfd);
        }
        return pidfd;
    }

    @Override
    public void close() {
        ProcReader proc = new ProcReader(linux);
        IntList children = new IntList();
        do {
            proc.children(pid(), children);
            for (int i = 0; i < children.size(); i++) {
                int pidfd = linux.pidfdOpen(children.get(i));
                ProcReader.Stat stat = pidfd < 0 ? null : proc.stat(children.get(i));
                if (stat != null && stat.parent() == pid()) {
                    linux.pidfdSignal(pidfd, 9);
                }
                linux.close(Math.max(pidfd, Linux.NO_FD));
            }
        } while (children.size() > 0 && process.isAlive());
        for (int pidfd : held) {
            linux.close(pidfd);
        }
        say.close();
        try {
            told.close();
            process.getErrorStream().close();
            process.waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
