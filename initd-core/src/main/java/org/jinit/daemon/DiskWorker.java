package org.jinit.daemon;

import java.util.concurrent.LinkedBlockingQueue;

/**
 * One thread for what may block on a disk: files that a start reads, directories it makes, definitions that are read anew. In order; the
 * queue is bounded by the number of services, for each has one task at most under way besides its clean-up.
 */
final class DiskWorker {
    private final LinkedBlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final Thread thread = Thread.ofPlatform().name("disk").daemon(true).unstarted(this::run);
    private final ManagerLog log;

    DiskWorker(ManagerLog log) {
        this.log = log;
    }

    void start() {
        thread.start();
    }

    void execute(Runnable task) {
        queue.add(task);
    }

    private void run() {
        while (true) {
            try {
                queue.take().run();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                log.error("cannot finish work on files: " + e);
            }
        }
    }
}
