package org.jinit.daemon;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jinit.linux.Linux;
import org.jinit.linux.LinuxException;
import org.jinit.linux.SocketAddress;

/** Tells our own service manager, when NOTIFY_SOCKET names one, how we are: sd_notify(3) as a client. A manager that does not read loses news. */
final class Upward {
    private final Linux linux;
    private final String address;

    /** @param address of NOTIFY_SOCKET, empty without */
    Upward(Linux linux, String address) {
        this.linux = linux;
        this.address = address.startsWith("/") || address.startsWith("@") ? address : "";
    }

    void tell(String message) {
        if (address.isEmpty()) {
            return;
        }
        try {
            int socket = linux.socket(1, Linux.SOCK_DGRAM);
            try {
                byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
                linux.sendTo(socket, ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(),
                        SocketAddress.unix(address));
            } finally {
                linux.close(socket);
            }
        } catch (LinuxException e) {
            // Whoever started us is not listening any more; that is his affair.
            return;
        }
    }
}
