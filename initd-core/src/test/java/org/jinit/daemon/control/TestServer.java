package org.jinit.daemon.control;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jinit.engine.Transition;
import org.jinit.linux.JnrLinux;
import org.jinit.linux.Reactor;

/** A control server with a fake manager on a reactor of its own, reached through its real socket. */
final class TestServer implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;

    final Path socket;
    final List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    private final JnrLinux linux = new JnrLinux();
    private final Reactor reactor;
    private final Thread thread;
    private final FakeBackend backend;
    private final ControlServer server;

    TestServer(Path directory, ControlLimits limits, int services) throws IOException {
        socket = directory.resolve(ControlSocket.NAME);
        reactor = new Reactor(linux, (_, e) -> thrown.add(e));
        backend = new FakeBackend(services);
        server = new ControlServer(linux, reactor, ControlSocket.open(linux, directory.toString()), backend, limits);
        thread = Thread.ofPlatform().daemon().name("reactor").start(reactor::run);
    }

    TestServer(Path directory) throws IOException {
        this(directory, ControlLimits.DEFAULT, 3);
    }

    TestClient client() throws IOException {
        return new TestClient(socket);
    }

    /** Asks on the reactor's thread. */
    <T> T ask(Function<FakeBackend, T> question) throws Exception {
        CompletableFuture<T> answer = new CompletableFuture<>();
        reactor.execute(() -> {
            try {
                answer.complete(question.apply(backend));
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Does it on the reactor's thread, and has done it on return. */
    void act(Consumer<FakeBackend> action) throws Exception {
        ask(fake -> {
            action.accept(fake);
            return true;
        });
    }

    void publish(Transition transition) throws Exception {
        act(fake -> {
            fake.states.put(transition.service(), transition.to());
            server.published(transition);
        });
    }

    int connections() throws Exception {
        return ask(_ -> server.connections());
    }

    /** On the reactor's thread. */
    boolean hasListener() {
        return server.listeners() > 0;
    }

    ControlServer.Counters counters() throws Exception {
        return ask(_ -> server.counters());
    }

    int timers() throws Exception {
        return ask(_ -> reactor.armed());
    }

    /** Waits until it holds, and fails when it never does. */
    void eventually(Function<FakeBackend, Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!ask(condition)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("it did not come true within " + PATIENCE_SECONDS + " s");
            }
        }
    }

    void eventuallyConnections(int count) throws Exception {
        eventually(_ -> server.connections() == count);
    }

    @Override
    public void close() {
        stop();
    }

    /** Ends it early. */
    void stop() {
        if (!thread.isAlive()) {
            return;
        }
        reactor.execute(() -> {
            server.close();
            reactor.stop();
        });
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        reactor.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
