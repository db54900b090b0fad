package org.jinit.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The messages between manager and keeper, as {@code protocol.h} of the keeper documents them (version
 * {@value #VERSION}). Pure: it neither opens nor sends anything; descriptors travel beside the bytes.
 */
public final class KeeperProtocol {
    public static final int VERSION = 1;
    /** The descriptor on which the manager finds its end of the link. */
    public static final int LINK_FD = 3;
    /** Bytes of a label; a label is opaque to the keeper. */
    public static final int LABEL_SIZE = 192;
    public static final int DETAIL_SIZE = 128;
    /** Descriptors of one SPAWN besides the plan. */
    public static final int MAX_SPAWN_FDS = 250;
    /** Bytes; no message is larger. */
    public static final int MAX_MESSAGE = 1024;
    static final int HEADER_SIZE = 8;
    private static final int LAST_ORPHANS = 64;
    private static final int BOOT_ID_SIZE = 40;

    private KeeperProtocol() {}

    /** The bytes that name a slot or a stored descriptor: {@value #LABEL_SIZE} of them, compared by content. */
    public record Label(String hex) implements Comparable<Label> {
        public Label {
            if (hex.length() != 2 * LABEL_SIZE) {
                throw new IllegalArgumentException("a label has " + LABEL_SIZE + " bytes");
            }
        }

        /** The label of these bytes, padded with zeros. */
        public static Label of(byte[] bytes) {
            if (bytes.length > LABEL_SIZE) {
                throw new IllegalArgumentException("a label of " + bytes.length + " bytes is over " + LABEL_SIZE);
            }
            return new Label(HexFormat.of().formatHex(Arrays.copyOf(bytes, LABEL_SIZE)));
        }

        /** The label of this text in UTF-8, padded with zeros. */
        public static Label of(String text) {
            return of(text.getBytes(StandardCharsets.UTF_8));
        }

        public byte[] bytes() {
            return HexFormat.of().parseHex(hex);
        }

        /** The bytes up to the first zero, as UTF-8. */
        public String text() {
            return cString(ByteBuffer.wrap(bytes()), LABEL_SIZE);
        }

        @Override
        public int compareTo(Label other) {
            return hex.compareTo(other.hex);
        }

        @Override
        public String toString() {
            return text();
        }
    }

    /** What the manager says. The descriptors each carries are named in its comment. */
    public sealed interface ToKeeper {}

    /** First message; none. */
    public record Hello() implements ToKeeper {}

    /** The sealed plan ({@link SpawnPlan}), then up to {@value #MAX_SPAWN_FDS} that the plan names by index. */
    public record Spawn(long request, Label label) implements ToKeeper {}

    /** None. Frees the slot when {@code state} is final and is what the keeper told last. */
    public record Ack(long slot, SlotState state) implements ToKeeper {}

    /** The pidfd of a process that is not a slot's. */
    public record Watch(long request, Label label) implements ToKeeper {}

    /** None. Frees a slot that is watched or final. */
    public record Release(long slot) implements ToKeeper {}

    /** The descriptor to keep, instead of one of the same label. */
    public record StorePut(Label label) implements ToKeeper {}

    /** None. */
    public record StoreDrop(Label label) implements ToKeeper {}

    /** None. Answers a {@link Ping}. */
    public record Pong(long challenge) implements ToKeeper {}

    /**
     * None. The shutdown has begun: a manager that is lost from now on is not started again; then the keeper sends
     * TERM to all, waits {@code graceMillis} (0..600,000), sends KILL and exits with {@code code} (0..255).
     */
    public record Ending(int code, int graceMillis) implements ToKeeper {}

    /** None. The ordered end: the keeper exits with {@code code} (0..255), killing before what is left if so asked. */
    public record Exit(int code, boolean killLeftovers) implements ToKeeper {}

    /** None. The control socket answers; with {@code settled}: the boot set has settled, too. */
    public record Ready(boolean settled) implements ToKeeper {}

    /** What the keeper says. */
    public sealed interface FromKeeper {}

    /**
     * Answer to {@link Hello}; two descriptors: memfds with the keeper's original environment and its argv, both of
     * NUL-terminated strings.
     *
     * @param keeperStart clock ticks after boot
     * @param pidNamespace inode, 0 if unknown
     * @param bootId the kernel's, empty if unknown
     * @param tagPrefix upper half of every service's tag
     * @param slots how many {@link Slot} messages precede {@link Synced}, at most
     * @param stored how many {@link Stored} messages precede it
     * @param nofileSoft limit of descriptors that services get
     */
    public record Welcome(int version, boolean pid1, boolean subreaper, boolean again, int keeperPid,
            int managerStarts, long keeperStart, long pidNamespace, String bootId, int tagPrefix, int maxSlots,
            int slots, int stored, long nofileSoft, long nofileHard) implements FromKeeper {
        /** The tag of the service with this number (1..2^32-1): the soft RLIMIT_LOCKS of its processes. */
        public long tag(int number) {
            return (long) tagPrefix << 32 | Integer.toUnsignedLong(number);
        }
    }

    /** States of a slot; {@code FAILED} and {@code EXITED} are final and wait for an {@link Ack}. */
    public enum SlotState {
        FORKED(1), EXECUTED(2), FAILED(3), EXITED(4), WATCHED(5);

        private final int code;

        SlotState(int code) {
            this.code = code;
        }
    }

    /** What the child does between fork and exec, by the keeper's numbers. */
    public enum Step {
        PLAN("read the spawn plan"), CGROUP("enter the control group"), SESSION("start a session"),
        TERMINAL("open the terminal"), SCHEDULING("set the scheduling"), OOM_SCORE("set the OOM score"),
        ACCOUNT("look up the account"), ROOT("change root"), GROUPS("set the supplementary groups"),
        DESCRIPTORS("set up the descriptors"), LIMITS("set the limits"), GROUP("set the group"), USER("set the user"),
        NO_NEW_PRIVILEGES("give up new privileges"), DIRECTORY("change directory"), UMASK("set the umask"),
        ENVIRONMENT("set up the environment"), SIGNALS("set the signals"), EXEC("execute");

        private final String action;

        Step(String action) {
            this.action = action;
        }

        /** What the step does, to follow "cannot start NAME: ". */
        public String action() {
            return action;
        }
    }

    /**
     * State of a slot. The pidfd comes with it the first time on this link, unless the process was reaped before.
     *
     * @param executed execve had succeeded
     * @param statusUnknown exited, but nobody knows how
     * @param interpreterMissing failed at EXEC; {@code detail} is the script's interpreter
     * @param waitStatus as of wait(2)
     * @param step where it failed, meaningful in state FAILED only
     * @param errno why it failed; 0: the value itself is refused
     * @param pidInode inode of the pidfd
     * @param changedNanos CLOCK_MONOTONIC of the last change of state
     * @param detail what the step worked on, or empty
     */
    public record Slot(long slot, long request, SlotState state, boolean executed, boolean watched,
            boolean statusUnknown, boolean interpreterMissing, int pid, int waitStatus, Step step, int errno,
            long pidInode, long changedNanos, Label label, String detail) implements FromKeeper {}

    /** A process was stopped by {@code signal}; slot 0: an adopted child, its pidfd comes along if it can be had. */
    public record Stopped(long slot, int pid, int signal) implements FromKeeper {}

    /** An adopted child that died. */
    public record Orphan(int pid, int waitStatus) {}

    /** {@code total} since the keeper's start; {@code last}: the newest up to 64, the newest at the end. */
    public record Orphans(long total, List<Orphan> last) implements FromKeeper {}

    /** The keeper got this signal {@code count} times since it was last told; pid and uid of the last sender. */
    public record Signal(int signal, int pid, int uid, int count) implements FromKeeper {}

    /** One descriptor of the store. */
    public record Stored(Label label) implements FromKeeper {}

    /** All that was there at {@link Hello} has been told. */
    public record Synced() implements FromKeeper {}

    /** To be answered by {@link Pong} within 10 s. */
    public record Ping(long challenge) implements FromKeeper {}

    /** Why a spawn, watch or store was refused. */
    public enum Refusal {
        NO_SLOT("all slots are taken"), NO_DESCRIPTOR("no descriptor is free"), NO_PROCESS("cannot fork"),
        IS_ENDING("jinitd is ending"), BAD_REQUEST("descriptors are missing or of the wrong kind");

        private final String text;

        Refusal(String text) {
            this.text = text;
        }

        public String text() {
            return text;
        }
    }

    public record Refused(long request, Refusal reason, int errno) implements FromKeeper {}

    /** A message that is not as the protocol says. */
    public static final class MalformedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super("cannot read keeper message: " + message);
        }
    }

    /** Writes a message at the buffer's position, which needs {@value #MAX_MESSAGE} bytes; sets native byte order. */
    public static void encode(ToKeeper message, ByteBuffer to) {
        to.order(ByteOrder.nativeOrder());
        int start = to.position();
        to.putShort((short) VERSION).putShort((short) typeOf(message)).putInt(0);
        switch (message) {
            case Hello() -> to.putInt(VERSION).putInt(0);
            case Spawn(long request, Label label) -> to.putLong(request).put(label.bytes());
            case Ack(long slot, SlotState state) -> to.putLong(slot).putInt(state.code).putInt(0);
            case Watch(long request, Label label) -> to.putLong(request).put(label.bytes());
            case Release(long slot) -> to.putLong(slot);
            case StorePut(Label label) -> to.put(label.bytes());
            case StoreDrop(Label label) -> to.put(label.bytes());
            case Pong(long challenge) -> to.putLong(challenge);
            case Ending(int code, int graceMillis) -> to.putInt(code).putInt(0).putInt(graceMillis).putInt(0);
            case Exit(int code, boolean kill) -> to.putInt(code).putInt(kill ? 1 : 0).putInt(0).putInt(0);
            case Ready(boolean settled) -> to.putInt(settled ? 2 : 1).putInt(0);
        }
        to.putInt(start + 4, to.position() - start);
    }

    private static int typeOf(ToKeeper message) {
        return switch (message) {
            case Hello _ -> 1;
            case Spawn _ -> 2;
            case Ack _ -> 3;
            case Watch _ -> 4;
            case Release _ -> 5;
            case StorePut _ -> 6;
            case StoreDrop _ -> 7;
            case Pong _ -> 8;
            case Ending _ -> 9;
            case Exit _ -> 10;
            case Ready _ -> 11;
        };
    }

    /**
     * Reads the one message between position and limit; sets native byte order.
     *
     * @throws MalformedException if it is not exactly one message of this version
     */
    public static FromKeeper decode(ByteBuffer from) {
        from.order(ByteOrder.nativeOrder());
        int length = from.remaining();
        if (length < HEADER_SIZE) {
            throw new MalformedException(length + " bytes");
        }
        int version = Short.toUnsignedInt(from.getShort());
        int type = Short.toUnsignedInt(from.getShort());
        int size = from.getInt();
        if (version != VERSION || size != length || size != sizeOf(type)) {
            throw new MalformedException("version " + version + ", type " + type + ", size " + size + " of " + length);
        }
        return switch (type) {
            case 33 -> welcome(from);
            case 34 -> slot(from);
            case 35 -> new Stopped(from.getLong(), from.getInt(), from.getInt());
            case 36 -> orphans(from);
            case 37 -> new Signal(from.getInt(), from.getInt(), from.getInt(), from.getInt());
            case 38 -> new Stored(label(from));
            case 39 -> new Synced();
            case 40 -> new Ping(from.getLong());
            case 41 -> new Refused(from.getLong(), oneOf(Refusal.values(), from.getInt() - 1), from.getInt());
            default -> throw new MalformedException("type " + type);
        };
    }

    /** Bytes of a message from the keeper, 0 for an unknown type. */
    static int sizeOf(int type) {
        return switch (type) {
            case 33 -> 112;
            case 34 -> 64 + LABEL_SIZE + DETAIL_SIZE;
            case 35, 37, 41 -> 24;
            case 36 -> 24 + 8 * LAST_ORPHANS;
            case 38 -> HEADER_SIZE + LABEL_SIZE;
            case 39 -> HEADER_SIZE;
            case 40 -> 16;
            default -> 0;
        };
    }

    private static Welcome welcome(ByteBuffer from) {
        int version = from.getInt();
        int flags = from.getInt();
        int pid = from.getInt();
        int starts = from.getInt();
        long start = from.getLong();
        long namespace = from.getLong();
        String bootId = cString(from, BOOT_ID_SIZE);
        int prefix = from.getInt();
        int maxSlots = from.getInt();
        int slots = from.getInt();
        int stored = from.getInt();
        return new Welcome(version, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, pid, starts, start,
                namespace, bootId, prefix, maxSlots, slots, stored, from.getLong(), from.getLong());
    }

    private static Slot slot(ByteBuffer from) {
        long id = from.getLong();
        long request = from.getLong();
        SlotState state = oneOf(SlotState.values(), from.getInt() - 1);
        int flags = from.getInt();
        int pid = from.getInt();
        int waitStatus = from.getInt();
        Step step = oneOf(Step.values(), from.getInt());
        int errno = from.getInt();
        long inode = from.getLong();
        long changed = from.getLong();
        Label label = label(from);
        String detail = cString(from, DETAIL_SIZE);
        return new Slot(id, request, state, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, pid,
                waitStatus, step, errno, inode, changed, label, detail);
    }

    private static Orphans orphans(ByteBuffer from) {
        long total = from.getLong();
        int count = from.getInt();
        from.getInt();
        if (count < 0 || count > LAST_ORPHANS) {
            throw new MalformedException(count + " orphans");
        }
        List<Orphan> last = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            last.add(new Orphan(from.getInt(), from.getInt()));
        }
        return new Orphans(total, List.copyOf(last));
    }

    private static Label label(ByteBuffer from) {
        byte[] bytes = new byte[LABEL_SIZE];
        from.get(bytes);
        return Label.of(bytes);
    }

    private static String cString(ByteBuffer from, int size) {
        byte[] bytes = new byte[size];
        from.get(bytes);
        int length = 0;
        while (length < size && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static <T> T oneOf(T[] values, int index) {
        if (index < 0 || index >= values.length) {
            throw new MalformedException("value " + index + " of " + values.getClass().componentType().getSimpleName());
        }
        return values[index];
    }
}
