package org.jinit.daemon;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jinit.model.Probe;
import org.jspecify.annotations.Nullable;

/** One attempt of a probe over the network; blocks for the timeout at most, but for a name service that is slower. */
final class ProbeAttempt {
    private static final int MAX_STATUS_LINE = 1024;

    private ProbeAttempt() {}

    /** Null when it is answered well, else why not. */
    static @Nullable String tcp(Probe.Tcp target, Duration timeout) {
        String what = target.host() + ":" + target.port();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(target.host()), target.port()), millis(timeout));
            return null;
        } catch (SocketTimeoutException e) {
            return "cannot connect to " + what + ": no answer within " + timeout.toMillis() + " ms";
        } catch (IOException e) {
            return "cannot connect to " + what + ": " + e.getMessage();
        }
    }

    static @Nullable String unix(Probe.Unix target) {
        try (SocketChannel channel = SocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            // A full backlog would block the connection for ever, and is answered at once so.
            channel.configureBlocking(false);
            channel.connect(UnixDomainSocketAddress.of(target.path()));
            return null;
        } catch (IOException | IllegalArgumentException e) {
            return "cannot connect to " + target.path() + ": " + e.getMessage();
        }
    }

    static @Nullable String http(Probe.Http target, Duration timeout) {
        URI uri;
        try {
            uri = URI.create(target.url());
        } catch (IllegalArgumentException e) {
            return "cannot ask " + target.url() + ": not a URL";
        }
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(uri.getHost()), port), millis(timeout));
            socket.setSoTimeout(millis(timeout));
            socket.getOutputStream().write(request(uri, port));
            int status = status(socket.getInputStream(), System.nanoTime() + timeout.toNanos());
            boolean good = target.status() == null ? status >= 200 && status < 400 : status == target.status();
            return good ? null : "cannot use " + target.url() + ": it answers " + status;
        } catch (SocketTimeoutException e) {
            return "cannot ask " + target.url() + ": no answer within " + timeout.toMillis() + " ms";
        } catch (IOException e) {
            return "cannot ask " + target.url() + ": " + e.getMessage();
        }
    }

    private static byte[] request(URI uri, int port) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        String text = "GET " + path + query + " HTTP/1.1\r\nHost: " + uri.getHost() + ":" + port
                + "\r\nUser-Agent: jinit\r\nAccept: */*\r\nConnection: close\r\n\r\n";
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static int status(InputStream in, long deadlineNanos) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (line.size() < MAX_STATUS_LINE) {
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new SocketTimeoutException();
            }
            int next = in.read();
            if (next < 0 || next == '\n') {
                break;
            }
            line.write(next);
        }
        String[] words = line.toString(StandardCharsets.ISO_8859_1).strip().split(" ", 3);
        if (words.length < 2 || !words[0].startsWith("HTTP/") || !words[1].matches("[1-5][0-9][0-9]")) {
            throw new IOException("the answer is not HTTP");
        }
        return Integer.parseInt(words[1]);
    }

    private static int millis(Duration timeout) {
        return Math.clamp(timeout.toMillis(), 1, Integer.MAX_VALUE);
    }
}
