package org.jinit.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jinit.protocol.BadMessageException;
import org.jinit.protocol.Call;
import org.jinit.protocol.CallCodec;
import org.jinit.protocol.Fields;
import org.jinit.protocol.FrameSplitter;
import org.jinit.protocol.ReplyCodec;
import org.jspecify.annotations.Nullable;

/** A connection to jinitd. Blocks; one call after the other. */
final class ManagerClient implements AutoCloseable {
    private static final int MAX_UNIX_PATH = 107;
    private static final int BUFFER = 64 * 1024;

    private final InputStream in;
    private final OutputStream out;
    private final FrameSplitter splitter = new FrameSplitter();
    private final ByteBuffer input = ByteBuffer.allocate(BUFFER).limit(0);

    private ManagerClient(InputStream in, OutputStream out) {
        this.in = in;
        this.out = out;
    }

    /** The connection that the launcher made and left as standard input. */
    static ManagerClient ofStandardInput() {
        return new ManagerClient(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.in));
    }

    /** Connects to {@code control} in the run directory. */
    static ManagerClient connect(Path runDirectory) throws UnreachableException {
        Path socket = runDirectory.resolve("control");
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                connect(channel, runDirectory, socket);
                return new ManagerClient(Channels.newInputStream(channel), Channels.newOutputStream(channel));
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UnreachableException("cannot reach jinitd at " + socket + ": " + cause(e) + hint(e));
        }
    }

    /** The first reply, which is the only one without {@code more}. */
    <T> T call(Call call, Fields.Reader<T> reader) throws UnreachableException, RefusedException {
        send(call, false);
        return read(next().parameters(), reader);
    }

    /** Takes one of several replies. */
    interface Taker<T> {
        /** Returns false to hear no more. */
        boolean take(T part, boolean continues) throws IOException;
    }

    /** Every reply, until the last one or until the taker has enough. */
    <T> void stream(Call call, Fields.Reader<T> reader, Taker<T> taker)
            throws IOException, RefusedException {
        send(call, true);
        ReplyCodec.Envelope reply;
        do {
            reply = next();
        } while (taker.take(read(reply.parameters(), reader), reply.continues()) && reply.continues());
    }

    void send(Call call, boolean more) throws UnreachableException {
        byte[] message = CallCodec.encode(call, more);
        if (message.length > FrameSplitter.MAX_FRAME) {
            throw new UnreachableException(
                    "cannot ask jinitd: the call is longer than a message may be; name fewer services");
        }
        try {
            out.write(message);
        } catch (IOException e) {
            // It may have said why before it closed; the reply, or its absence, tells.
            return;
        }
    }

    /** The next reply; an error becomes an exception. */
    ReplyCodec.Envelope next() throws UnreachableException, RefusedException {
        try {
            byte[] frame = frame();
            if (frame == null) {
                throw new UnreachableException("cannot hear from jinitd: it closed the connection (did it stop?)");
            }
            ReplyCodec.Envelope reply = ReplyCodec.decode(frame);
            if (reply.error() != null) {
                throw new RefusedException(reply.error());
            }
            return reply;
        } catch (UnreachableException e) {
            throw e;
        } catch (IOException e) {
            throw new UnreachableException("cannot hear from jinitd: " + cause(e));
        }
    }

    static <T> T read(Fields parameters, Fields.Reader<T> reader) throws UnreachableException {
        try {
            return reader.read(parameters);
        } catch (BadMessageException e) {
            throw new UnreachableException("cannot understand jinitd (is it of another version?): " + e.getMessage());
        }
    }

    private byte @Nullable [] frame() throws IOException {
        while (true) {
            byte[] frame = splitter.next(input);
            if (frame != null) {
                return frame;
            }
            input.clear();
            int count = in.read(input.array());
            input.limit(Math.max(0, count));
            if (count < 0) {
                return null;
            }
        }
    }

    @Override
    public void close() {
        try {
            in.close();
            out.close();
        } catch (IOException e) {
            // Nothing was to be done with it any more.
            return;
        }
    }

    private static void connect(SocketChannel channel, Path directory, Path socket) throws IOException {
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_UNIX_PATH) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return;
        }
        // Too long for an address: through an open descriptor of the directory.
        DirectoryStream<Path> open = Files.newDirectoryStream(directory);
        try {
            channel.connect(UnixDomainSocketAddress.of(descriptorOf(directory).resolve(socket.getFileName())));
        } finally {
            open.close();
        }
    }

    private static Path descriptorOf(Path directory) throws IOException {
        Path real = directory.toRealPath();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.isSymbolicLink(descriptor) && Files.readSymbolicLink(descriptor).equals(real)) {
                    return descriptor;
                }
            }
        }
        throw new SocketException("File name too long");
    }

    private static String cause(IOException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static String hint(IOException e) {
        String text = cause(e);
        if (text.contains("Permission denied")) {
            return " (only root, or the user that it runs as, may talk to jinitd)";
        }
        return " (is it running? --run-dir or $JINIT_RUN_DIR says where, --user means your own)";
    }
}
