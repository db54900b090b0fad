package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Every native call of the manager. Descriptors are plain numbers, always made close-on-exec; who gets one closes it. Signals go to pidfds
 * only, there is no kill by number. Buffers must be direct. An interrupted call is repeated.
 *
 * <p>Calls fail with {@link LinuxException}, but what happens in the normal course of things is a value: {@link #WOULD_BLOCK} of calls on
 * non-blocking descriptors, {@link #GONE} of calls on processes that are no more, {@link #UNSUPPORTED} of calls that the kernel lacks.
 *
 * <p>All methods may be called from any thread.
 */
public interface Linux {
    /** A non-blocking call has nothing to give or take now. */
    int WOULD_BLOCK = -11;
    /** The process is no more. */
    int GONE = -3;
    /** The kernel (or a seccomp filter) does not know this call. */
    int UNSUPPORTED = -38;
    /** No descriptor. */
    int NO_FD = -1;
    /** As dirfd: paths are relative to the working directory. */
    int AT_FDCWD = -100;

    int EPOLLIN = 1;
    int EPOLLPRI = 2;
    int EPOLLOUT = 4;
    int EPOLLERR = 8;
    int EPOLLHUP = 16;
    int EPOLLRDHUP = 0x2000;
    int EPOLLET = 1 << 31;

    int SOCK_STREAM = 1;
    int SOCK_DGRAM = 2;
    int SOCK_SEQPACKET = 5;

    /** Flags of open; the numbers are those of x86-64 on every architecture. */
    int O_RDONLY = 0;
    int O_WRONLY = 1;
    int O_RDWR = 2;
    int O_CREAT = 0x40;
    int O_EXCL = 0x80;
    int O_NOCTTY = 0x100;
    int O_TRUNC = 0x200;
    int O_APPEND = 0x400;
    int O_NONBLOCK = 0x800;
    int O_DIRECTORY = 0x10000;
    int O_NOFOLLOW = 0x20000;
    int O_PATH = 0x200000;

    int RESOLVE_NO_XDEV = 1;
    int RESOLVE_NO_MAGICLINKS = 2;
    int RESOLVE_NO_SYMLINKS = 4;
    int RESOLVE_BENEATH = 8;
    int RESOLVE_IN_ROOT = 16;

    int IN_MODIFY = 0x2;
    int IN_ATTRIB = 0x4;
    int IN_CLOSE_WRITE = 0x8;
    int IN_MOVED_FROM = 0x40;
    int IN_MOVED_TO = 0x80;
    int IN_CREATE = 0x100;
    int IN_DELETE = 0x200;
    int IN_DELETE_SELF = 0x400;
    int IN_MOVE_SELF = 0x800;
    int IN_ONLYDIR = 0x1000000;

    // Processes

    /** Returns a pidfd, or {@link #GONE} when there is no such process (or the number is a thread's). */
    int pidfdOpen(int pid);

    /** @param signal 0 asks whether the process was reaped @return 0, or {@link #GONE} when it was reaped */
    int pidfdSignal(int pidfd, int signal);

    /** Inode number of a pidfd; the same for all pidfds of one process and never used again since Linux 6.9, before that 0. */
    long pidfdInode(int pidfd);

    /** The number of the process, {@link #GONE} when it was reaped; read from fdinfo. */
    int pidfdPid(int pidfd);

    /** True when the process has ended: it is a zombie or was reaped. */
    boolean pidfdEnded(int pidfd);

    /**
     * Raw wait status of a process that was reaped by anybody (poll said POLLHUP). @return {@link #UNSUPPORTED} when the kernel does not
     * tell (before 6.15) or does not tell yet
     */
    int pidfdExitStatus(int pidfd);

    // Waiting

    int epollCreate();

    void epollAdd(int epoll, int fd, int events);

    void epollModify(int epoll, int fd, int events);

    void epollRemove(int epoll, int fd);

    /**
     * @param timeoutNanos negative: without limit. Kernels before 5.11 round it up to milliseconds.
     * @return how many entries of {@code into} were filled; 0 also when interrupted
     */
    int epollWait(int epoll, EpollEvents into, long timeoutNanos);

    /** A non-blocking event counter. */
    int eventfd();

    // Sockets

    /** @param family 1 unix, 2 IPv4, 10 IPv6 @param type one of the SOCK_ constants; the socket does not block */
    int socket(int family, int type);

    /** A connected non-blocking pair of unix sockets. */
    int[] socketPair(int type);

    void bind(int socket, SocketAddress address);

    void listen(int socket, int backlog);

    /** Returns a non-blocking descriptor, or {@link #WOULD_BLOCK} (also for a client that went away before it was accepted). */
    int accept(int socket);

    /** Returns 0, or {@link #WOULD_BLOCK} while the connection is being made (poll for EPOLLOUT, then {@link #socketError}). */
    int connect(int socket, SocketAddress address);

    /** SO_ERROR: 0 or an errno. */
    int socketError(int socket);

    /** The local TCP or UDP port. */
    int localPort(int socket);

    /** @param level as of setsockopt(2) @param option likewise */
    void setSocketOption(int socket, int level, int option, int value);

    /** SO_PASSCRED. */
    void passCredentials(int socket);

    /** SO_PASSPIDFD. @return false where the kernel lacks it (before 6.5) */
    boolean passPidfd(int socket);

    /** SO_RCVBUFFORCE, or without the right to that SO_RCVBUF, which the system bounds. */
    void receiveBuffer(int socket, int bytes);

    /** SO_PEERCRED: who made the connection (or the socket pair). */
    PeerCredentials peerCredentials(int socket);

    /** SO_PEERPIDFD. @return a pidfd, {@link #GONE}, or {@link #UNSUPPORTED} before 6.5 */
    int peerPidfd(int socket);

    /** SO_PEERGROUPS: supplementary groups of who made the connection. */
    int[] peerGroups(int socket);

    /** Returns bytes sent, or {@link #WOULD_BLOCK}; advances the buffer. */
    int send(int socket, ByteBuffer data, int... fds);

    /** Sends a datagram to an address. @return bytes sent, or {@link #WOULD_BLOCK} */
    int sendTo(int socket, ByteBuffer data, SocketAddress address);

    /**
     * Receives one message (or what is there of a stream) with its descriptors and credentials. Does not block.
     *
     * @return bytes received (0: end of a stream, or an empty datagram), or {@link #WOULD_BLOCK}; the descriptors in {@code into} are the
     *     caller's now
     */
    int receive(int socket, ReceivedMessage into);

    // Descriptors

    /** Returns the read end, then the write end. */
    int[] pipe(boolean nonBlocking);

    /** Returns bytes read, 0 at the end, {@link #WOULD_BLOCK}; advances the buffer. */
    int read(int fd, ByteBuffer into);

    /** As {@link #read} at an offset; the file's own position stays. */
    int readAt(int fd, ByteBuffer into, long offset);

    /** Returns bytes written, or {@link #WOULD_BLOCK}; advances the buffer. */
    int write(int fd, ByteBuffer from);

    int writeAt(int fd, ByteBuffer from, long offset);

    /**
     * Moves bytes from a pipe to a file at an offset (-1: its position). Never blocks on the pipe.
     * @return 0 at the end, {@link #WOULD_BLOCK}
     */
    long splice(int pipe, int to, long offset, long length);

    /** Copies bytes from a pipe to a pipe and leaves them in the first. Never blocks. @return 0 at the end, {@link #WOULD_BLOCK} */
    long tee(int from, int to, long length);

    /** FIONREAD: bytes that can be read now. */
    int available(int fd);

    /** F_SETPIPE_SZ. @return the size it has now; a size that is not granted is no error */
    int pipeSize(int pipe, int bytes);

    void setNonBlocking(int fd, boolean nonBlocking);

    int duplicate(int fd);

    /** A descriptor that is already closed is no error and is not looked at twice; negative numbers are ignored. */
    void close(int fd);

    void truncate(int fd, long length);

    void fsync(int fd);

    /** A memfd that can be sealed, open for reading and writing. */
    int memfd(String name);

    /** Adds all seals: against shrinking, growing, writing and more seals. */
    void seal(int memfd);

    /** F_GETLK and F_OFD_GETLK and a trial of flock: whether another open file holds any lock on this one. */
    boolean isLocked(int fd);

    /** Tries flock LOCK_EX. @return false when somebody else has it */
    boolean lock(int fd);

    // Files. Paths are bytes as the kernel has them; see path().

    /** A path as the kernel takes it. */
    static byte[] path(String path) {
        return path.getBytes(StandardCharsets.UTF_8);
    }

    int open(int dirfd, byte[] path, int flags, int mode);

    /** openat2(2). @return {@link #UNSUPPORTED} before 5.6 */
    int open(int dirfd, byte[] path, int flags, int mode, int resolve);

    FileStatus status(int fd);

    /** Status of an entry itself, never of what a link points to. @return null when there is none */
    @org.jspecify.annotations.Nullable FileStatus status(int dirfd, byte[] path);

    /** All names in a directory, without . and ..; from its start each time. */
    List<byte[]> list(int directory);

    /** Target of a symbolic link. */
    byte[] readLink(int dirfd, byte[] path);

    /** @param directory remove a directory, else anything but a directory */
    void unlink(int dirfd, byte[] path, boolean directory);

    void makeDirectory(int dirfd, byte[] path, int mode);

    void makeFifo(int dirfd, byte[] path, int mode);

    void rename(int fromDirfd, byte[] from, int toDirfd, byte[] to);

    /** @param uid -1: stays @param gid -1: stays */
    void changeOwner(int fd, int uid, int gid);

    void changeMode(int fd, int mode);

    /** Follows a link: only for entries of directories that nobody else may write. */
    void changeMode(int dirfd, byte[] path, int mode);

    /** An entry itself, never what a link points to. */
    void changeOwner(int dirfd, byte[] path, int uid, int gid);

    /** A non-blocking inotify descriptor. */
    int inotify();

    /** Returns the watch; read gives struct inotify_event. */
    int inotifyAdd(int inotify, byte[] path, int mask);

    void inotifyRemove(int inotify, int watch);

    // Itself

    int pid();

    int parentPid();

    int effectiveUid();

    int effectiveGid();

    /**
     * A new cgroup namespace, whose root is the cgroup of the manager. The calling thread stays in the one it is in.
     *
     * @return an open descriptor of it, or {@link #UNSUPPORTED} without the right to make one (CAP_SYS_ADMIN)
     * @throws LinuxException ENOENT where the kernel has none
     */
    int cgroupNamespace();

    /** Name of the calling thread, at most 15 bytes; the main thread's is that of the process. */
    void threadName(String name);

    /** As uname(2) has it: 6.18.44 say. */
    String kernelRelease();

    /** @param resource as of getrlimit(2) @return soft and hard limit, -1 for infinity */
    long[] resourceLimit(int resource);

    /** open() for a text path. */
    default int open(String path, int flags) {
        return open(AT_FDCWD, path(path), flags, 0);
    }
}
