package org.jinit.linux;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.LastError;
import com.kenai.jffi.Library;
import com.kenai.jffi.MemoryIO;
import com.kenai.jffi.Type;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The one native function of the manager: syscall(2) of the C library, called with six numbers through JNR's invoker. One function needs no
 * generated class, so it is ready early, and works the same where the C library lacks a wrapper.
 */
abstract class Kernel {
    private final Invoker invoker = Invoker.getInstance();
    private final LastError lastError = LastError.getInstance();
    private final MemoryIO memory = MemoryIO.getInstance();
    private final CallContext context;
    private final long function;
    private final long spliceFunction;
    final boolean isArm;
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(() -> new Scratch(memory));

    Kernel() {
        isArm = switch (System.getProperty("os.arch", "")) {
            case "amd64" -> false;
            case "aarch64" -> true;
            case String other -> throw new UnsupportedOperationException("cannot run on " + other);
        };
        Library self = Library.openLibrary(null, Library.LAZY);
        function = self.getSymbolAddress("syscall");
        spliceFunction = self.getSymbolAddress("splice");
        if (function == 0 || spliceFunction == 0) {
            throw new UnsupportedOperationException("cannot find syscall and splice in the C library");
        }
        Type word = Type.SINT64;
        context = CallContext.getCallContext(word, new Type[]{word, word, word, word, word, word},
                CallingConvention.DEFAULT, true);
    }

    /** Per-thread memory for what goes into and comes out of a call. */
    static final class Scratch {
        static final int SIZE = 1 << 16;
        final ByteBuffer bytes = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());
        final long address;

        private Scratch(MemoryIO memory) {
            address = memory.getDirectBufferAddress(bytes);
        }

        /** Puts a path and its NUL at an offset, where 4097 bytes are needed at most. @return its address */
        long path(int offset, byte[] path, Syscall call) {
            if (path.length > 4095) {
                throw new LinuxException(Errno.ENAMETOOLONG, call.text());
            }
            for (byte b : path) {
                if (b == 0) {
                    throw new LinuxException(Errno.EINVAL, call.text());
                }
            }
            bytes.put(offset, path).put(offset + path.length, (byte) 0);
            return address + offset;
        }

        void zero(int offset, int length) {
            for (int i = offset; i < offset + length; i++) {
                bytes.put(i, (byte) 0);
            }
        }
    }

    final Scratch scratch() {
        return scratch.get();
    }

    /** Address of the buffer's position. */
    final long address(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("the buffer is not direct");
        }
        return memory.getDirectBufferAddress(buffer) + buffer.position();
    }

    /** The result, or the negative errno. An interrupted call is not repeated. */
    final long callOnce(Syscall call, long a, long b, long c, long d, long e) {
        long result = invoker.invokeN6(context, function, call.number(isArm), a, b, c, d, e);
        return result == -1 ? -lastError.get() : result;
    }

    /** The result, or the negative errno. */
    final long call(Syscall call, long a, long b, long c, long d, long e) {
        long result = callOnce(call, a, b, c, d, e);
        while (result == -Errno.EINTR) {
            result = callOnce(call, a, b, c, d, e);
        }
        return result;
    }

    final long call(Syscall call, long a, long b, long c) {
        return call(call, a, b, c, 0, 0);
    }

    /** The result; errors are thrown. */
    final long check(Syscall call, long result) {
        if (result < 0) {
            throw new LinuxException((int) -result, call.text());
        }
        return result;
    }

    /** The result, or {@link Linux#WOULD_BLOCK}; other errors are thrown. */
    final long checkBlock(Syscall call, long result) {
        return result == Linux.WOULD_BLOCK ? result : check(call, result);
    }

    /** splice(2) has six arguments, so it cannot go through syscall(2) with its number as seventh. */
    final long splice(int from, int to, long offsetAddress, long length, int flags) {
        long result = -Errno.EINTR;
        while (result == -Errno.EINTR) {
            result = invoker.invokeN6(context, spliceFunction, from, 0, to, offsetAddress, length, flags);
            result = result == -1 ? -lastError.get() : result;
        }
        return result;
    }
}
