package org.jinit.daemon;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jinit.linux.FileStatus;
import org.jinit.linux.Linux;
import org.jinit.linux.Reactor;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/** The descriptors that services gave away with FDSTORE=1, until their next start, handed back with their names. */
final class FdStore {
    private final Linux linux;
    private final Reactor reactor;
    private final Map<ServiceName, List<Stored>> byService = new HashMap<>();

    FdStore(Linux linux, Reactor reactor) {
        this.linux = linux;
        this.reactor = reactor;
    }

    /** One descriptor. */
    static final class Stored {
        final String name;
        final int fd;
        Reactor.@Nullable Registration poll;

        Stored(String name, int fd) {
            this.name = name;
            this.fd = fd;
        }
    }

    List<Stored> of(ServiceName service) {
        return byService.getOrDefault(service, List.of());
    }

    /** Takes the descriptors over; what is over the limit, or there already, is closed. */
    void keep(ServiceName service, String name, int[] fds, boolean poll, int limit) {
        List<Stored> stored = byService.computeIfAbsent(service, key -> new ArrayList<>());
        for (int fd : fds) {
            if (stored.size() >= limit || isThere(stored, fd)) {
                linux.close(fd);
                continue;
            }
            Stored entry = new Stored(name, fd);
            stored.add(entry);
            if (poll) {
                watch(service, entry);
            }
        }
    }

    private boolean isThere(List<Stored> stored, int fd) {
        FileStatus status = linux.status(fd);
        for (Stored entry : stored) {
            if (linux.status(entry.fd).sameFile(status)) {
                return true;
            }
        }
        return false;
    }

    private void watch(ServiceName service, Stored entry) {
        try {
            entry.poll = reactor.register(entry.fd, 0, "fd store of " + service, events -> {
                if ((events & (Linux.EPOLLHUP | Linux.EPOLLERR)) != 0) {
                    drop(entry);
                    of(service).remove(entry);
                }
            });
        } catch (org.jinit.linux.LinuxException e) {
            // EPERM: a regular file cannot be polled, and cannot hang up either.
            entry.poll = null;
        }
    }

    void remove(ServiceName service, String name) {
        List<Stored> stored = byService.get(service);
        if (stored != null) {
            stored.removeIf(entry -> {
                boolean gone = entry.name.equals(name);
                if (gone) {
                    drop(entry);
                }
                return gone;
            });
        }
    }

    void clear(ServiceName service) {
        List<Stored> stored = byService.remove(service);
        if (stored != null) {
            stored.forEach(this::drop);
        }
    }

    private void drop(Stored entry) {
        if (entry.poll != null) {
            entry.poll.close();
        }
        linux.close(entry.fd);
    }
}
