package org.jinit.linux;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A struct sockaddr. */
public final class SocketAddress {
    /** Bytes that a unix socket's path may have. */
    public static final int MAX_UNIX_PATH = 107;
    private static final int FAMILY_UNIX = 1;
    private static final int FAMILY_IPV4 = 2;
    private static final int FAMILY_IPV6 = 10;

    private final byte[] bytes;

    private SocketAddress(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * @param path at most {@value #MAX_UNIX_PATH} bytes of UTF-8; a leading @ means the abstract name that follows it
     * @throws LinuxException ENAMETOOLONG
     */
    public static SocketAddress unix(String path) {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        boolean isAbstract = path.startsWith("@");
        if (name.length > (isAbstract ? MAX_UNIX_PATH + 1 : MAX_UNIX_PATH)) {
            throw new LinuxException(Errno.ENAMETOOLONG, "bind");
        }
        if (isAbstract) {
            name[0] = 0;
        }
        byte[] address = new byte[2 + name.length + (isAbstract ? 0 : 1)];
        putFamily(address, FAMILY_UNIX);
        System.arraycopy(name, 0, address, 2, name.length);
        return new SocketAddress(address);
    }

    /** @param port 0 to 65535 */
    public static SocketAddress inet(InetAddress host, int port) {
        boolean four = host instanceof Inet4Address;
        byte[] address = new byte[four ? 16 : 28];
        putFamily(address, four ? FAMILY_IPV4 : FAMILY_IPV6);
        address[2] = (byte) (port >> 8);
        address[3] = (byte) port;
        byte[] name = host.getAddress();
        System.arraycopy(name, 0, address, four ? 4 : 8, name.length);
        return new SocketAddress(address);
    }

    private static void putFamily(byte[] address, int family) {
        // Linux runs JVMs on little-endian x86-64 and aarch64 here.
        address[0] = (byte) family;
    }

    /** 1 unix, 2 IPv4, 10 IPv6. */
    public int family() {
        return bytes[0];
    }

    byte[] bytes() {
        return bytes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SocketAddress address && Arrays.equals(bytes, address.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
