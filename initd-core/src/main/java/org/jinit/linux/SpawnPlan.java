package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a child does between fork and exec: the content of the memfd that goes with
 * {@link KeeperProtocol.Spawn}, as {@code protocol.h} of the keeper documents it. {@code null} and empty mean
 * "not asked for". Strings must not hold NUL.
 *
 * @param argv at least one; argv[0] without a slash is looked for in the PATH of {@code environment}
 * @param executable the file to execute when it is not argv[0]
 * @param environment NAME=value each; all the process gets, besides what the flags add
 * @param user name or number; a number without entry in the user database needs {@code group}
 * @param group name or number; default the user's
 * @param groups supplementary groups, names or numbers
 * @param fds the descriptors of the process; 0, 1 and 2 not named are the terminal or /dev/null
 * @param terminal becomes the controlling terminal (needs {@link Flag#SESSION})
 * @param notifySocket path that is given to the service's user
 * @param cgroupIndex passed descriptor of cgroup.procs
 * @param namespaceIndex passed descriptor of a cgroup namespace to enter
 * @param ioPriority as of ioprio_set(2)
 * @param affinity numbers of the CPUs it may use, 0..1023; empty: all
 * @param tag soft RLIMIT_LOCKS, see {@link KeeperProtocol.Welcome#tag}
 * @param ignoredSignals bit n-1 for signal n; every other one gets its default action
 * @param blockedSignals the signal mask
 */
public record SpawnPlan(List<String> argv, @Nullable String executable, List<String> environment, Set<Flag> flags,
        @Nullable String user, @Nullable String group, List<String> groups, List<Fd> fds, List<Limit> limits,
        @Nullable String directory, @Nullable String root, @Nullable String terminal, @Nullable String notifySocket,
        @Nullable Integer cgroupIndex, @Nullable Integer namespaceIndex, @Nullable Integer nice,
        @Nullable Integer ioPriority,
        @Nullable Integer oomScoreAdjust, @Nullable Integer umask, List<Integer> affinity, @Nullable Long tag,
        long ignoredSignals, long blockedSignals) {

    /** Largest encoded plan, in bytes. */
    public static final int MAX_SIZE = 4 << 20;
    private static final int MAGIC = 0x4e50534a;
    private static final int HEAD_SIZE = 144;

    /** What can be asked for without a value. */
    public enum Flag {
        /** A session of its own. */
        SESSION(1),
        /** Take the terminal from the session that has it. */
        TERMINAL_TAKE(2),
        /** The supplementary groups of the user database, besides {@code groups}. */
        DATABASE_GROUPS(32), NO_NEW_PRIVILEGES(256),
        /** LISTEN_PID, and LISTEN_PIDFDID where the kernel has it, of the child itself. */
        LISTEN_PID(512),
        /** WATCHDOG_PID of the child itself. */
        WATCHDOG_PID(1024),
        /** HOME USER LOGNAME SHELL of the user, where the environment lacks them. */
        ACCOUNT_ENVIRONMENT(2048);

        private final int bit;

        Flag(int bit) {
            this.bit = bit;
        }
    }

    /**
     * One descriptor of the service.
     *
     * @param target its number there, 0..1023
     * @param index of the passed descriptors, 0 being the first after the plan
     * @param own chown it to the service's user, mode 0600
     */
    public record Fd(int target, int index, boolean own) {}

    /** A resource limit by the kernel's number; {@code -1L} is unlimited. */
    public record Limit(int resource, long soft, long hard) {}

    /** The plan of a command with this environment; the rest is added by the builder's methods. */
    public static Builder of(List<String> argv, List<String> environment) {
        return new Builder(argv, environment);
    }

    /**
     * The bytes for the memfd, in native byte order.
     *
     * @throws IllegalArgumentException if a string holds NUL or the plan is over {@link #MAX_SIZE}
     */
    public ByteBuffer encode() {
        Writer writer = new Writer();
        long argvSpan = writer.strings(argv);
        long environmentSpan = writer.strings(environment);
        long groupsSpan = writer.strings(groups);
        long fdsSpan = writer.fds(fds);
        long limitsSpan = writer.limits(limits);
        long affinitySpan = writer.cpus(affinity);
        int[] texts = {writer.string(executable), writer.string(user), writer.string(group), writer.string(directory),
            writer.string(root), writer.string(terminal), writer.string(notifySocket)};
        ByteBuffer to = writer.finish();
        to.putInt(MAGIC).putShort((short) KeeperProtocol.VERSION).putShort((short) HEAD_SIZE);
        to.putInt(to.limit()).putInt(bits());
        for (long span : new long[]{argvSpan, environmentSpan, groupsSpan, fdsSpan, limitsSpan, affinitySpan}) {
            to.putInt((int) (span >>> 32)).putInt((int) span);
        }
        for (int text : texts) {
            to.putInt(text);
        }
        to.putInt(orElse(cgroupIndex, -1)).putInt(orElse(nice, 0)).putInt(orElse(oomScoreAdjust, 0));
        to.putInt(orElse(ioPriority, 0)).putInt(orElse(umask, 0)).putInt(orElse(namespaceIndex, -1)).putInt(0);
        to.putLong(tag == null ? 0 : tag).putLong(ignoredSignals).putLong(blockedSignals);
        return to.position(0);
    }

    private int bits() {
        int bits = nice == null ? 0 : 4;
        bits |= ioPriority == null ? 0 : 8;
        bits |= oomScoreAdjust == null ? 0 : 16;
        bits |= umask == null ? 0 : 64;
        bits |= tag == null ? 0 : 128;
        for (Flag flag : flags) {
            bits |= flag.bit;
        }
        return bits;
    }

    private static int orElse(@Nullable Integer value, int otherwise) {
        return value == null ? otherwise : value;
    }

    /** Appends behind the head; a span is offset in the upper and count in the lower half. */
    private static final class Writer {
        private ByteBuffer buffer = ByteBuffer.allocate(4096).order(ByteOrder.nativeOrder()).position(HEAD_SIZE);

        private void reserve(int bytes) {
            if (buffer.remaining() >= bytes) {
                return;
            }
            long needed = (long) buffer.position() + bytes;
            if (needed > MAX_SIZE) {
                throw new IllegalArgumentException("command and environment are over " + MAX_SIZE + " bytes");
            }
            int capacity = (int) Math.min(MAX_SIZE, Math.max(needed, 2L * buffer.capacity()));
            ByteBuffer larger = ByteBuffer.allocate(capacity).order(ByteOrder.nativeOrder());
            buffer = larger.put(buffer.flip());
        }

        private long align(int count) {
            reserve(8);
            buffer.position((buffer.position() + 7) & ~7);
            return (long) buffer.position() << 32 | count;
        }

        /** Its offset, 0 if there is none. */
        int string(@Nullable String text) {
            if (text == null) {
                return 0;
            }
            if (text.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("a string holds NUL");
            }
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            reserve(bytes.length + 1);
            int offset = buffer.position();
            buffer.put(bytes).put((byte) 0);
            return offset;
        }

        long strings(List<String> texts) {
            long span = (long) buffer.position() << 32 | texts.size();
            texts.forEach(this::string);
            return span;
        }

        long fds(List<Fd> fds) {
            long span = align(fds.size());
            for (Fd fd : fds) {
                reserve(16);
                buffer.putInt(fd.target).putInt(fd.index).putInt(fd.own ? 1 : 0).putInt(0);
            }
            return span;
        }

        long limits(List<Limit> limits) {
            long span = align(limits.size());
            for (Limit limit : limits) {
                reserve(24);
                buffer.putInt(limit.resource).putInt(0).putLong(limit.soft).putLong(limit.hard);
            }
            return span;
        }

        /** A mask: bit n of byte k stands for CPU 8k+n. */
        long cpus(List<Integer> numbers) {
            byte[] mask = new byte[numbers.stream().mapToInt(n -> n / 8 + 1).max().orElse(0)];
            for (int number : numbers) {
                mask[number / 8] |= (byte) (1 << number % 8);
            }
            long span = align(mask.length);
            reserve(mask.length);
            buffer.put(mask);
            return span;
        }

        ByteBuffer finish() {
            reserve(1);
            return buffer.put((byte) 0).flip();
        }
    }

    /** Collects what is asked for. */
    public static final class Builder {
        private final List<String> argv;
        private final List<String> environment;
        private final EnumSet<Flag> flags = EnumSet.noneOf(Flag.class);
        private final List<Fd> fds = new ArrayList<>();
        private final List<Limit> limits = new ArrayList<>();
        private List<String> groups = List.of();
        private @Nullable String executable;
        private @Nullable String user;
        private @Nullable String group;
        private @Nullable String directory;
        private @Nullable String root;
        private @Nullable String terminal;
        private @Nullable String notifySocket;
        private @Nullable Integer cgroupIndex;
        private @Nullable Integer namespaceIndex;
        private @Nullable Integer nice;
        private @Nullable Integer ioPriority;
        private @Nullable Integer oomScoreAdjust;
        private @Nullable Integer umask;
        private List<Integer> affinity = List.of();
        private @Nullable Long tag;
        private long ignoredSignals;
        private long blockedSignals;

        private Builder(List<String> argv, List<String> environment) {
            this.argv = List.copyOf(argv);
            this.environment = List.copyOf(environment);
        }

        public Builder flag(Flag flag) {
            flags.add(flag);
            return this;
        }

        public Builder fd(int target, int index, boolean own) {
            fds.add(new Fd(target, index, own));
            return this;
        }

        public Builder limit(int resource, long soft, long hard) {
            limits.add(new Limit(resource, soft, hard));
            return this;
        }

        public Builder executable(@Nullable String value) {
            executable = value;
            return this;
        }

        /** User and group by name or number; {@code null} leaves them. */
        public Builder account(@Nullable String userName, @Nullable String groupName, List<String> more) {
            user = userName;
            group = groupName;
            groups = List.copyOf(more);
            return this;
        }

        public Builder directory(@Nullable String value) {
            directory = value;
            return this;
        }

        public Builder root(@Nullable String value) {
            root = value;
            return this;
        }

        public Builder terminal(@Nullable String value) {
            terminal = value;
            return this;
        }

        public Builder notifySocket(@Nullable String value) {
            notifySocket = value;
            return this;
        }

        public Builder cgroupIndex(@Nullable Integer value) {
            cgroupIndex = value;
            return this;
        }

        public Builder namespaceIndex(@Nullable Integer value) {
            namespaceIndex = value;
            return this;
        }

        public Builder nice(@Nullable Integer value) {
            nice = value;
            return this;
        }

        public Builder ioPriority(@Nullable Integer value) {
            ioPriority = value;
            return this;
        }

        public Builder oomScoreAdjust(@Nullable Integer value) {
            oomScoreAdjust = value;
            return this;
        }

        public Builder umask(@Nullable Integer value) {
            umask = value;
            return this;
        }

        public Builder affinity(List<Integer> cpus) {
            affinity = List.copyOf(cpus);
            return this;
        }

        public Builder tag(@Nullable Long value) {
            tag = value;
            return this;
        }

        public Builder signals(long ignored, long blocked) {
            ignoredSignals = ignored;
            blockedSignals = blocked;
            return this;
        }

        public SpawnPlan build() {
            return new SpawnPlan(argv, executable, environment, flags.clone(), user, group, groups, List.copyOf(fds),
                    List.copyOf(limits), directory, root, terminal, notifySocket, cgroupIndex, namespaceIndex, nice,
                    ioPriority,
                    oomScoreAdjust, umask, affinity, tag, ignoredSignals, blockedSignals);
        }
    }
}
