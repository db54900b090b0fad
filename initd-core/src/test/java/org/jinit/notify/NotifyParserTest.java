package org.jinit.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jinit.model.NotifyAccess;
import org.jinit.notify.NotifyMessage.Watchdog;
import org.junit.jupiter.api.Test;

class NotifyParserTest {
    private static NotifyMessage parse(String text) {
        return parse(text.getBytes(StandardCharsets.UTF_8), 0);
    }

    private static NotifyMessage parse(byte[] bytes, int descriptors) {
        if (NotifyParser.parse(bytes, descriptors) instanceof NotifyParser.Parsed(NotifyMessage message)) {
            return message;
        }
        throw new AssertionError("dropped");
    }

    private static String dropped(byte[] bytes, int descriptors) {
        if (NotifyParser.parse(bytes, descriptors) instanceof NotifyParser.Dropped(String reason)) {
            return reason;
        }
        throw new AssertionError("not dropped");
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void flagsCountOnlyWhenTheyAreExact() {
        assertThat(parse("READY=1").ready()).isTrue();
        assertThat(parse("STATUS=x\nREADY=1\n").ready()).isTrue();
        for (String text : List.of("READY=0", "READY=11", "READY=1 ", " READY=1", "ready=1", "XREADY=1", "READY", "")) {
            assertThat(parse(text).ready()).as(text).isFalse();
        }
        NotifyMessage all = parse("RELOADING=1\nSTOPPING=1\nREADY=1\nRESTART_RESET=1\nMONOTONIC_USEC=12");
        assertThat(all.reloading() && all.stopping() && all.ready() && all.restartReset()).isTrue();
        assertThat(all.monotonicUsec()).isEqualTo(12);
    }

    @Test
    void firstValueOfAKeyWinsAndUnknownOnesAreIgnored() {
        NotifyMessage message = parse("NONSENSE=1\nSTATUS=one\nSTATUS=two\n=x\nMAINPID=5\nMAINPID=6");
        assertThat(message.status()).isEqualTo("one");
        assertThat(message.mainPid()).isEqualTo(5);
        assertThat(parse("READY=1").status()).isNull();
        assertThat(parse("STATUS=").status()).isEmpty();
        assertThat(parse("STATUS=a=b").status()).isEqualTo("a=b");
    }

    @Test
    void numbersAreDecimalAndInRange() {
        for (String bad : List.of("0", "-1", "+5", "0x5", "5 ", "", "99999999999", "99999999999999999999999")) {
            assertThat(parse("MAINPID=" + bad).mainPid()).as(bad).isZero();
        }
        assertThat(parse("ERRNO=2").errno()).isEqualTo(2);
        assertThat(parse("ERRNO=-2").errno()).isZero();
        assertThat(parse("WATCHDOG_USEC=20000000").watchdogUsec()).isEqualTo(20_000_000);
        assertThat(parse("WATCHDOG_USEC=0").watchdogUsec()).isZero();
        assertThat(parse("WATCHDOG_USEC=x").watchdogUsec()).isEqualTo(-1);
        assertThat(parse("EXTEND_TIMEOUT_USEC=18446744073709551615").extendUsec()).isEqualTo(Long.MAX_VALUE);
        assertThat(parse("EXTEND_TIMEOUT_USEC=18446744073709551616").extendUsec()).isEqualTo(-1);
        assertThat(parse("MAINPIDFDID=4711").mainPidfdId()).isEqualTo(4711);
    }

    @Test
    void namesAndWordsAreChecked() {
        assertThat(parse("NOTIFYACCESS=exec").access()).isEqualTo(NotifyAccess.EXEC);
        assertThat(parse("NOTIFYACCESS=everybody").access()).isNull();
        assertThat(parse("WATCHDOG=1").watchdog()).isEqualTo(Watchdog.PING);
        assertThat(parse("WATCHDOG=trigger").watchdog()).isEqualTo(Watchdog.TRIGGER);
        assertThat(parse("WATCHDOG=2").watchdog()).isEqualTo(Watchdog.NONE);
        assertThat(parse("BUSERROR=org.x.Error.Failed").busError()).isEqualTo("org.x.Error.Failed");
        assertThat(parse("BUSERROR=not a name").busError()).isNull();
        assertThat(parse("EXIT_STATUS=3").exitStatus()).isEqualTo("3");
        assertThat(parse("X_A=1\nX_B=2\nX_A=3\nX =4").extra()).containsExactly("X_A=1", "X_B=2");
    }

    @Test
    void descriptorNamesFollowTheirRules() {
        NotifyMessage stored = parse("FDSTORE=1\nFDNAME=web-1\nFDPOLL=0");
        assertThat(stored.fdStore()).isTrue();
        assertThat(stored.fdName()).isEqualTo("web-1");
        assertThat(stored.fdPoll()).isFalse();
        for (String bad : List.of("a:b", "ä", "x\t", "", "n".repeat(256))) {
            assertThat(parse("FDSTORE=1\nFDNAME=" + bad).fdName()).as(bad).isNull();
        }
        NotifyMessage removed = parse("FDSTORE=1\nFDSTOREREMOVE=1\nFDNAME=x");
        assertThat(removed.fdStoreRemove()).isTrue();
        assertThat(removed.fdStore()).isFalse();
        assertThat(parse("FDSTOREREMOVE=1").fdStoreRemove()).isFalse();
        assertThat(parse("READY=1").fdPoll()).isTrue();
    }

    @Test
    void mainPidfdNeedsExactlyOneDescriptor() {
        byte[] claim = latin("MAINPIDFD=1");
        assertThat(parse(claim, 1).mainPidfd()).isTrue();
        assertThat(parse(claim, 0).mainPidfd()).isFalse();
        assertThat(parse(claim, 2).mainPidfd()).isFalse();
    }

    @Test
    void barrierStandsAloneWithOneDescriptor() {
        assertThat(parse(latin("BARRIER=1"), 1).barrier()).isTrue();
        assertThat(parse(latin("BARRIER=1\n"), 1).barrier()).isTrue();
        String reason = "BARRIER=1 must be alone in its message, with one descriptor";
        assertThat(dropped(latin("BARRIER=1"), 0)).isEqualTo(reason);
        assertThat(dropped(latin("BARRIER=1"), 2)).isEqualTo(reason);
        assertThat(dropped(latin("READY=1\nBARRIER=1"), 1)).isEqualTo(reason);
    }

    @Test
    void oneTrailingNulIsFineAndAnyOtherIsNot() {
        assertThat(parse("READY=1\0").ready()).isTrue();
        assertThat(dropped(latin("READY=1\0\0"), 0)).isEqualTo("it holds a NUL byte");
        assertThat(dropped(latin("READY=1\0STATUS=x"), 0)).isEqualTo("it holds a NUL byte");
    }

    @Test
    void overlongMessagesAreDropped() {
        String text = "STATUS=" + "x".repeat(NotifyParser.MAX_SIZE - 7);
        assertThat(parse(text).status()).hasSize(NotifyParser.MAX_SIZE - 7);
        assertThat(parse(text + "\0").status()).isNotNull();
        assertThat(dropped(latin(text + "x"), 0)).isEqualTo("it is longer than 4096 bytes");
    }

    @Test
    void badlyEncodedStatusClearsTheOldOneAndCostsNothingElse() {
        NotifyMessage message = parse(latin("STATUS=\u00ff\u00fe\nREADY=1\nSTATUS=later"), 0);
        assertThat(message.status()).isEmpty();
        assertThat(message.ready()).isTrue();
        assertThat(dropped(latin("\u00ff\u00fe\n\u00c0\u0080"), 0)).isEqualTo("it is not UTF-8");
    }

    @Provide
    Arbitrary<String> lines() {
        Arbitrary<String> keys = Arbitraries.of("READY", "STATUS", "MAINPID", "WATCHDOG_USEC", "BARRIER", "FDNAME",
                "FDSTORE", "X_A", "ERRNO", "NOTIFYACCESS", "EXTEND_TIMEOUT_USEC", "");
        Arbitrary<String> values = Arbitraries.oneOf(Arbitraries.of("1", "0", "-1", "18446744073709551616"),
                Arbitraries.strings().ofMaxLength(30));
        return keys.flatMap(key -> values.map(value -> key + "=" + value))
                .list()
                .ofMaxSize(12)
                .map(list -> String.join("\n", list));
    }

    @Property(tries = 5000)
    void structuredRubbishNeverThrowsAndKeepsTheRanges(@ForAll("lines") String text, @ForAll byte descriptors) {
        check(NotifyParser.parse(text.getBytes(StandardCharsets.UTF_8), Math.abs(descriptors)));
    }

    @Property(tries = 5000)
    void rubbishNeverThrows(@ForAll byte[] bytes) {
        check(NotifyParser.parse(bytes, 0));
    }

    private static void check(NotifyParser.Result result) {
        switch (result) {
            case NotifyParser.Dropped dropped -> assertThat(dropped.reason()).isNotEmpty();
            case NotifyParser.Parsed parsed -> {
                NotifyMessage message = parsed.message();
                assertThat(message.mainPid()).isNotNegative();
                assertThat(message.errno()).isNotNegative();
                assertThat(message.watchdogUsec()).isGreaterThanOrEqualTo(-1);
                assertThat(message.extra()).allMatch(extra -> extra.startsWith("X_"));
                assertThat(message.status() == null || message.status().indexOf('\n') < 0).isTrue();
            }
        }
    }
}
