package org.jinit.linux;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Sockets and their ancillary data. */
abstract class KernelSockets extends KernelFiles {
    private static final int SOCK_NONBLOCK_CLOEXEC = 0x80800;
    private static final int SOL_SOCKET = 1;
    private static final int SO_ERROR = 4;
    private static final int SO_RCVBUF = 8;
    private static final int SO_PASSCRED = 16;
    private static final int SO_PEERCRED = 17;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int SO_PEERGROUPS = 59;
    private static final int SO_PASSPIDFD = 76;
    private static final int SO_PEERPIDFD = 77;
    private static final int SCM_RIGHTS = 1;
    private static final int SCM_CREDENTIALS = 2;
    private static final int SCM_PIDFD = 4;
    private static final int MSG_CTRUNC = 8;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int HEADER = 16;
    // Scratch: struct msghdr at 0, struct iovec, then an address, then control data.
    private static final int IOVEC = 64;
    private static final int NAME = 96;
    private static final int CONTROL = 256;
    /** Room for 253 descriptors, credentials, a pidfd, and more. */
    private static final int CONTROL_SIZE = 2048;

    @Override
    public int socket(int family, int type) {
        return (int) check(Syscall.SOCKET, call(Syscall.SOCKET, family, type | SOCK_NONBLOCK_CLOEXEC, 0));
    }

    @Override
    public int[] socketPair(int type) {
        Scratch s = scratch();
        check(Syscall.SOCKETPAIR, call(Syscall.SOCKETPAIR, 1, type | SOCK_NONBLOCK_CLOEXEC, 0, s.address, 0));
        return new int[]{s.bytes.getInt(0), s.bytes.getInt(4)};
    }

    @Override
    public void bind(int socket, SocketAddress address) {
        Scratch s = scratch();
        s.bytes.put(0, address.bytes());
        check(Syscall.BIND, call(Syscall.BIND, socket, s.address, address.bytes().length));
    }

    @Override
    public void listen(int socket, int backlog) {
        check(Syscall.LISTEN, call(Syscall.LISTEN, socket, backlog, 0));
    }

    @Override
    public int accept(int socket) {
        long result = call(Syscall.ACCEPT4, socket, 0, 0, SOCK_NONBLOCK_CLOEXEC, 0);
        return (int) (result == -Errno.ECONNABORTED ? WOULD_BLOCK : checkBlock(Syscall.ACCEPT4, result));
    }

    @Override
    public int connect(int socket, SocketAddress address) {
        Scratch s = scratch();
        s.bytes.put(0, address.bytes());
        long result = callOnce(Syscall.CONNECT, socket, s.address, address.bytes().length, 0, 0);
        // An interrupted connect goes on; a unix socket's EAGAIN (full backlog) does not, so that is an error.
        if (result == -Errno.EINPROGRESS || result == -Errno.EINTR) {
            return WOULD_BLOCK;
        }
        return (int) check(Syscall.CONNECT, result);
    }

    @Override
    public int socketError(int socket) {
        return option(socket, SO_ERROR);
    }

    @Override
    public int localPort(int socket) {
        Scratch s = scratch();
        s.bytes.putInt(128, 128);
        check(Syscall.GETSOCKNAME, call(Syscall.GETSOCKNAME, socket, s.address, s.address + 128));
        return Byte.toUnsignedInt(s.bytes.get(2)) << 8 | Byte.toUnsignedInt(s.bytes.get(3));
    }

    @Override
    public void setSocketOption(int socket, int level, int option, int value) {
        check(Syscall.SETSOCKOPT, setOption(socket, level, option, value));
    }

    private long setOption(int socket, int level, int option, int value) {
        Scratch s = scratch();
        s.bytes.putInt(0, value);
        return call(Syscall.SETSOCKOPT, socket, level, option, s.address, 4);
    }

    private int option(int socket, int option) {
        Scratch s = scratch();
        check(Syscall.GETSOCKOPT, getOption(socket, option, s, 4));
        return s.bytes.getInt(0);
    }

    /** The value is at 0 of the scratch then, its length at 60,000. */
    private long getOption(int socket, int option, Scratch s, int size) {
        s.bytes.putInt(60_000, size);
        return call(Syscall.GETSOCKOPT, socket, SOL_SOCKET, option, s.address, s.address + 60_000);
    }

    @Override
    public void passCredentials(int socket) {
        setSocketOption(socket, SOL_SOCKET, SO_PASSCRED, 1);
    }

    @Override
    public boolean passPidfd(int socket) {
        long result = setOption(socket, SOL_SOCKET, SO_PASSPIDFD, 1);
        return result != -Errno.ENOPROTOOPT && check(Syscall.SETSOCKOPT, result) == 0;
    }

    @Override
    public void receiveBuffer(int socket, int bytes) {
        if (setOption(socket, SOL_SOCKET, SO_RCVBUFFORCE, bytes) < 0) {
            setSocketOption(socket, SOL_SOCKET, SO_RCVBUF, bytes);
        }
    }

    @Override
    public PeerCredentials peerCredentials(int socket) {
        Scratch s = scratch();
        check(Syscall.GETSOCKOPT, getOption(socket, SO_PEERCRED, s, 12));
        return new PeerCredentials(s.bytes.getInt(0), s.bytes.getInt(4), s.bytes.getInt(8));
    }

    @Override
    public int peerPidfd(int socket) {
        Scratch s = scratch();
        long result = getOption(socket, SO_PEERPIDFD, s, 4);
        if (result == -Errno.ENOPROTOOPT) {
            return UNSUPPORTED;
        }
        if (result == GONE || result == -Errno.ENODATA || result == -Errno.EINVAL) {
            return GONE;
        }
        check(Syscall.GETSOCKOPT, result);
        return s.bytes.getInt(0);
    }

    @Override
    public int[] peerGroups(int socket) {
        Scratch s = scratch();
        check(Syscall.GETSOCKOPT, getOption(socket, SO_PEERGROUPS, s, 59_996));
        int[] groups = new int[s.bytes.getInt(60_000) / 4];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = s.bytes.getInt(i * 4);
        }
        return groups;
    }

    @Override
    public int send(int socket, ByteBuffer data, int... fds) {
        Scratch s = scratch();
        header(s, data, fds.length == 0 ? 0 : HEADER + align(fds.length * 4));
        if (fds.length > 0) {
            s.bytes.putLong(CONTROL, HEADER + fds.length * 4L);
            s.bytes.putInt(CONTROL + 8, SOL_SOCKET).putInt(CONTROL + 12, SCM_RIGHTS);
            for (int i = 0; i < fds.length; i++) {
                s.bytes.putInt(CONTROL + HEADER + i * 4, fds[i]);
            }
        }
        return send(socket, data, s);
    }

    @Override
    public int sendTo(int socket, ByteBuffer data, SocketAddress address) {
        Scratch s = scratch();
        header(s, data, 0);
        s.bytes.put(NAME, address.bytes());
        s.bytes.putLong(0, s.address + NAME).putInt(8, address.bytes().length);
        return send(socket, data, s);
    }

    private int send(int socket, ByteBuffer data, Scratch s) {
        long result = call(Syscall.SENDMSG, socket, s.address, MSG_DONTWAIT | MSG_NOSIGNAL);
        return advance(data, checkBlock(Syscall.SENDMSG, result));
    }

    private void header(Scratch s, ByteBuffer data, int controlLength) {
        s.bytes.putLong(0, 0).putLong(8, 0);
        s.bytes.putLong(16, s.address + IOVEC).putLong(24, 1);
        s.bytes.putLong(32, controlLength == 0 ? 0 : s.address + CONTROL).putLong(40, controlLength).putLong(48, 0);
        s.bytes.putLong(IOVEC, address(data)).putLong(IOVEC + 8, data.remaining());
    }

    @Override
    public int receive(int socket, ReceivedMessage into) {
        into.clear();
        Scratch s = scratch();
        header(s, into.data(), CONTROL_SIZE);
        long result = call(Syscall.RECVMSG, socket, s.address, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (checkBlock(Syscall.RECVMSG, result) == WOULD_BLOCK) {
            into.data().limit(0);
            return WOULD_BLOCK;
        }
        into.data().limit((int) result);
        int flags = s.bytes.getInt(48);
        into.truncated = (flags & MSG_TRUNC) != 0;
        into.controlTruncated = (flags & MSG_CTRUNC) != 0;
        readControl(s.bytes, CONTROL + (int) s.bytes.getLong(40), into);
        return (int) result;
    }

    private static void readControl(ByteBuffer bytes, int end, ReceivedMessage into) {
        int length;
        for (int at = CONTROL; at + HEADER <= end; at += align(length)) {
            length = (int) bytes.getLong(at);
            if (length < HEADER) {
                return;
            }
            if (bytes.getInt(at + 8) == SOL_SOCKET) {
                take(bytes, bytes.getInt(at + 12), at + HEADER, length - HEADER, into);
            }
        }
    }

    private static void take(ByteBuffer bytes, int type, int at, int length, ReceivedMessage into) {
        if (type == SCM_RIGHTS) {
            int start = into.fds.length;
            into.fds = Arrays.copyOf(into.fds, start + length / 4);
            for (int i = 0; i < length / 4; i++) {
                into.fds[start + i] = bytes.getInt(at + i * 4);
            }
        } else if (type == SCM_CREDENTIALS && length >= 12) {
            into.pid = bytes.getInt(at);
            into.uid = bytes.getInt(at + 4);
            into.gid = bytes.getInt(at + 8);
        } else if (type == SCM_PIDFD && length >= 4) {
            // The kernel puts an errno here when it cannot make one.
            into.pidfd = Math.max(bytes.getInt(at), NO_FD);
        }
    }

    private static int align(int length) {
        return (length + 7) & ~7;
    }
}
