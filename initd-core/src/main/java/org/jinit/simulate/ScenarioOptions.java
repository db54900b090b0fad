package org.jinit.simulate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jspecify.annotations.Nullable;

/**
 * What shall happen in a scenario besides an ordinary boot.
 *
 * @param kills a service's main process is killed by a signal at a time after boot
 * @param exits a service's main process exits with a code, each time so long after it was executed
 * @param neverReady services that are started and never say that they are ready
 * @param target boot only the closure of this, null: the boot set
 * @param until how much virtual time passes before everything is stopped; at most {@link #UNTIL_MAX}
 */
public record ScenarioOptions(
        long seed,
        List<Kill> kills,
        List<Exit> exits,
        SortedSet<ServiceName> neverReady,
        @Nullable ServiceName target,
        Duration until) {
    public static final Duration UNTIL_DEFAULT = Duration.ofSeconds(60);
    public static final Duration UNTIL_MAX = Duration.ofDays(1);
    private static final Pattern AT = Pattern.compile("([^=]+)=([^=@]+)@(\\d{1,9})(ms|s|m|h)");
    private static final int EXIT_MAX = 255;

    /** A signal from nowhere. @param at after boot */
    public record Kill(ServiceName service, int signal, Duration at) {}

    /** An end by itself. @param after after execve */
    public record Exit(ServiceName service, int code, Duration after) {}

    public ScenarioOptions {
        kills = List.copyOf(kills);
        exits = List.copyOf(exits);
        neverReady = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(neverReady));
        if (until.isNegative() || until.compareTo(UNTIL_MAX) > 0) {
            throw new IllegalArgumentException("cannot simulate until " + until + ": at most one day");
        }
    }

    /** A boot of which nothing goes wrong, {@link #UNTIL_DEFAULT} long. */
    public static ScenarioOptions ofSeed(long seed) {
        return new ScenarioOptions(seed, List.of(), List.of(), new TreeSet<>(), null, UNTIL_DEFAULT);
    }

    /** Adds {@code db=SIGKILL@3s}. @throws IllegalArgumentException with a text for people */
    public ScenarioOptions withFail(String text) {
        Matcher parts = parts("--fail", text, "db=SIGKILL@3s");
        Integer signal = Signals.number(parts.group(2));
        if (signal == null) {
            throw new IllegalArgumentException(
                    "cannot read --fail " + text + ": no signal is called " + parts.group(2));
        }
        List<Kill> more = new ArrayList<>(kills);
        more.add(new Kill(name("--fail", text, parts.group(1)), signal, duration(parts)));
        return new ScenarioOptions(seed, more, exits, neverReady, target, until);
    }

    /** Adds {@code task=3@1s}. @throws IllegalArgumentException with a text for people */
    public ScenarioOptions withExit(String text) {
        Matcher parts = parts("--exit", text, "task=3@1s");
        String code = parts.group(2);
        if (!code.matches("\\d{1,3}") || Integer.parseInt(code) > EXIT_MAX) {
            throw new IllegalArgumentException("cannot read --exit " + text + ": an exit code is 0 to 255");
        }
        List<Exit> more = new ArrayList<>(exits);
        more.add(new Exit(name("--exit", text, parts.group(1)), Integer.parseInt(code), duration(parts)));
        return new ScenarioOptions(seed, kills, more, neverReady, target, until);
    }

    /** Adds a service that never says that it is ready. @throws IllegalArgumentException with a text for people */
    public ScenarioOptions withNeverReady(String text) {
        SortedSet<ServiceName> more = new TreeSet<>(neverReady);
        more.add(name("--never-ready", text, text));
        return new ScenarioOptions(seed, kills, exits, more, target, until);
    }

    public ScenarioOptions withUntil(Duration newUntil) {
        return new ScenarioOptions(seed, kills, exits, neverReady, target, newUntil);
    }

    public ScenarioOptions withTarget(@Nullable ServiceName newTarget) {
        return new ScenarioOptions(seed, kills, exits, neverReady, newTarget, until);
    }

    private static Matcher parts(String option, String text, String example) {
        Matcher matcher = AT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("cannot read " + option + " " + text + ": write it as " + example);
        }
        return matcher;
    }

    private static ServiceName name(String option, String text, String name) {
        if (!ServiceName.isValid(name)) {
            throw new IllegalArgumentException("cannot read " + option + " " + text + ": not a service name: " + name);
        }
        return new ServiceName(name);
    }

    private static Duration duration(Matcher parts) {
        long amount = Long.parseLong(parts.group(3));
        return switch (parts.group(4)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }
}
