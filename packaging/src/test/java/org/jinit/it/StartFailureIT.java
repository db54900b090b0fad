package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A start that fails says at which step, with the system's own words, and what the service last said. */
class StartFailureIT {
    private static final String NEVER = "restart: {when: never}\n";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            exec: /no/such/program                          | /no/such/program | No such file or directory
            exec: /etc/passwd                               | /etc/passwd      | Permission denied
            exec: /bin/true\\ndirectory: /no/such/directory | /no/such/directory | No such file or directory
            exec: /bin/true\\nuser: nobody-has-this-name    | nobody-has-this-name | account
            exec: /bin/true\\ngroup: nobody-has-this-group  | nobody-has-this-group | group
            exec: /run/box/script                           | /no/interpreter  | No such file or directory
            """)
    void theFailingStepIsToldInTheSystemsWords(String yaml, String object, String cause) {
        try (Box box = Box.pid1()) {
            box.write("script", "#!/no/interpreter\n");
            box.file("script").toFile().setExecutable(true, false);
            box.idle("x", yaml.replace("\\n", "\n") + "\n" + NEVER).boot();
            Cli cli = box.ctl("start", "x").exits(1);
            assertThat(cli.err()).contains("cannot start x").contains(object).contains(cause);
            assertThat(box.state("x")).isEqualTo("failed");
        }
    }

    @Test
    void theLastLinesOfOutputAreShown() {
        try (Box box = Box.pid1()) {
            box.idle("x", "exec: [/run/box/serv, 'print:first words', 'error:the disk is made of cheese', 'exit:9']\n"
                    + "ready: notify\nlog: {to: file}\n" + NEVER);
            Cli cli = box.boot().ctl("start", "x").exits(1);
            assertThat(cli.err()).contains("cannot start x").contains("9").contains("the disk is made of cheese");
            Status status = box.status("x");
            assertThat(status.result()).isEqualTo("exit-code");
            assertThat(status.number("exitCode")).isEqualTo(9);
        }
    }

    @Test
    void aStartTimesOutWithWhatWasWaitedFor() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("tag:x wait") + "ready: notify\nstart-timeout: 200ms\n" + NEVER);
            Cli cli = box.boot().ctl("start", "x").exits(1);
            assertThat(cli.err()).contains("cannot start x").contains("READY=1").contains("200ms");
            assertThat(box.status("x").result()).isEqualTo("timeout");
            assertThat(box.tagged("tag:x")).isEmpty();
        }
    }

    @Test
    void anExitRightAfterExecIsToldByTheStartThatAsked() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("exit:7") + NEVER);
            assertThat(box.boot().ctl("start", "x").exits(1).err()).contains("cannot start x").contains("7");
        }
    }

    @Test
    void twentyFiveTasksThatEndAtOnceAreAllReportedAsTheyEnded() {
        try (Box box = Box.pid1()) {
            String[] start = new String[26];
            start[0] = "start";
            for (int i = 1; i <= 25; i++) {
                box.idle("t" + i, "type: task\n" + serv("mark:@m:" + i));
                start[i] = "t" + i;
            }
            box.boot().ctl(start).exits(0);
            assertThat(box.marks("m")).hasSize(25);
            for (int i = 1; i <= 25; i++) {
                assertThat(box.state("t" + i)).isEqualTo("done");
            }
        }
    }

    @Test
    void startingWhatRunsIsNothing() {
        try (Box box = Box.pid1()) {
            box.idle("x", serv("mark:@m wait")).boot();
            box.ctl("start", "x").exits(0);
            box.ctl("start", "x").exits(0);
            assertThat(box.marks("m")).hasSize(1);
        }
    }

    @Test
    void aConditionSkipsOrFails() {
        try (Box box = Box.pid1()) {
            box.idle("skips", serv("mark:@m wait") + "conditions: [{path-exists: /no/such/path}]\n");
            box.idle("fails", serv("mark:@m wait") + "conditions: [{path-exists: /no/such/path, else: fail}]\n");
            box.idle("needs", serv("mark:@n wait") + "requires: [skips]\n");
            box.boot();
            box.ctl("start", "needs").exits(0);
            assertThat(box.state("skips")).isEqualTo("skipped");
            assertThat(box.ctl("start", "fails").exits(1).err()).contains("/no/such/path");
            assertThat(box.marks("m")).isEmpty();
            assertThat(box.marks("n")).hasSize(1);
        }
    }
}
