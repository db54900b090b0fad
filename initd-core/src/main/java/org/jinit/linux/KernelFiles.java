package org.jinit.linux;

import static org.jinit.linux.Kernel.Scratch.SIZE;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Descriptors and files. */
abstract class KernelFiles extends Kernel implements Linux {
    private static final int CLOEXEC = 0x80000;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_OFD_GETLK = 36;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_ADD_SEALS = 1033;
    private static final int ALL_SEALS = 15;
    private static final int FIONREAD = 0x541b;
    private static final int MFD_CLOEXEC_ALLOW_SEALING = 3;
    private static final int LOCK_EX_NB = 6;
    private static final int LOCK_UN = 8;
    private static final int SPLICE_MOVE_NONBLOCK = 3;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_NO_AUTOMOUNT = 0x800;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_AND_MOUNT = 0x17ff;
    private static final int S_IFIFO = 0x1000;
    private static final byte[] EMPTY = {};
    /** Scratch: a first path at 0, a second one, then results. */
    private static final int SECOND = 8192;
    private static final int RESULT = 16384;

    @Override
    public int[] pipe(boolean nonBlocking) {
        Scratch s = scratch();
        check(Syscall.PIPE2, call(Syscall.PIPE2, s.address, CLOEXEC | (nonBlocking ? O_NONBLOCK : 0), 0));
        return new int[]{s.bytes.getInt(0), s.bytes.getInt(4)};
    }

    @Override
    public int read(int fd, ByteBuffer into) {
        return advance(into, checkBlock(Syscall.READ, call(Syscall.READ, fd, address(into), into.remaining())));
    }

    @Override
    public int readAt(int fd, ByteBuffer into, long offset) {
        long result = call(Syscall.PREAD64, fd, address(into), into.remaining(), offset, 0);
        return advance(into, checkBlock(Syscall.PREAD64, result));
    }

    @Override
    public int write(int fd, ByteBuffer from) {
        return advance(from, checkBlock(Syscall.WRITE, call(Syscall.WRITE, fd, address(from), from.remaining())));
    }

    @Override
    public int writeAt(int fd, ByteBuffer from, long offset) {
        long result = call(Syscall.PWRITE64, fd, address(from), from.remaining(), offset, 0);
        return advance(from, checkBlock(Syscall.PWRITE64, result));
    }

    static int advance(ByteBuffer buffer, long result) {
        if (result > 0) {
            buffer.position(buffer.position() + (int) result);
        }
        return (int) result;
    }

    @Override
    public long splice(int pipe, int to, long offset, long length) {
        Scratch s = scratch();
        s.bytes.putLong(0, offset);
        long result = splice(pipe, to, offset < 0 ? 0 : s.address, length, SPLICE_MOVE_NONBLOCK);
        if (result < 0 && result != WOULD_BLOCK) {
            throw new LinuxException((int) -result, "splice");
        }
        return result;
    }

    @Override
    public long tee(int from, int to, long length) {
        return checkBlock(Syscall.TEE, call(Syscall.TEE, from, to, length, SPLICE_MOVE_NONBLOCK, 0));
    }

    @Override
    public int available(int fd) {
        Scratch s = scratch();
        s.bytes.putInt(0, 0);
        check(Syscall.IOCTL, call(Syscall.IOCTL, fd, FIONREAD, s.address));
        return s.bytes.getInt(0);
    }

    @Override
    public int pipeSize(int pipe, int bytes) {
        long result = call(Syscall.FCNTL, pipe, F_SETPIPE_SZ, bytes);
        return (int) (result >= 0 ? result : check(Syscall.FCNTL, call(Syscall.FCNTL, pipe, F_SETPIPE_SZ + 1, 0)));
    }

    @Override
    public void setNonBlocking(int fd, boolean nonBlocking) {
        long flags = check(Syscall.FCNTL, call(Syscall.FCNTL, fd, F_GETFL, 0));
        long wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        check(Syscall.FCNTL, call(Syscall.FCNTL, fd, F_SETFL, wanted));
    }

    @Override
    public int duplicate(int fd) {
        return (int) check(Syscall.FCNTL, call(Syscall.FCNTL, fd, F_DUPFD_CLOEXEC, 0));
    }

    @Override
    public void close(int fd) {
        if (fd < 0) {
            return;
        }
        long result = callOnce(Syscall.CLOSE, fd, 0, 0, 0, 0);
        // After EINTR and EIO the descriptor is closed all the same; EBADF is an error of ours.
        if (result == -Errno.EBADF) {
            throw new LinuxException(Errno.EBADF, "close");
        }
    }

    @Override
    public void truncate(int fd, long length) {
        check(Syscall.FTRUNCATE, call(Syscall.FTRUNCATE, fd, length, 0));
    }

    @Override
    public void fsync(int fd) {
        check(Syscall.FSYNC, call(Syscall.FSYNC, fd, 0, 0));
    }

    @Override
    public int memfd(String name) {
        long path = scratch().path(0, Linux.path(name), Syscall.MEMFD_CREATE);
        return (int) check(Syscall.MEMFD_CREATE, call(Syscall.MEMFD_CREATE, path, MFD_CLOEXEC_ALLOW_SEALING, 0));
    }

    @Override
    public void seal(int memfd) {
        check(Syscall.FCNTL, call(Syscall.FCNTL, memfd, F_ADD_SEALS, ALL_SEALS));
    }

    @Override
    public boolean isLocked(int fd) {
        Scratch s = scratch();
        s.zero(0, 32);
        s.bytes.putShort(0, (short) 1); // F_WRLCK over the whole file: any lock conflicts with it
        check(Syscall.FCNTL, call(Syscall.FCNTL, fd, F_OFD_GETLK, s.address));
        if (s.bytes.getShort(0) != 2) {
            return true;
        }
        long result = call(Syscall.FLOCK, fd, LOCK_EX_NB, 0);
        if (result == 0) {
            call(Syscall.FLOCK, fd, LOCK_UN, 0);
        }
        return result == WOULD_BLOCK;
    }

    @Override
    public boolean lock(int fd) {
        return checkBlock(Syscall.FLOCK, call(Syscall.FLOCK, fd, LOCK_EX_NB, 0)) == 0;
    }

    @Override
    public int open(int dirfd, byte[] path, int flags, int mode) {
        long address = scratch().path(0, path, Syscall.OPENAT);
        return (int) check(Syscall.OPENAT, call(Syscall.OPENAT, dirfd, address, kernelFlags(flags), mode, 0));
    }

    @Override
    public int open(int dirfd, byte[] path, int flags, int mode, int resolve) {
        Scratch s = scratch();
        long address = s.path(0, path, Syscall.OPENAT2);
        s.bytes.putLong(SECOND, kernelFlags(flags));
        s.bytes.putLong(SECOND + 8, (flags & O_CREAT) != 0 ? mode : 0);
        s.bytes.putLong(SECOND + 16, resolve);
        long result = call(Syscall.OPENAT2, dirfd, address, s.address + SECOND, 24, 0);
        // EPERM is what seccomp filters say that are older than the call.
        return result == UNSUPPORTED || result == -Errno.EPERM ? UNSUPPORTED : (int) check(Syscall.OPENAT2, result);
    }

    private int kernelFlags(int flags) {
        int moved = O_DIRECTORY | O_NOFOLLOW;
        return CLOEXEC | (isArm ? (flags & ~moved) | (flags & moved) >> 2 : flags);
    }

    @Override
    public FileStatus status(int fd) {
        Scratch s = scratch();
        check(Syscall.STATX, statx(s, fd, EMPTY, AT_EMPTY_PATH));
        return status(s.bytes);
    }

    @Override
    public @Nullable FileStatus status(int dirfd, byte[] path) {
        Scratch s = scratch();
        long result = statx(s, dirfd, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
        if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
            return null;
        }
        check(Syscall.STATX, result);
        return status(s.bytes);
    }

    private long statx(Scratch s, int dirfd, byte[] path, int flags) {
        long address = s.path(0, path, Syscall.STATX);
        s.bytes.putLong(RESULT + 144, 0);
        return call(Syscall.STATX, dirfd, address, flags, STATX_BASIC_AND_MOUNT, s.address + RESULT);
    }

    private static FileStatus status(ByteBuffer b) {
        int at = RESULT;
        long modified = b.getLong(at + 112) * 1_000_000_000L + Integer.toUnsignedLong(b.getInt(at + 120));
        long device = (long) b.getInt(at + 136) << 32 | Integer.toUnsignedLong(b.getInt(at + 140));
        return new FileStatus(device, b.getLong(at + 32), Short.toUnsignedInt(b.getShort(at + 28)), b.getInt(at + 16),
                b.getInt(at + 20), b.getInt(at + 24), b.getLong(at + 40), modified, b.getLong(at + 144));
    }

    @Override
    public List<byte[]> list(int directory) {
        Scratch s = scratch();
        List<byte[]> names = new ArrayList<>();
        check(Syscall.LSEEK, call(Syscall.LSEEK, directory, 0, 0));
        while (true) {
            int length = (int) check(Syscall.GETDENTS64, call(Syscall.GETDENTS64, directory, s.address, SIZE));
            if (length == 0) {
                return names;
            }
            for (int at = 0; at < length; at += Short.toUnsignedInt(s.bytes.getShort(at + 16))) {
                addName(s.bytes, at + 19, names);
            }
        }
    }

    private static void addName(ByteBuffer bytes, int start, List<byte[]> names) {
        int end = start;
        while (bytes.get(end) != 0) {
            end++;
        }
        boolean isDots =
                bytes.get(start) == '.' && (end == start + 1 || (end == start + 2 && bytes.get(start + 1) == '.'));
        if (!isDots) {
            byte[] name = new byte[end - start];
            bytes.get(start, name);
            names.add(name);
        }
    }

    @Override
    public byte[] readLink(int dirfd, byte[] path) {
        Scratch s = scratch();
        long address = s.path(0, path, Syscall.READLINKAT);
        int length = (int) check(Syscall.READLINKAT,
                call(Syscall.READLINKAT, dirfd, address, s.address + RESULT, 4096, 0));
        byte[] target = new byte[length];
        s.bytes.get(RESULT, target);
        return target;
    }

    @Override
    public void unlink(int dirfd, byte[] path, boolean directory) {
        long address = scratch().path(0, path, Syscall.UNLINKAT);
        check(Syscall.UNLINKAT, call(Syscall.UNLINKAT, dirfd, address, directory ? AT_REMOVEDIR : 0));
    }

    @Override
    public void makeDirectory(int dirfd, byte[] path, int mode) {
        long address = scratch().path(0, path, Syscall.MKDIRAT);
        check(Syscall.MKDIRAT, call(Syscall.MKDIRAT, dirfd, address, mode));
    }

    @Override
    public void makeFifo(int dirfd, byte[] path, int mode) {
        long address = scratch().path(0, path, Syscall.MKNODAT);
        check(Syscall.MKNODAT, call(Syscall.MKNODAT, dirfd, address, S_IFIFO | mode, 0, 0));
    }

    @Override
    public void rename(int fromDirfd, byte[] from, int toDirfd, byte[] to) {
        Scratch s = scratch();
        long source = s.path(0, from, Syscall.RENAMEAT2);
        long target = s.path(SECOND, to, Syscall.RENAMEAT2);
        check(Syscall.RENAMEAT2, call(Syscall.RENAMEAT2, fromDirfd, source, toDirfd, target, 0));
    }

    @Override
    public void changeOwner(int fd, int uid, int gid) {
        check(Syscall.FCHOWN, call(Syscall.FCHOWN, fd, uid, gid));
    }

    @Override
    public void changeMode(int fd, int mode) {
        check(Syscall.FCHMOD, call(Syscall.FCHMOD, fd, mode, 0));
    }

    @Override
    public void changeMode(int dirfd, byte[] path, int mode) {
        long address = scratch().path(0, path, Syscall.FCHMODAT);
        check(Syscall.FCHMODAT, call(Syscall.FCHMODAT, dirfd, address, mode));
    }

    @Override
    public void changeOwner(int dirfd, byte[] path, int uid, int gid) {
        long address = scratch().path(0, path, Syscall.FCHOWNAT);
        check(Syscall.FCHOWNAT, call(Syscall.FCHOWNAT, dirfd, address, uid, gid, AT_SYMLINK_NOFOLLOW));
    }

    @Override
    public int inotify() {
        return (int) check(Syscall.INOTIFY_INIT1, call(Syscall.INOTIFY_INIT1, CLOEXEC | O_NONBLOCK, 0, 0));
    }

    @Override
    public int inotifyAdd(int inotify, byte[] path, int mask) {
        long address = scratch().path(0, path, Syscall.INOTIFY_ADD_WATCH);
        return (int) check(Syscall.INOTIFY_ADD_WATCH, call(Syscall.INOTIFY_ADD_WATCH, inotify, address, mask));
    }

    @Override
    public void inotifyRemove(int inotify, int watch) {
        call(Syscall.INOTIFY_RM_WATCH, inotify, watch, 0);
    }
}
