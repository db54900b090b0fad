package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** {@link Linux} by JNR's invoker of native functions. */
public final class JnrLinux extends KernelSockets {
    private static final int CLOEXEC = 0x80000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;
    private static final int PIDFS_MAGIC = 0x50494446;
    /** ioctl of struct pidfd_info in its first size, 64 bytes. */
    private static final long PIDFD_GET_INFO = 0xc040ff0bL;
    private static final int PIDFD_INFO_PID_EXIT = 9;
    private static final int PIDFD_INFO_EXIT = 8;
    private static final int PR_SET_NAME = 15;
    private static final int UTSNAME_FIELD = 65;
    private static final int EVENTS = 1024;
    private static final int CLONE_NEWCGROUP = 0x02000000;
    private static final String OWN_CGROUP_NAMESPACE = "/proc/thread-self/ns/cgroup";

    private final int eventSize = isArm ? 16 : 12;
    private final int eventData = isArm ? 8 : 4;
    private volatile boolean pwait2Missing;

    @Override
    public int pidfdOpen(int pid) {
        long result = call(Syscall.PIDFD_OPEN, pid, 0, 0);
        // EINVAL and (since 6.15) ENOENT: the number is a thread's.
        boolean gone = result == GONE || result == -Errno.ENOENT || (result == -Errno.EINVAL && pid > 0);
        return gone ? GONE : (int) check(Syscall.PIDFD_OPEN, result);
    }

    @Override
    public int pidfdSignal(int pidfd, int signal) {
        long result = call(Syscall.PIDFD_SEND_SIGNAL, pidfd, signal, 0);
        return result == GONE ? GONE : (int) check(Syscall.PIDFD_SEND_SIGNAL, result);
    }

    @Override
    public long pidfdInode(int pidfd) {
        Scratch s = scratch();
        check(Syscall.FSTATFS, call(Syscall.FSTATFS, pidfd, s.address, 0));
        return s.bytes.getLong(0) == PIDFS_MAGIC ? status(pidfd).inode() : 0;
    }

    @Override
    public int pidfdPid(int pidfd) {
        int fd = open("/proc/self/fdinfo/" + pidfd, O_RDONLY);
        ByteBuffer text = ByteBuffer.allocateDirect(512);
        try {
            read(fd, text);
        } finally {
            close(fd);
        }
        String lines = StandardCharsets.US_ASCII.decode(text.flip()).toString();
        int at = lines.indexOf("\nPid:\t");
        if (at < 0) {
            throw new LinuxException(Errno.EBADF, "pidfd");
        }
        int pid = Integer.parseInt(lines.substring(at + 6, lines.indexOf('\n', at + 6)));
        return pid > 0 ? pid : GONE;
    }

    @Override
    public boolean pidfdEnded(int pidfd) {
        Scratch s = scratch();
        s.bytes.putInt(0, pidfd).putInt(4, EPOLLIN).putLong(16, 0).putLong(24, 0);
        check(Syscall.PPOLL, call(Syscall.PPOLL, s.address, 1, s.address + 16));
        return s.bytes.getShort(6) != 0;
    }

    @Override
    public int pidfdExitStatus(int pidfd) {
        Scratch s = scratch();
        s.zero(0, 64);
        s.bytes.putLong(0, PIDFD_INFO_PID_EXIT);
        long result = call(Syscall.IOCTL, pidfd, PIDFD_GET_INFO, s.address);
        return result == 0 && (s.bytes.getLong(0) & PIDFD_INFO_EXIT) != 0 ? s.bytes.getInt(60) : UNSUPPORTED;
    }

    @Override
    public int epollCreate() {
        return (int) check(Syscall.EPOLL_CREATE1, call(Syscall.EPOLL_CREATE1, CLOEXEC, 0, 0));
    }

    @Override
    public void epollAdd(int epoll, int fd, int events) {
        control(epoll, EPOLL_CTL_ADD, fd, events);
    }

    @Override
    public void epollModify(int epoll, int fd, int events) {
        control(epoll, EPOLL_CTL_MOD, fd, events);
    }

    @Override
    public void epollRemove(int epoll, int fd) {
        control(epoll, EPOLL_CTL_DEL, fd, 0);
    }

    private void control(int epoll, int operation, int fd, int events) {
        Scratch s = scratch();
        s.bytes.putInt(0, events).putLong(eventData, fd);
        check(Syscall.EPOLL_CTL, call(Syscall.EPOLL_CTL, epoll, operation, fd, s.address, 0));
    }

    @Override
    public int epollWait(int epoll, EpollEvents into, long timeoutNanos) {
        Scratch s = scratch();
        int capacity = Math.min(EVENTS, into.capacity());
        int timespec = EVENTS * 16;
        long result = UNSUPPORTED;
        if (!pwait2Missing) {
            s.bytes.putLong(timespec, timeoutNanos / 1_000_000_000).putLong(timespec + 8, timeoutNanos % 1_000_000_000);
            long timeout = timeoutNanos < 0 ? 0 : s.address + timespec;
            result = callOnce(Syscall.EPOLL_PWAIT2, epoll, s.address, capacity, timeout, 0);
            pwait2Missing = result == UNSUPPORTED || result == -Errno.EPERM;
        }
        if (pwait2Missing) {
            // Rounded up, so that a timer is due when it ends; the longest wait is 24 days.
            long millis = timeoutNanos < 0 ? -1 : Math.min(Integer.MAX_VALUE, (timeoutNanos + 999_999) / 1_000_000);
            result = callOnce(Syscall.EPOLL_PWAIT, epoll, s.address, capacity, millis, 0);
        }
        int count = result == -Errno.EINTR ? 0 : (int) check(Syscall.EPOLL_PWAIT2, result);
        for (int i = 0; i < count; i++) {
            into.set(i, s.bytes.getInt(i * eventSize + eventData), s.bytes.getInt(i * eventSize));
        }
        return count;
    }

    @Override
    public int eventfd() {
        return (int) check(Syscall.EVENTFD2, call(Syscall.EVENTFD2, 0, CLOEXEC | O_NONBLOCK, 0));
    }

    @Override
    public int cgroupNamespace() {
        int own = open(OWN_CGROUP_NAMESPACE, O_RDONLY);
        try {
            if (call(Syscall.UNSHARE, CLONE_NEWCGROUP, 0, 0) < 0) {
                return UNSUPPORTED;
            }
            try {
                return open(OWN_CGROUP_NAMESPACE, O_RDONLY);
            } finally {
                call(Syscall.SETNS, own, CLONE_NEWCGROUP, 0);
            }
        } finally {
            close(own);
        }
    }

    @Override
    public int pid() {
        return (int) call(Syscall.GETPID, 0, 0, 0);
    }

    @Override
    public int parentPid() {
        return (int) call(Syscall.GETPPID, 0, 0, 0);
    }

    @Override
    public int effectiveUid() {
        return (int) call(Syscall.GETEUID, 0, 0, 0);
    }

    @Override
    public int effectiveGid() {
        return (int) call(Syscall.GETEGID, 0, 0, 0);
    }

    @Override
    public void threadName(String name) {
        check(Syscall.PRCTL, call(Syscall.PRCTL, PR_SET_NAME, scratch().path(0, Linux.path(name), Syscall.PRCTL), 0));
    }

    @Override
    public String kernelRelease() {
        Scratch s = scratch();
        check(Syscall.UNAME, call(Syscall.UNAME, s.address, 0, 0));
        StringBuilder release = new StringBuilder();
        for (int at = 2 * UTSNAME_FIELD; s.bytes.get(at) != 0; at++) {
            release.append((char) s.bytes.get(at));
        }
        return release.toString();
    }

    @Override
    public long[] resourceLimit(int resource) {
        Scratch s = scratch();
        check(Syscall.PRLIMIT64, call(Syscall.PRLIMIT64, 0, resource, 0, s.address, 0));
        return new long[]{s.bytes.getLong(0), s.bytes.getLong(8)};
    }
}
