package org.jinit.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words a person reads when something is wrong, in full. */
class MessagesTest {
    private static final String IN = " in service web: ";

    /** One wrong value of one key, beside a good command. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
            enabled: yes                    | web.yaml:2:10: cannot use 'enabled' in service web: 'yes' is not true or false (did you mean 'true'?)
            enabled: "true"                 | web.yaml:2:10: cannot use 'enabled' in service web: 'true' is not true or false (write it without quotes)
            enabled: True                   | web.yaml:2:10: cannot use 'enabled' in service web: 'True' is not true or false (did you mean 'true'?)
            enabled:                        | web.yaml:2:9: cannot use 'enabled' in service web: it has no value (give it one, or remove the key)
            enabled: [true]                 | web.yaml:2:10: cannot use 'enabled' in service web: it must be true or false, not a list
            type: deamon                    | web.yaml:2:7: cannot use 'type' in service web: 'deamon' is not one of daemon, task or target (did you mean 'daemon'?)
            start-timeout: 30               | web.yaml:2:16: cannot use 'start-timeout' in service web: '30' has no unit (did you mean '30s'?)
            start-timeout: 30 s             | web.yaml:2:16: cannot use 'start-timeout' in service web: '30 s' is no duration (write it like 200ms, 5s, 2m, 1h or 1h30m, up to 3650d)
            start-timeout: 0s               | web.yaml:2:16: cannot use 'start-timeout' in service web: it must be more than 0 (write 'none' for no limit)
            start-timeout: 30m1h            | web.yaml:2:16: cannot use 'start-timeout' in service web: '30m1h' is no duration (write it like 200ms, 5s, 2m, 1h or 1h30m, up to 3650d)
            start-timeout: 4000d            | web.yaml:2:16: cannot use 'start-timeout' in service web: '4000d' is no duration (write it like 200ms, 5s, 2m, 1h or 1h30m, up to 3650d)
            stop: {timeout: none}           | web.yaml:2:17: cannot use 'stop.timeout' in service web: 'none' is no duration (write it like 200ms, 5s, 2m, 1h or 1h30m, up to 3650d)
            stop: {signal: TREM}            | web.yaml:2:16: cannot use 'stop.signal' in service web: 'TREM' is no signal (write it like TERM, USR1 or RTMIN+3)
            stop: {signal: STOP}            | web.yaml:2:16: cannot use 'stop.signal' in service web: STOP ends no process
            stop: TERM                      | web.yaml:2:7: cannot use 'stop' in service web: it must be a map, not a single value
            stop: {sginal: TERM}            | web.yaml:2:8: cannot use key 'stop.sginal' in service web: there is no such key (did you mean 'signal'?)
            reload: {signal: HUP, exec: a}  | web.yaml:2:9: cannot use 'reload' in service web: it must have one of signal, exec or notify, and only one
            restart: {jitter: 2}            | web.yaml:2:19: cannot use 'restart.jitter' in service web: 2 is not between 0.0 and 1.0
            restart: {limit: {count: 0}}    | web.yaml:2:26: cannot use 'restart.limit.count' in service web: 0 is not between 1 and 1000000
            restart: {limit: none}          | web.yaml:2:18: cannot use 'restart.limit' in service web: 'none' is no limit (write {count: 5, within: 10s}, or 'unlimited')
            restart: {delay: 5s, max-delay: 1s} | web.yaml:2:33: cannot use 'restart.max-delay' in service web: it is less than 'delay'
            restart: sometimes              | web.yaml:2:10: cannot use 'restart' in service web: 'sometimes' is not one of always, on-failure, on-crash or never
            requires: [my sql]              | web.yaml:2:12: cannot use 'requires' in service web: 'my sql' is no service name (a name has letters, digits, '_', '.' and '-', begins with a letter or digit, and is at most 64 long)
            requires: {db: true}            | web.yaml:2:11: cannot use 'requires' in service web: it must be a list, not a map
            umask: 8                        | web.yaml:2:8: cannot use 'umask' in service web: '8' is no mask (write it like '022' or '0077')
            umask: 7777                     | web.yaml:2:8: cannot use 'umask' in service web: '7777' is no mask (write it like '022' or '0077')
            nice: 20                        | web.yaml:2:7: cannot use 'nice' in service web: 20 is not between -20 and 19
            nice: 1.5                       | web.yaml:2:7: cannot use 'nice' in service web: '1.5' is no whole number
            nice: "1"                       | web.yaml:2:7: cannot use 'nice' in service web: '1' is no whole number (write it without quotes)
            oom-score-adjust: 1001          | web.yaml:2:19: cannot use 'oom-score-adjust' in service web: 1001 is not between -1000 and 1000
            user: "a b"                     | web.yaml:2:7: cannot use 'user' in service web: 'a b' is neither the name nor the number of a user
            user: 4294967295                | web.yaml:2:7: cannot use 'user' in service web: 4294967295 is not between 0 and 4294967294
            groups: [-x]                    | web.yaml:2:10: cannot use 'groups' in service web: '-x' is neither the name nor the number of a group
            directory: srv                  | web.yaml:2:12: cannot use 'directory' in service web: 'srv' is no absolute path (begin it with '/')
            limits: {core: 1X}              | web.yaml:2:16: cannot use 'limits.core' in service web: '1X' is no such limit (write it like 64M, 64M:1G or unlimited)
            limits: {nproc: 20:10}          | web.yaml:2:17: cannot use 'limits.nproc' in service web: the soft limit is above the hard one (write it like SOFT:HARD)
            limits: {locks: 3}              | web.yaml:2:10: cannot use key 'limits.locks' in service web: there is no such key (jinit uses this limit itself, to know the processes of a service)
            environment: [A=1]              | web.yaml:2:14: cannot use 'environment' in service web: it must be a map, not a list (write it like {NAME: value})
            environment: {1A: x}            | web.yaml:2:15: cannot use 'environment' in service web: '1A' is no name of a variable (a name has letters, digits, '_', '.' and '-', and no digit first)
            environment: {A: }              | web.yaml:2:17: cannot use 'environment' in service web: A has no value (write '' for an empty one)
            environment: {A: "${B"}         | web.yaml:2:18: cannot use 'environment' in service web: '${B' has no '}' (write ${NAME} or ${NAME:-default}, and $$ for a dollar)
            environment-files: env          | web.yaml:2:20: cannot use 'environment-files' in service web: 'env' is no absolute path (write it like /etc/default/web, or -/etc/default/web)
            directories: {run: ../x}        | web.yaml:2:20: cannot use 'directories.run' in service web: '../x' is no plain relative path (write it like 'web' or 'web/cache', without '..')
            ready: {tcp: "localhost"}       | web.yaml:2:14: cannot use 'ready.tcp' in service web: 'localhost' is no HOST:PORT (write it like 'localhost:80' or '[::1]:80')
            ready: {http: "https://a/"}     | web.yaml:2:15: cannot use 'ready.http' in service web: only plain http can be asked (write it like 'http://localhost:8080/health')
            ready: {log: "("}               | web.yaml:2:14: cannot use 'ready.log' in service web: it is no regular expression: Unclosed group
            ready: {timeout: 3s}            | web.yaml:2:8: cannot use 'ready' in service web: there is neither 'by' nor a probe in it (write it like {by: notify, timeout: 30s})
            ready: {by: notify, fd: 3}      | web.yaml:2:21: cannot use 'ready.fd' in service web: it belongs to 'by: pipe'
            ready: {by: pipe, fd: 2}        | web.yaml:2:23: cannot use 'ready.fd' in service web: 2 is not between 3 and 1023
            ready: [notify, notify]         | web.yaml:2:17: cannot use 'ready' in service web: the same way is listed twice
            ready: probe                    | web.yaml:2:8: cannot use 'ready' in service web: 'probe' needs to know what to ask (write it like {tcp: 'localhost:80'})
            ready: []                       | web.yaml:2:8: cannot use 'ready' in service web: the list is empty (write 'started' when execution is readiness enough)
            health: {interval: 5s}          | web.yaml:2:9: cannot use 'health' in service web: there is no probe in it (add one of tcp, unix, http, exec or log)
            before-start: [mkdir, -p, /x]   | web.yaml:2:23: cannot use 'before-start' in service web: '-p' is no command, and each entry of the list is one (write [[program, argument, ...]] for one command of several words)
            before-start: [{timeout: 1s}]   | web.yaml:2:16: cannot use 'before-start' in service web: there is no 'exec' in it
            log: {to: syslog}               | web.yaml:2:11: cannot use value 'syslog' for 'log.to' in service web: not supported yet by this version
            log: {format: json}             | web.yaml:2:7: cannot use key 'log.format' in service web: not supported yet by this version
            log: {max-size: 10MB}           | web.yaml:2:17: cannot use 'log.max-size' in service web: '10MB' is no size (write it like 64K, 10M or 2G)
            schedule: {every: 1h}           | web.yaml:2:1: cannot use key 'schedule' in service web: not supported yet by this version
            conditions: {else: stop}        | web.yaml:2:20: cannot use 'conditions.else' in service web: 'stop' is not one of skip or fail
            conditions: {kernel-at-least: x} | web.yaml:2:31: cannot use 'conditions.kernel-at-least' in service web: 'x' is no version (write it like 6.1 or 5.15.3)
            exit: {when: ends, code: 256}   | web.yaml:2:26: cannot use 'exit.code' in service web: 256 is not between 0 and 255
            exit: {code: own}               | web.yaml:2:7: cannot use 'exit' in service web: there is no 'when' in it (write 'when: ends' or 'when: fails')
            success-exit: [256]             | web.yaml:2:16: cannot use 'success-exit' in service web: 256 is not between 0 and 255
            success-exit: [FOO]             | web.yaml:2:16: cannot use 'success-exit' in service web: 'FOO' is neither an exit code nor a signal (write it like 3 or USR1)
            fd-store: 201                   | web.yaml:2:11: cannot use 'fd-store' in service web: 201 is not between 0 and 200
            notify-access: everyone         | web.yaml:2:16: cannot use 'notify-access' in service web: 'everyone' is not one of none, main, exec or all
            description: "a\\nb"            | web.yaml:2:14: cannot use 'description' in service web: it holds a line end or another control character
            instances: [a]                  | web.yaml:2:1: cannot use 'instances' in service web: only a template has instances (rename the file to web@.yaml)
            comand: x                       | web.yaml:2:1: cannot use key 'comand' in service web: there is no such key (docs/definitions.md has the keys there are)
            depends-on: [db]                | web.yaml:2:1: cannot use key 'depends-on' in service web: there is no such key (did you mean 'requires'?)
            <<: {nice: 1}                   | web.yaml:2:1: cannot use key '<<' in service web: there is no such key (YAML 1.2 has no merge keys; drop-ins and 'defaults' in jinitd.yaml do that)
            exec: x                         | web.yaml:2:1: cannot use key 'exec' twice in one map: it is already in line 1
            """)
    void tellWhatIsWrongWhereAndWhatToWrite(String line, String message) {
        assertThat(Parsed.problems("exec: [web]\n" + line + "\n")).containsExactly(message);
    }

    @Test
    void commandsThatNeedAShellSayHowToAskForOne() {
        assertThat(Parsed.problems("exec: cat x | sort > it's\n"))
                .containsExactly("web.yaml:1:7: cannot use 'exec'" + IN
                        + "'|' needs a shell, and there is none (write exec: [sh, -c, 'cat x | sort > it''s'], or quote it)");
        assertThat(Parsed.problems("exec: echo $(date)\n"))
                .containsExactly("web.yaml:1:7: cannot use 'exec'" + IN
                        + "'$(' needs a shell, and there is none (write exec: [sh, -c, 'echo $(date)'], or quote it)");
    }

    @Test
    void brokenCommandsAreTold() {
        assertThat(Parsed.problems("exec: a 'b\n")).containsExactly(in("1:7", "exec", "the quote ' is not closed"));
        assertThat(Parsed.problems("exec: a \"b\n")).containsExactly(in("1:7", "exec", "the quote \" is not closed"));
        assertThat(Parsed.problems("exec: a \\\n"))
                .containsExactly(in("1:7", "exec", "there is nothing behind the last backslash"));
        assertThat(Parsed.problems("exec: []\n")).containsExactly(in("1:7", "exec", "there is no command"));
        assertThat(Parsed.problems("exec: '  '\n")).containsExactly(in("1:7", "exec", "there is no command"));
        assertThat(Parsed.problems("exec: ['']\n")).containsExactly(in("1:8", "exec", "the program's name is empty"));
        assertThat(Parsed.problems("exec: [a, [b]]\n"))
                .containsExactly(in("1:11", "exec", "an argument must be a text, not a list"));
        assertThat(Parsed.problems("exec: [a, ~]\n"))
                .containsExactly(in("1:11", "exec", "an argument must be a text (quote it)"));
        assertThat(Parsed.problems("exec: [\"a\\0\"]\n"))
                .containsExactly(in("1:8", "exec", "an argument cannot hold a NUL character"));
        assertThat(Parsed.problems("exec: [a, '${}']\n"))
                .containsExactly(in("1:7", "exec", "'${}' names no variable").replace("1:7", "1:8")
                        + " (write ${NAME} or ${NAME:-default}, and $$ for a dollar)");
    }

    private static String in(String place, String key, String cause) {
        return "web.yaml:" + place + ": cannot use '" + key + "'" + IN + cause;
    }

    @Test
    void aMissingCommandIsTold() {
        assertThat(Parsed.problems("restart: always\n"))
                .containsExactly("web.yaml:1:1: cannot define service web: it has no 'exec'"
                        + " (write 'exec: COMMAND', or 'type: target' for a mere group)");
    }

    @Test
    void filesThatAreNoDefinitionAreTold() {
        assertThat(Parsed.problems(""))
                .containsExactly("web.yaml:1:1: cannot use the file: it is empty (write 'exec: COMMAND')");
        assertThat(Parsed.problems("# nothing\n"))
                .containsExactly("web.yaml:1:1: cannot use the file: it is empty (write 'exec: COMMAND')");
        assertThat(Parsed.problems("---\n"))
                .containsExactly("web.yaml:2:1: cannot define service web: it is empty (write 'exec: COMMAND')");
        assertThat(Parsed.problems("- a\n"))
                .containsExactly("web.yaml:1:1: cannot define service web: it must hold a map of keys, not a list"
                        + " (write 'exec: COMMAND')");
        assertThat(Parsed.problems("exec: a\n---\nexec: b\n"))
                .containsExactly("web.yaml:2:1: cannot use a second document: a file has one (remove the '---')");
        assertThat(Parsed.lines(Parsed.files("my web.yaml", "exec: a").problems()))
                .containsExactly(
                        "my web.yaml: cannot use the file: 'my web' is no service name (a name has letters, digits,"
                                + " '_', '.' and '-', begins with a letter or digit, and is at most 64 long)");
    }

    @Test
    void textThatIsNoYamlIsTold() {
        assertThat(Parsed.problems("exec: \"web\nx: 1\n"))
                .containsExactly("web.yaml:1:7: cannot parse: the quote is not closed");
        assertThat(Parsed.problems("exec: [web\nx: 1\n"))
                .containsExactly("web.yaml:2:2: cannot parse: expected ',' or ']' in the list that begins at 1:7");
        assertThat(Parsed.problems("stop: {signal: TERM\nx: 1\n"))
                .containsExactly("web.yaml:2:2: cannot parse: expected ',' or '}' in the map that begins at 1:7");
        assertThat(Parsed.problems("\texec: web\n"))
                .containsExactly("web.yaml:1:1: cannot parse: a tab cannot stand here (indent with spaces)");
        assertThat(Parsed.problems("description: a: b\n"))
                .containsExactly("web.yaml:1:15: cannot parse: ':' cannot stand here (quote a text that holds ': ')");
        assertThat(Parsed.problems("exec: web\nnice\n"))
                .containsExactly("web.yaml:2:1: cannot parse: the key has no ':' behind it");
        assertThat(Parsed.problems("exec: !x web\n"))
                .containsExactly("web.yaml:1:7: cannot use tag '!x': types follow from the keys (remove it)");
        assertThat(Parsed.problems("exec: *x\n"))
                .containsExactly("web.yaml:1:7: cannot use alias '*x': nothing before it has that anchor");
        assertThat(Parsed.problems("exec: web\n? [a]\n: b\n"))
                .containsExactly("web.yaml:2:3: cannot use a list or a map as key");
    }

    @Test
    void oneNameInTwoFilesShowsBothPlaces() {
        Definitions definitions = Parsed.files("web.yaml", "exec: a", "all.yaml", "services:\n  web: {exec: b}\n");
        assertThat(Parsed.lines(definitions.problems()))
                .containsExactly("all.yaml:2:3: cannot define service web twice: it is already defined at web.yaml:1:1"
                        + " (remove one of them, or make it a drop-in)");
    }

    @Test
    void everyProblemOfEveryFileIsTold() {
        Definitions definitions = Parsed.files(
                "a.yaml", "exec: [a]\nnice: 99\ncolour: red\n", "b.yaml", "type: x\n", "c.yaml", "exec: [\n");
        assertThat(Parsed.lines(definitions.problems()))
                .containsExactly(
                        "a.yaml:2:7: cannot use 'nice' in service a: 99 is not between -20 and 19",
                        "a.yaml:3:1: cannot use key 'colour' in service a: there is no such key (docs/definitions.md has"
                                + " the keys there are)",
                        "b.yaml:1:1: cannot define service b: it has no 'exec' (write 'exec: COMMAND', or 'type: target'"
                                + " for a mere group)",
                        "b.yaml:1:7: cannot use 'type' in service b: 'x' is not one of daemon, task or target",
                        "c.yaml:2:1: cannot parse: a value, ']' or '}' is missing here");
    }

    @Test
    void whatMeansNothingForThisTypeIsAWarning() {
        assertThat(Parsed.problems("type: target\nexec: a\nrequires: []\n"))
                .containsExactly("web.yaml:2:1: warning: cannot use 'exec'" + IN
                        + "it is ignored, for a target has no process");
        assertThat(Parsed.problems("type: task\nexec: a\nready: notify\n"))
                .containsExactly("web.yaml:3:1: warning: cannot use 'ready'" + IN
                        + "it is ignored, for a task is ready when it exited 0, and then it is gone");
        assertThat(Parsed.problems("exec: a\nstop: {mode: none}\n"))
                .containsExactly("web.yaml:2:14: warning: cannot use 'stop.mode'" + IN
                        + "with 'none' and no 'exec' nothing stops it");
        assertThat(Parsed.problems("exec: a\nafter: [b, b]\n"))
                .containsExactly("web.yaml:2:12: warning: cannot use 'after'" + IN + "'b' is listed twice");
    }

    @Test
    void controlCharactersOfTheFileNeverReachTheTerminal() {
        assertThat(String.join("", Parsed.problems("exec: a\n\"\\e[31mred\\u202e\": 1\n")))
                .contains("'?[31mred?'")
                .doesNotContain("\u001b", "\u202e");
    }
}
