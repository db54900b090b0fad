package org.jinit.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jinit.fuzz.Check;

/** A stream of messages, cut anywhere: the frames are what lies between the NULs, and what was read comes back when it is written. */
public final class FrameFuzz {
    private static final int LIMIT = 4096;
    private static final List<Fields.Reader<? extends Answer>> ANSWERS = List.of(Answer.Done::read,
            Answer.Outcomes::read, Answer.Services::read, Answer.Definition::read, Answer.Story::read,
            Answer.Event::read, Answer.Level::read, Answer.Version::read, Answer.Lines::read, Answer.Processes::read,
            Answer.ServiceInfo::read, Answer.Description::read);

    private FrameFuzz() {}

    /** First byte: bytes of a piece; the rest: the stream, in either direction. */
    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        byte[] stream = Arrays.copyOfRange(input, 1, input.length);
        List<byte[]> frames = split(stream, 1 + (input[0] & 0xff));
        List<byte[]> expected = naive(stream);
        Check.same(frames.size(), expected.size(), "frames");
        for (int i = 0; i < frames.size(); i++) {
            Check.that(Arrays.equals(frames.get(i), expected.get(i)), "frame " + i);
            call(frames.get(i));
            reply(frames.get(i));
        }
    }

    private static List<byte[]> split(byte[] stream, int piece) {
        List<byte[]> frames = new ArrayList<>();
        FrameSplitter splitter = new FrameSplitter(LIMIT);
        try {
            for (int at = 0; at < stream.length; at += piece) {
                ByteBuffer part = ByteBuffer.wrap(stream, at, Math.min(piece, stream.length - at));
                for (byte[] frame = splitter.next(part); frame != null; frame = splitter.next(part)) {
                    frames.add(frame);
                }
                Check.that(splitter.pendingBytes() <= LIMIT && !part.hasRemaining(), "what is kept is bounded");
            }
        } catch (BadMessageException e) {
            Check.same(e.getMessage(), "cannot read a message: it is longer than " + LIMIT + " bytes", "text");
        }
        return frames;
    }

    /** The frames up to the first that is too long. */
    private static List<byte[]> naive(byte[] stream) {
        List<byte[]> frames = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < stream.length; i++) {
            if (stream[i] == 0) {
                if (i - start > LIMIT) {
                    return frames;
                }
                frames.add(Arrays.copyOfRange(stream, start, i));
                start = i + 1;
            }
        }
        return frames;
    }

    private static void call(byte[] frame) throws Exception {
        CallCodec.Envelope first;
        try {
            first = CallCodec.decode(frame);
        } catch (CallCodec.UnknownMethodException e) {
            error(new ManagerError.Standard("MethodNotFound", "method", e.method()));
            return;
        } catch (BadMessageException e) {
            told(e);
            return;
        }
        CallCodec.Envelope again = CallCodec.decode(withoutNul(CallCodec.encode(first.call(), first.more())));
        Check.same(again, new CallCodec.Envelope(first.call(), first.more(), false), "call");
    }

    private static void told(BadMessageException e) throws Exception {
        String text = String.valueOf(e.getMessage());
        Check.that(text.startsWith("cannot ") && text.indexOf('\n') < 0, text);
        error(new ManagerError.InvalidArgument(text));
    }

    private static void error(ManagerError error) throws Exception {
        Check.same(ReplyCodec.decode(withoutNul(ReplyCodec.encode(error))).error(), error, "error");
    }

    private static void reply(byte[] frame) throws Exception {
        ReplyCodec.Envelope reply;
        try {
            reply = ReplyCodec.decode(frame);
        } catch (BadMessageException e) {
            told(e);
            return;
        }
        if (reply.error() != null) {
            error(reply.error());
        }
        for (Fields.Reader<? extends Answer> reader : ANSWERS) {
            Answer answer;
            try {
                answer = reader.read(reply.parameters());
            } catch (BadMessageException e) {
                told(e);
                continue;
            }
            byte[] written = withoutNul(ReplyCodec.encode(answer, reply.continues()));
            ReplyCodec.Envelope back = ReplyCodec.decode(written);
            Check.same(back.continues(), reply.continues(), "continues");
            Check.same(reader.read(back.parameters()), answer, "answer");
        }
    }

    private static byte[] withoutNul(byte[] message) {
        for (int i = 0; i < message.length; i++) {
            Check.same(message[i] == 0, i == message.length - 1, "NUL at " + i);
        }
        return Arrays.copyOf(message, message.length - 1);
    }
}
