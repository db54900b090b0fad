package org.jinit.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jinit.it.Box.serv;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A service that sends notify messages as fast as it can holds up nobody and costs no memory. With {@code -Djinit.long=true} with
 * millions of messages and with the delay that jinit promises; otherwise with bounds that a busy machine keeps too.
 */
class FloodIT {
    private static final boolean LONG = Boolean.getBoolean("jinit.long");
    private static final long TAKEN = LONG ? 600_000 : 3_000;
    private static final int STARTS = LONG ? 500 : 10;
    private static final int WARM_UP = 5;
    private static final long LONGEST_MICROS = LONG ? 10_000 : 1_000_000;
    private static final long MOST_GROWTH_KIB = LONG ? 6 << 10 : 24 << 10;

    /** Silence is there to compare with. */
    static List<String> kinds() {
        return LONG
                ? List.of("silence", "status", "ready", "watchdog", "reloading", "garbage", "descriptors", "store")
                : List.of("status", "garbage", "descriptors");
    }

    @ParameterizedTest
    @MethodSource("kinds")
    @Timeout(1800)
    void aFloodHoldsUpNobodyAndCostsNoMemory(String kind) {
        try (Box box = Box.pid1()) {
            box.idle("flood",
                    "exec: /run/box/flood " + kind + " /run/box/sent\nready: notify\nwatchdog: 60s\nfd-store: 8\n");
            box.idle("x", serv("mark:@m notify:READY=1 wait") + "ready: notify\n");
            box.boot().ctl("start", "flood").exits(0);
            try (Varlink connection = box.connect(); Varlink events = box.connect()) {
                Map<String, @Nullable Object> version = Json.object(connection.call("Version", "{}").get("parameters"));
                List<Path> jinitd = Stream.of("managerPid", "keeperPid")
                        .map(name -> box.root("/proc/" + version.get(name)))
                        .toList();
                events.send(
                        "{\"method\":\"org.jinit.Manager.Events\",\"parameters\":{\"names\":[\"x\"]},\"more\":true}");
                boolean floods = !kind.equals("silence");
                long[] before = delays(box, connection, events, WARM_UP);
                settle(box, floods ? TAKEN / 10 : 0);
                List<Long> memory = jinitd.stream().map(FloodIT::memoryKib).toList();
                List<Long> descriptors = jinitd.stream().map(FloodIT::descriptors).toList();
                long[] delays = delays(box, connection, events, STARTS);
                settle(box, floods ? TAKEN : 0);
                List<Long> memoryAfter = jinitd.stream().map(FloodIT::memoryKib).toList();
                System.out.printf("%s: %s; ready after %d us (median), %d us (99 of 100), %d us (longest);"
                        + " memory of manager, keeper %s, then %s KiB%n", kind, rate(box), delays[delays.length / 2],
                        delays[(delays.length - 1) * 99 / 100], delays[delays.length - 1], memory, memoryAfter);
                assertThat(before).isNotEmpty();
                assertThat(delays[(delays.length - 1) * 99 / 100]).as("microseconds until ready")
                        .isLessThan(LONGEST_MICROS);
                for (int i = 0; i < jinitd.size(); i++) {
                    assertThat(memoryAfter.get(i)).as("KiB of memory").isLessThan(memory.get(i) + MOST_GROWTH_KIB);
                }
                Await.until("no descriptor is left over", () -> jinitd.stream()
                        .map(FloodIT::descriptors)
                        .toList()
                        .equals(descriptors));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** How many messages were sent and taken a second, for people. */
    private static String rate(Box box) {
        long[] sent = sent(box);
        return sent.length < 3
                ? "nothing sent"
                : "%d sent a second, %d taken a second, %d taken".formatted(sent[0] * 1_000_000 / (sent[2] / 1000),
                        sent[1] * 1_000_000 / (sent[2] / 1000), sent[1]);
    }

    private static long[] sent(Box box) {
        String text = box.read("sent").strip();
        return text.isEmpty() ? new long[0] : Stream.of(text.split(" +", -1)).mapToLong(Long::parseLong).toArray();
    }

    private static void settle(Box box, long messages) {
        Await.until(messages + " messages were taken", Duration.ofMinutes(20), () -> {
            long[] sent = sent(box);
            return messages == 0 || (sent.length > 1 && sent[1] >= messages);
        }, box::console);
    }

    /** Microseconds from just before READY=1 was sent until somebody outside heard that the service runs, in order of their size. */
    private static long[] delays(Box box, Varlink connection, Varlink events, int starts) throws IOException {
        long[] delays = new long[starts];
        for (int i = 0; i < starts; i++) {
            connection.send("{\"method\":\"org.jinit.Manager.Restart\",\"parameters\":{\"names\":[\"x\"]}}");
            awaitRunning(events);
            long now = System.nanoTime();
            delays[i] = (now - box.marks("m").getLast().nanos()) / 1000;
            box.delete("m");
            assertThat(connection.receive()).doesNotContain("error");
        }
        return LongStream.of(delays).sorted().toArray();
    }

    private static void awaitRunning(Varlink events) throws IOException {
        Object state = null;
        while (!"running".equals(state)) {
            String reply = Objects.requireNonNull(events.receive(), "the events ended");
            Map<String, @Nullable Object> parameters = Json.object(Json.object(Json.parse(reply)).get("parameters"));
            state = Json.object(parameters.get("change")).get("to");
        }
    }

    /** What a process holds that is not shared. */
    private static long memoryKib(Path process) {
        try {
            return Files.readAllLines(process.resolve("smaps_rollup"))
                    .stream()
                    .filter(line -> line.startsWith("Pss_Anon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long descriptors(Path process) {
        try (Stream<Path> all = Files.list(process.resolve("fd"))) {
            return all.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
