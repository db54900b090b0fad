package org.jinit.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
@Timeout(30)
class ReactorTest {
    private static final long SECOND = 1_000_000_000L;
    private final AtomicInteger waits = new AtomicInteger();
    private final Linux linux = counting(new JnrLinux());
    private final List<String> reports = new ArrayList<>();
    private final Reactor reactor = new Reactor(linux, (what, e) -> reports.add(what + ": " + e.getMessage()));
    private final List<String> log = new ArrayList<>();
    private final List<Integer> open = new ArrayList<>();

    private Linux counting(Linux real) {
        return (Linux) Proxy.newProxyInstance(Linux.class.getClassLoader(), new Class<?>[]{Linux.class},
                (_, method, arguments) -> {
                    if (method.getName().equals("epollWait")) {
                        waits.incrementAndGet();
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    @AfterEach
    void close() {
        reactor.close();
        open.forEach(linux::close);
    }

    private int[] pair() {
        int[] pair = linux.socketPair(Linux.SOCK_DGRAM);
        open.add(pair[0]);
        open.add(pair[1]);
        return pair;
    }

    private void send(int fd) {
        linux.send(fd, Bytes.of("x"));
    }

    private void take(int fd) {
        linux.read(fd, Bytes.room(10));
    }

    @Test
    void lastWordsAreTakenBeforeAnythingElse() {
        List<int[]> normal = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int[] pair = pair();
            normal.add(pair);
            reactor.register(pair[0], Linux.EPOLLIN, "normal", _ -> log.add("normal"));
        }
        int[] first = pair();
        reactor.register(first[0], Linux.EPOLLIN, Reactor.Priority.FIRST, "first", _ -> log.add("first"));
        normal.forEach(pair -> send(pair[1]));
        send(first[1]);
        reactor.runOnce(SECOND);
        assertThat(log).hasSize(21).startsWith("first");
    }

    @Test
    void handlersThatThrowAreReportedAndTheLoopGoesOn() {
        int[] bad = pair();
        int[] good = pair();
        reactor.register(bad[0], Linux.EPOLLIN, "bad", _ -> {
            throw new IllegalStateException("oops");
        });
        reactor.register(good[0], Linux.EPOLLIN, "good", _ -> log.add("good"));
        send(bad[1]);
        send(good[1]);
        reactor.runOnce(SECOND);
        assertThat(reports).containsExactly("bad: oops");
        assertThat(log).containsExactly("good");
    }

    @Test
    void handlerThatAlwaysThrowsDoesNotSpin() {
        int[] bad = pair();
        reactor.register(bad[0], Linux.EPOLLIN, "bad", _ -> {
            throw new IllegalStateException("oops");
        });
        send(bad[1]);
        long end = System.nanoTime() + SECOND / 5;
        reactor.arm(end, () -> log.add("end"));
        while (log.isEmpty()) {
            reactor.runOnce(SECOND);
        }
        assertThat(reports).hasSizeBetween(8, 32);
    }

    @Test
    void closingInAHandlerTakesTheEventOfTheSameRoundAway() {
        int[] one = pair();
        int[] two = pair();
        List<Reactor.Registration> registrations = new ArrayList<>();
        Reactor.Handler closeAll = _ -> {
            log.add("called");
            registrations.forEach(Reactor.Registration::close);
        };
        registrations.add(reactor.register(one[0], Linux.EPOLLIN, "one", closeAll));
        registrations.add(reactor.register(two[0], Linux.EPOLLIN, "two", closeAll));
        send(one[1]);
        send(two[1]);
        reactor.runOnce(SECOND);
        assertThat(log).hasSize(1);
        assertThat(reactor.registered()).isZero();
    }

    @Test
    void aDescriptorNumberUsedAgainInTheSameRoundDoesNotGetTheOldEvent() {
        int[] one = pair();
        int[] two = pair();
        int[] other = pair();
        List<Reactor.Registration> registrations = new ArrayList<>();
        Reactor.Handler replace = _ -> {
            log.add("called");
            registrations.forEach(Reactor.Registration::close);
            registrations.clear();
            registrations.add(reactor.register(one[0], Linux.EPOLLIN, "new", _ -> log.add("new")));
            registrations.add(reactor.register(two[0], Linux.EPOLLIN, "new", _ -> log.add("new")));
        };
        registrations.add(reactor.register(one[0], Linux.EPOLLIN, "one", replace));
        registrations.add(reactor.register(two[0], Linux.EPOLLIN, "two", replace));
        send(one[1]);
        send(two[1]);
        reactor.runOnce(SECOND);
        assertThat(log).containsExactly("called");
        reactor.runOnce(SECOND);
        assertThat(log).containsExactly("called", "new", "new");
        assertThat(other).hasSize(2);
    }

    @Test
    void timersRunInTheOrderOfTheirDeadlinesAndCancelledOnesDoNot() {
        long now = System.nanoTime();
        reactor.arm(now + 3000, () -> log.add("3"));
        reactor.arm(now + 1000, () -> log.add("1a"));
        Reactor.Timer cancelled = reactor.arm(now + 2000, () -> log.add("2"));
        reactor.arm(now + 1000, () -> log.add("1b"));
        cancelled.cancel();
        cancelled.cancel();
        while (reactor.armed() > 0) {
            reactor.runOnce(SECOND);
        }
        assertThat(log).containsExactly("1a", "1b", "3");
    }

    @Test
    void timersAreNotEarlyAndRearmingDoesNotHoldTheRound() {
        long deadline = System.nanoTime() + 5_000_000;
        long[] ran = new long[1];
        reactor.arm(deadline, () -> ran[0] = System.nanoTime());
        Runnable[] again = new Runnable[1];
        again[0] = () -> reactor.arm(System.nanoTime() - 1, again[0]);
        while (ran[0] == 0) {
            reactor.runOnce(SECOND);
        }
        assertThat(ran[0]).isGreaterThanOrEqualTo(deadline);
        again[0].run();
        reactor.runOnce(SECOND);
        assertThat(reactor.armed()).isEqualTo(1);
    }

    @Test
    void thousandTimersCancelledInAnyOrderLeaveNone() {
        java.util.Random random = new java.util.Random(7);
        List<Reactor.Timer> timers = new ArrayList<>();
        List<Long> ran = new ArrayList<>();
        long now = System.nanoTime();
        for (int i = 0; i < 1000; i++) {
            long deadline = now + random.nextInt(1_000_000);
            timers.add(reactor.arm(deadline, () -> ran.add(deadline)));
        }
        java.util.Collections.shuffle(timers, random);
        timers.subList(0, 500).forEach(Reactor.Timer::cancel);
        while (reactor.armed() > 0) {
            reactor.runOnce(SECOND);
        }
        assertThat(ran).hasSize(500).isSorted();
    }

    @Test
    void tasksOfOtherThreadsRunInOrderOnTheReactorsThread() throws Exception {
        Thread other = new Thread(() -> {
            for (int i = 0; i < 10_000; i++) {
                int number = i;
                reactor.execute(() -> log.add(Integer.toString(number)));
            }
            reactor.stop();
        });
        other.start();
        reactor.run();
        other.join();
        reactor.runOnce(0);
        assertThat(log).hasSize(10_000).startsWith("0", "1").endsWith("9999");
    }

    @Test
    void fullQueueHoldsTheSenderUntilThereIsRoom() throws Exception {
        int many = (1 << 16) + 100;
        Thread other = new Thread(() -> {
            for (int i = 0; i < many; i++) {
                reactor.execute(() -> log.add("x"));
            }
        });
        other.start();
        while (other.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        while (log.size() < many) {
            reactor.runOnce(SECOND);
        }
        other.join();
    }

    @Test
    void deferredTasksRunAfterTheHandlersAndWhatTheyDeferRunsInTheNextRound() {
        int[] pair = pair();
        reactor.register(pair[0], Linux.EPOLLIN, "x", _ -> {
            take(pair[0]);
            reactor.defer(() -> {
                log.add("deferred");
                reactor.defer(() -> log.add("again"));
            });
            log.add("handler");
        });
        send(pair[1]);
        reactor.runOnce(SECOND);
        assertThat(log).containsExactly("handler", "deferred");
        reactor.runOnce(SECOND);
        assertThat(log).containsExactly("handler", "deferred", "again");
    }

    @Test
    void idleReactorSleepsUntilItIsStopped() throws Exception {
        Thread other = new Thread(() -> {
            while (waits.get() == 0) {
                Thread.onSpinWait();
            }
            java.util.concurrent.locks.LockSupport.parkNanos(SECOND / 5);
            reactor.stop();
        });
        other.start();
        reactor.run();
        other.join();
        assertThat(waits.get()).isEqualTo(1);
    }

    @Test
    void closedReactorRefusesTasks() {
        reactor.close();
        assertThatThrownBy(() -> reactor.execute(() -> log.add("x"))).hasMessage("the reactor is closed");
    }

    @Test
    void interestCanBeChanged() {
        int[] pair = pair();
        Reactor.Registration registration = reactor.register(pair[0], 0, "x", _ -> log.add("x"));
        send(pair[1]);
        reactor.runOnce(0);
        assertThat(log).isEmpty();
        registration.modify(Linux.EPOLLIN);
        reactor.runOnce(SECOND);
        assertThat(log).hasSize(1);
    }
}
