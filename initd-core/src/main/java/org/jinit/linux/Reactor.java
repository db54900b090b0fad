package org.jinit.linux;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One thread's event loop over epoll. A wake-up is a round: descriptors of priority {@link Priority#FIRST},
 *     then the others, then what other
 * threads asked for, due timers, and last what was deferred. With nothing to do the thread sleeps without limit.
 *
 * <p>Handlers are called while their descriptor is ready (level-triggered), so a handler does a bounded amount
 * of work and returns. One that
 * throws is reported, and when it throws again and again its descriptor is left out for a while; the loop goes on.
 *
 * <p>Only {@link #execute} and {@link #stop} may be called from other threads.
 */
public final class Reactor implements AutoCloseable {
    /** Which handlers are called first in a round. */
    public enum Priority {
        /** Last words: they count before the end of the process is looked at. */
        FIRST,
        NORMAL
    }

    /** What to do when a descriptor is ready. */
    @FunctionalInterface
    public interface Handler {
        /** @param events EPOLL bits; may be called once although nothing is left to do */
        void ready(int events);
    }

    private static final int EVENTS_PER_ROUND = 1024;
    private static final int QUEUE_LIMIT = 1 << 16;
    private static final int THROWS_UNTIL_MUTED = 8;
    private static final long MUTED_NANOS = 100_000_000;

    private final Linux linux;
    private final BiConsumer<String, Throwable> sink;
    private final int epoll;
    private final int wakeFd;
    private final EpollEvents events = new EpollEvents(EVENTS_PER_ROUND);
    private final TimerHeap timers = new TimerHeap();
    private final ByteBuffer counter = ByteBuffer.allocateDirect(8);
    private @Nullable Registration[] registrations = new @Nullable Registration[256];
    private ArrayDeque<Runnable> deferred = new ArrayDeque<>();
    private ArrayDeque<Runnable> deferring = new ArrayDeque<>();
    private @Nullable Thread thread;
    private int open;
    private long round;
    private boolean closed;

    private final Object lock = new Object();
    private ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private ArrayDeque<Runnable> drained = new ArrayDeque<>();
    private boolean woken;
    private volatile boolean stopped;

    /** @param sink is told what threw: a descriptor's name or a kind of work, and the exception */
    public Reactor(Linux linux, BiConsumer<String, Throwable> sink) {
        this.linux = linux;
        this.sink = sink;
        epoll = linux.epollCreate();
        wakeFd = linux.eventfd();
        linux.epollAdd(epoll, wakeFd, Linux.EPOLLIN);
    }

    /** A descriptor that is watched. */
    public final class Registration implements AutoCloseable {
        private final int fd;
        private final String name;
        private final Priority priority;
        private final Handler handler;
        private final long born = round;
        private int interest;
        private int thrown;
        private boolean muted;
        private boolean gone;

        private Registration(int fd, int interest, Priority priority, String name, Handler handler) {
            this.fd = fd;
            this.interest = interest;
            this.priority = priority;
            this.name = name;
            this.handler = handler;
        }

        public int fd() {
            return fd;
        }

        /** @param bits EPOLL bits; 0: only errors and hang-ups are told */
        public void modify(int bits) {
            if (gone || bits == interest) {
                return;
            }
            interest = bits;
            if (!muted) {
                linux.epollModify(epoll, fd, bits);
            }
        }

        /** Stops watching; does not close the descriptor, which must still be open. Closing again is nothing. */
        @Override
        public void close() {
            if (gone) {
                return;
            }
            gone = true;
            registrations[fd] = null;
            open--;
            if (!muted && !closed) {
                linux.epollRemove(epoll, fd);
            }
        }

        private void dispatch(int bits) {
            try {
                handler.ready(bits);
                thrown = 0;
            } catch (Throwable e) {
                sink.accept(name, e);
                if (++thrown >= THROWS_UNTIL_MUTED && !gone) {
                    mute();
                }
            }
        }

        private void mute() {
            muted = true;
            thrown = 0;
            linux.epollRemove(epoll, fd);
            arm(System.nanoTime() + MUTED_NANOS, () -> {
                if (!gone) {
                    muted = false;
                    linux.epollAdd(epoll, fd, interest);
                }
            });
        }
    }

    /** Watches a descriptor with normal priority. */
    public Registration register(int fd, int interest, String name, Handler handler) {
        return register(fd, interest, Priority.NORMAL, name, handler);
    }

    /**
     * Watches a descriptor.
     *
     * @param fd stays the caller's; it must be open until the registration is closed
     * @param interest EPOLL bits
     * @param name for reports
     */
    public Registration register(int fd, int interest, Priority priority, String name, Handler handler) {
        if (fd >= registrations.length) {
            registrations = Arrays.copyOf(registrations, Math.max(fd + 1, registrations.length * 2));
        }
        if (registrations[fd] != null) {
            throw new IllegalStateException("descriptor " + fd + " is registered already");
        }
        Registration registration = new Registration(fd, interest, priority, name, handler);
        linux.epollAdd(epoll, fd, interest);
        registrations[fd] = registration;
        open++;
        return registration;
    }

    /** How many descriptors are watched. */
    public int registered() {
        return open;
    }

    /**
     * Runs a task on the reactor's thread, in this round or the next. From another thread it waits while {@value #QUEUE_LIMIT} tasks wait.
     *
     * @throws IllegalStateException after {@link #close}
     */
    public void execute(Runnable task) {
        if (Thread.currentThread().equals(thread)) {
            defer(task);
            return;
        }
        boolean wake;
        synchronized (lock) {
            while (queue.size() >= QUEUE_LIMIT && !closed) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted while the reactor's queue is full", e);
                }
            }
            if (closed) {
                throw new IllegalStateException("the reactor is closed");
            }
            queue.add(task);
            wake = !woken;
            woken = true;
            if (wake) {
                wake();
            }
        }
    }

    /** Runs a task at the end of this round, once; what is deferred by it runs at the end of the next one, which comes at once. */
    public void defer(Runnable task) {
        deferred.add(task);
    }

    /** Runs a task once {@link System#nanoTime} has passed the deadline. */
    public Timer arm(long deadlineNanos, Runnable task) {
        return timers.add(deadlineNanos, task);
    }

    /** A task for later. */
    public interface Timer {
        /** Cancelling twice, or after it ran, is nothing. */
        void cancel();
    }

    /** How many timers are armed. */
    public int armed() {
        return timers.size();
    }

    /** Runs until {@link #stop}. */
    public void run() {
        while (!stopped) {
            runOnce(-1);
        }
    }

    /** Ends {@link #run} after the present round. */
    public void stop() {
        stopped = true;
        synchronized (lock) {
            if (!closed && !woken) {
                woken = true;
                wake();
            }
        }
    }

    /**
     * One round.
     *
     * @param maxWaitNanos how long to sleep at most when nothing is to do; negative: without limit
     */
    public void runOnce(long maxWaitNanos) {
        thread = Thread.currentThread();
        int count = linux.epollWait(epoll, events, timeout(maxWaitNanos));
        round++;
        boolean woke = false;
        boolean later = false;
        for (int i = 0; i < count; i++) {
            if (events.fd(i) == wakeFd) {
                woke = true;
            } else {
                later |= !dispatch(i, Priority.FIRST);
            }
        }
        for (int i = 0; later && i < count; i++) {
            dispatch(i, Priority.NORMAL);
        }
        if (woke) {
            runQueue();
        }
        runTimers();
        runDeferred();
    }

    /** Returns false when the event is of another priority and is still to be dispatched. */
    private boolean dispatch(int index, Priority priority) {
        Registration registration = registrations[events.fd(index)];
        // What was registered in this round has a number whose event was meant for the descriptor before it.
        if (events.fd(index) == wakeFd || registration == null || registration.born == round) {
            return true;
        }
        if (registration.priority != priority) {
            return false;
        }
        registration.dispatch(events.events(index));
        return true;
    }

    private long timeout(long maxWaitNanos) {
        if (!deferred.isEmpty() || stopped) {
            return 0;
        }
        if (timers.size() == 0) {
            return maxWaitNanos;
        }
        long next = Math.max(0, timers.nextDeadline() - System.nanoTime());
        return maxWaitNanos < 0 ? next : Math.min(next, maxWaitNanos);
    }

    private void runQueue() {
        counter.clear();
        linux.read(wakeFd, counter);
        ArrayDeque<Runnable> tasks;
        synchronized (lock) {
            tasks = queue;
            queue = drained;
            drained = tasks;
            woken = false;
            lock.notifyAll();
        }
        runAll(tasks, "task of another thread");
    }

    private void runTimers() {
        if (timers.size() == 0) {
            return;
        }
        long now = System.nanoTime();
        // Bounded: a timer that arms another one that is due already has it run in the next round.
        for (int left = timers.size(); left > 0 && timers.size() > 0 && timers.nextDeadline() - now <= 0; left--) {
            run(timers.removeFirst(), "timer");
        }
    }

    private void runDeferred() {
        ArrayDeque<Runnable> tasks = deferred;
        deferred = deferring;
        deferring = tasks;
        runAll(tasks, "deferred task");
    }

    private void runAll(ArrayDeque<Runnable> tasks, String what) {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            run(task, what);
        }
    }

    private void run(Runnable task, String what) {
        try {
            task.run();
        } catch (Throwable e) {
            sink.accept(what, e);
        }
    }

    private void wake() {
        ByteBuffer one = ByteBuffer.allocateDirect(8).order(java.nio.ByteOrder.nativeOrder()).putLong(0, 1);
        linux.write(wakeFd, one);
    }

    /** Frees what the reactor itself holds; registered descriptors stay open. Only after {@link #run} has ended. */
    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            lock.notifyAll();
        }
        linux.close(wakeFd);
        linux.close(epoll);
    }
}
