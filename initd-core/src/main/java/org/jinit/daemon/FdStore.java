package org.jinit.daemon;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jinit.linux.FileStatus;
import org.jinit.linux.KeeperProtocol;
import org.jinit.linux.KeeperProtocol.Label;
import org.jinit.linux.Linux;
import org.jinit.linux.Reactor;
import org.jinit.model.ServiceName;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors that services gave away with FDSTORE=1, until their next start, handed back with their names. The keeper has each of them
 * too, so that they outlive the manager.
 */
final class FdStore {
    private static final Pattern LABEL = Pattern.compile("fd ([^ ]+) ([0-9]{1,18}) ([pn]) (.*)");

    private final Linux linux;
    private final Reactor reactor;
    private final Consumer<Keeping> keeper;
    private final Map<ServiceName, List<Stored>> byService = new TreeMap<>();
    private long lastNumber;

    /** @param keeper is told what to keep and what to drop */
    FdStore(Linux linux, Reactor reactor, Consumer<Keeping> keeper) {
        this.linux = linux;
        this.reactor = reactor;
        this.keeper = keeper;
    }

    /**
     * What the keeper is asked.
     *
     * @param fd to keep under the label; {@link Linux#NO_FD}: drop what it has
     */
    record Keeping(Label label, int fd) {}

    /** One descriptor. */
    static final class Stored {
        final String name;
        final int fd;
        /** Its name at the keeper; null when that would be too long, and the keeper does not have it. */
        final @Nullable Label label;
        Reactor.@Nullable Registration poll;

        Stored(String name, int fd, @Nullable Label label) {
            this.name = name;
            this.fd = fd;
            this.label = label;
        }
    }

    /** Takes over what an earlier manager stored: of services that may store so many, in the order in which they gave them. */
    void adopt(Map<Label, Integer> stored, Function<ServiceName, Integer> limits) {
        Map<Long, Runnable> inOrder = new TreeMap<>();
        stored.forEach((label, fd) -> {
            Matcher parts = LABEL.matcher(label.text());
            if (parts.matches() && ServiceName.isValid(parts.group(1))) {
                ServiceName service = new ServiceName(parts.group(1));
                long number = Long.parseLong(parts.group(2));
                lastNumber = Math.max(lastNumber, number);
                inOrder.put(number, () -> {
                    Stored entry = new Stored(parts.group(4), fd, label);
                    if (of(service).size() < limits.apply(service)) {
                        add(service, entry, parts.group(3).equals("p"));
                    } else {
                        drop(entry);
                    }
                });
            } else {
                drop(new Stored("", fd, label));
            }
        });
        inOrder.values().forEach(Runnable::run);
    }

    /** Services that have stored something. */
    List<ServiceName> services() {
        return List.copyOf(byService.keySet());
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
            Label label = label(service, ++lastNumber, poll, name);
            if (label != null) {
                keeper.accept(new Keeping(label, fd));
            }
            add(service, new Stored(name, fd, label), poll);
        }
    }

    private void add(ServiceName service, Stored entry, boolean poll) {
        byService.computeIfAbsent(service, key -> new ArrayList<>()).add(entry);
        if (poll) {
            watch(service, entry);
        }
    }

    private static @Nullable Label label(ServiceName service, long number, boolean poll, String name) {
        String text = "fd " + service + " " + number + (poll ? " p " : " n ") + name;
        return text.getBytes(StandardCharsets.UTF_8).length > KeeperProtocol.LABEL_SIZE ? null : Label.of(text);
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
        if (entry.label != null) {
            keeper.accept(new Keeping(entry.label, Linux.NO_FD));
        }
        linux.close(entry.fd);
    }
}
