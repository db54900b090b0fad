package org.jinit.protocol;

import org.jspecify.annotations.Nullable;

/** Turns replies into messages and back. Stateless. */
public final class ReplyCodec {
    /**
     * A decoded reply.
     *
     * @param continues more replies follow
     * @param error null when it is good
     */
    public record Envelope(Fields parameters, boolean continues, @Nullable ManagerError error) {}

    private ReplyCodec() {}

    /** The message, with its NUL. */
    public static byte[] encode(Answer answer, boolean continues) {
        return JsonOut.bytes(
                out -> out.object(() -> {
                    out.member("parameters", () -> answer.writeMembers(out));
                    if (continues) {
                        out.member("continues", true);
                    }
                }), 0);
    }

    /** The message, with its NUL. */
    public static byte[] encode(ManagerError error) {
        return JsonOut.bytes(
                out -> out.object(() -> out.member("error", error.wireName())
                        .member("parameters", () -> error.writeMembers(out))),
                0);
    }

    /** Reads a reply out of a message without its NUL. */
    public static Envelope decode(byte[] frame) throws BadMessageException {
        Fields message = Varlink.JSON.read(frame);
        Fields parameters = message.object("parameters");
        String error = message.textOrNull("error");
        return new Envelope(
                parameters,
                message.flag("continues"),
                error == null ? null : ManagerError.read(error, parameters));
    }
}
