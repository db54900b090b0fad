package org.jinit.linux;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A binary heap of timers; equal deadlines run in the order they were armed. */
final class TimerHeap {
    private @Nullable Entry[] heap = new @Nullable Entry[64];
    private int size;
    private long sequence;

    final class Entry implements Reactor.Timer, Runnable {
        private final long deadlineNanos;
        private final long order;
        private final Runnable task;
        private int index;

        private Entry(long deadlineNanos, long order, Runnable task) {
            this.deadlineNanos = deadlineNanos;
            this.order = order;
            this.task = task;
        }

        @Override
        public void cancel() {
            if (index >= 0) {
                remove(index);
            }
        }

        @Override
        public void run() {
            task.run();
        }

        private boolean isBefore(Entry other) {
            long difference = deadlineNanos - other.deadlineNanos;
            return difference < 0 || (difference == 0 && order < other.order);
        }
    }

    int size() {
        return size;
    }

    Entry add(long deadlineNanos, Runnable task) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        Entry entry = new Entry(deadlineNanos, sequence++, task);
        size++;
        siftUp(size - 1, entry);
        return entry;
    }

    /** Only when there is one. */
    long nextDeadline() {
        return at(0).deadlineNanos;
    }

    Entry removeFirst() {
        Entry first = at(0);
        remove(0);
        return first;
    }

    private Entry at(int index) {
        return Objects.requireNonNull(heap[index]);
    }

    private void remove(int index) {
        at(index).index = -1;
        size--;
        Entry last = at(size);
        heap[size] = null;
        if (index == size) {
            return;
        }
        if (index > 0 && last.isBefore(at((index - 1) / 2))) {
            siftUp(index, last);
        } else {
            siftDown(index, last);
        }
    }

    private void siftUp(int from, Entry entry) {
        int index = from;
        while (index > 0 && entry.isBefore(at((index - 1) / 2))) {
            put(index, at((index - 1) / 2));
            index = (index - 1) / 2;
        }
        put(index, entry);
    }

    private void siftDown(int from, Entry entry) {
        int index = from;
        while (2 * index + 1 < size) {
            int child = 2 * index + 1;
            if (child + 1 < size && at(child + 1).isBefore(at(child))) {
                child++;
            }
            if (!at(child).isBefore(entry)) {
                break;
            }
            put(index, at(child));
            index = child;
        }
        put(index, entry);
    }

    private void put(int index, Entry entry) {
        heap[index] = entry;
        entry.index = index;
    }
}
