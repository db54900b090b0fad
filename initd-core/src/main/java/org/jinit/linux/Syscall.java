package org.jinit.linux;

/** Numbers of system calls. */
enum Syscall {
    ACCEPT4(288, 242), BIND(49, 200), CLOSE(3, 57), CONNECT(42, 203), EPOLL_CREATE1(291, 20), EPOLL_CTL(233, 21),
    EPOLL_PWAIT(281, 22), EPOLL_PWAIT2(441, 441), EVENTFD2(290, 19), FCHMOD(91, 52), FCHMODAT(268, 53), FCHOWN(93, 55),
    FCHOWNAT(260, 54),
    FCNTL(72, 25), FLOCK(73, 32), FSTATFS(138, 44), FSYNC(74, 82), FTRUNCATE(77, 46), GETDENTS64(217, 61),
    GETEGID(108, 177), GETEUID(107, 175), GETPID(39, 172), GETPPID(110, 173), GETSOCKNAME(51, 204),
    GETSOCKOPT(55, 209), INOTIFY_ADD_WATCH(254, 27), INOTIFY_INIT1(294, 26), INOTIFY_RM_WATCH(255, 28), IOCTL(16, 29),
    LISTEN(50, 201), LSEEK(8, 62), MEMFD_CREATE(319, 279), MKDIRAT(258, 34), MKNODAT(259, 33), OPENAT(257, 56),
    OPENAT2(437, 437),
    PIDFD_OPEN(434, 434), PIDFD_SEND_SIGNAL(424, 424), PIPE2(293, 59), PPOLL(271, 73), PRCTL(157, 167),
    PREAD64(17, 67), PRLIMIT64(302, 261), PWRITE64(18, 68), READ(0, 63), READLINKAT(267, 78), RECVMSG(47, 212),
    RENAMEAT2(316, 276), SENDMSG(46, 211), SETNS(308, 268), SETSOCKOPT(54, 208), SOCKET(41, 198), SOCKETPAIR(53, 199),
    STATX(332, 291), TEE(276, 77), UNAME(63, 160), UNLINKAT(263, 35), UNSHARE(272, 97), WRITE(1, 64);

    private final int x86;
    private final int arm;

    Syscall(int x86, int arm) {
        this.x86 = x86;
        this.arm = arm;
    }

    int number(boolean isArm) {
        return isArm ? arm : x86;
    }

    /** For messages: {@code pidfd_open}. */
    String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
