package org.jinit.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever arrives, in whatever pieces: the same messages, or a told mistake, and never more memory than the bound. */
class FrameFuzzTest {
    private static final int LIMIT = 300;

    @Property(tries = 2000)
    void piecesMakeNoDifference(@ForAll("stream") byte[] stream, @ForAll @IntRange(min = 1, max = 64) int piece) {
        assertThat(split(stream, piece)).isEqualTo(split(stream, stream.length + 1));
    }

    @Property(tries = 5000)
    void randomBytesAreReadOrRefused(@ForAll @Size(max = 200) byte[] bytes) {
        decode(bytes);
    }

    @Property(tries = 5000)
    void damagedCallsAreReadOrRefused(
            @ForAll("call") Call call,
            @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 0, max = 4000) Integer> places,
            @ForAll byte replacement) {
        byte[] message = CallCodec.encode(call, true);
        for (int place : places) {
            message[place % (message.length - 1)] = replacement;
        }
        decode(message);
    }

    @Property(tries = 300)
    void depthIsBounded(@ForAll @IntRange(min = 1, max = 3000) int depth, @ForAll boolean lists) {
        String text = lists ? "[".repeat(depth) + "]".repeat(depth) : "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
        byte[] frame = ("{\"method\":\"org.jinit.Manager.Ping\",\"parameters\":{\"x\":" + text + "}}")
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(decode(frame)).isEqualTo(depth + 2 <= Varlink.MAX_DEPTH);
    }

    @Provide
    Arbitrary<byte[]> stream() {
        return Arbitraries.bytes().between((byte) -2, (byte) 3).array(byte[].class).ofMaxSize(1000);
    }

    @Provide
    Arbitrary<Call> call() {
        return Arbitraries.of(CodecTest.calls());
    }

    /** Whether it was read. Anything but these two exceptions fails the test. */
    private static boolean decode(byte[] frame) {
        try {
            CallCodec.decode(frame);
            return true;
        } catch (BadMessageException | CallCodec.UnknownMethodException e) {
            return false;
        }
    }

    /** The lengths of the frames; -1 at the end: too long. */
    private static List<Integer> split(byte[] stream, int piece) {
        FrameSplitter splitter = new FrameSplitter(LIMIT);
        List<Integer> lengths = new ArrayList<>();
        try {
            for (int at = 0; at < stream.length; at += piece) {
                ByteBuffer input = ByteBuffer.wrap(stream, at, Math.min(piece, stream.length - at));
                for (byte[] frame = splitter.next(input); frame != null; frame = splitter.next(input)) {
                    lengths.add(frame.length);
                }
                assertThat(splitter.pendingBytes()).isLessThanOrEqualTo(LIMIT);
            }
        } catch (BadMessageException e) {
            lengths.add(-1);
        }
        return lengths;
    }
}
