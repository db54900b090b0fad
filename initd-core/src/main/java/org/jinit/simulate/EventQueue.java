package org.jinit.simulate;

import java.util.PriorityQueue;

/** What is going to happen, by (time, sequence): of two things at the same time the one that was planned first comes first. */
final class EventQueue {
    /** One thing to come. Cancelling marks it; it is dropped when its time comes. */
    static final class Entry implements Comparable<Entry> {
        final long nanos;
        final boolean recurring;
        private final long sequence;
        private final Runnable action;
        private boolean cancelled;

        Entry(long nanos, long sequence, boolean recurring, Runnable action) {
            this.nanos = nanos;
            this.sequence = sequence;
            this.recurring = recurring;
            this.action = action;
        }

        void run() {
            action.run();
        }

        @Override
        public int compareTo(Entry other) {
            return nanos != other.nanos ? Long.compare(nanos, other.nanos) : Long.compare(sequence, other.sequence);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(sequence);
        }
    }

    private final PriorityQueue<Entry> entries = new PriorityQueue<>();
    private long sequence;
    private int once;

    /** @param recurring it goes on for ever (a probe, a ping) and is no sign that something is still to be settled */
    Entry add(long nanos, boolean recurring, Runnable action) {
        Entry entry = new Entry(nanos, sequence++, recurring, action);
        entries.add(entry);
        once += recurring ? 0 : 1;
        return entry;
    }

    void cancel(Entry entry) {
        if (!entry.cancelled) {
            entry.cancelled = true;
            once -= entry.recurring ? 0 : 1;
        }
    }

    /** Whether all that is left is recurring. */
    boolean settled() {
        return once == 0;
    }

    int size() {
        return entries.size();
    }

    /** The next one that is not cancelled, taken out; null when there is none until the deadline. */
    @org.jspecify.annotations.Nullable Entry poll(long deadlineNanos) {
        for (Entry entry = entries.peek(); entry != null; entry = entries.peek()) {
            if (!entry.cancelled && entry.nanos > deadlineNanos) {
                return null;
            }
            entries.remove();
            if (!entry.cancelled) {
                entry.cancelled = true;
                once -= entry.recurring ? 0 : 1;
                return entry;
            }
        }
        return null;
    }
}
