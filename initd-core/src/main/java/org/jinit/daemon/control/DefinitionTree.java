package org.jinit.daemon.control;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jinit.model.ServiceDefinition;
import org.jinit.model.ServiceName;
import org.jinit.model.Signals;
import org.jinit.model.SourcePosition;
import org.jspecify.annotations.Nullable;

/**
 * A definition as maps, lists and plain values: everything in force, also what was not written. The names are those of the model, in the
 * spelling of definition files.
 */
final class DefinitionTree {
    private static final Set<String> LEFT_OUT = Set.of("name", "source", "files", "digest");
    private static final Set<String> SIGNAL_COMPONENTS = Set.of("signal", "signals");

    private DefinitionTree() {}

    static Map<String, @Nullable Object> of(ServiceDefinition definition) {
        Map<String, @Nullable Object> members = members(definition);
        LEFT_OUT.forEach(members::remove);
        return members;
    }

    private static Map<String, @Nullable Object> members(Record value) {
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            Object member = get(component, value);
            if (member == null || (member instanceof Collection<?> list && list.isEmpty())
                    || (member instanceof Map<?, ?> map && map.isEmpty())) {
                continue;
            }
            Object plain = plain(member);
            if (plain instanceof Map<?, ?> map && map.isEmpty()) {
                continue;
            }
            boolean signal = SIGNAL_COMPONENTS.contains(component.getName());
            members.put(kebab(component.getName()), signal ? signals(member) : plain);
        }
        return members;
    }

    private static @Nullable Object get(RecordComponent component, Record value) {
        try {
            return component.getAccessor().invoke(value);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("cannot read " + component, e);
        }
    }

    private static @Nullable Object plain(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case String text -> text;
            case Boolean flag -> flag;
            case Integer number -> number;
            case Long number -> number;
            case Double number -> number;
            case Duration duration -> text(duration);
            case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
            case ServiceName name -> name.value();
            case SourcePosition position -> position.toString();
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> plain = new LinkedHashMap<>();
                map.forEach((key, member) -> plain.put(String.valueOf(plain(key)), plain(member)));
                yield plain;
            }
            case Collection<?> list -> {
                List<@Nullable Object> plain = new ArrayList<>();
                list.forEach(member -> plain.add(plain(member)));
                yield plain;
            }
            case Record record -> ofRecord(record);
            default -> value.toString();
        };
    }

    /** One of several kinds is told by its name: {@code notify: {timeout: 5s}}. */
    private static Object ofRecord(Record record) {
        Map<String, @Nullable Object> members = members(record);
        // Where it was written is of no interest; what has but one member more is that.
        if (members.remove("position") != null && members.size() == 1) {
            return Objects.requireNonNull(members.values().iterator().next());
        }
        boolean kind = record.getClass().getInterfaces().length > 0
                && record.getClass().getInterfaces()[0].isSealed();
        if (!kind) {
            return members;
        }
        String name = kebab(record.getClass().getSimpleName());
        Map<String, @Nullable Object> told = new LinkedHashMap<>();
        told.put(name, members);
        return members.isEmpty() ? name : told;
    }

    private static @Nullable Object signals(@Nullable Object member) {
        if (member instanceof Integer number) {
            return Signals.name(number);
        }
        if (member instanceof Collection<?> list) {
            List<@Nullable Object> names = new ArrayList<>();
            list.forEach(number -> names.add(signals(number)));
            return names;
        }
        return plain(member);
    }

    private static String kebab(String name) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (Character.isUpperCase(c) && i > 0) {
                text.append('-');
            }
            text.append(Character.toLowerCase(c));
        }
        return text.toString();
    }

    /** In the largest unit that leaves no rest: {@code 90s}, {@code 250ms}. */
    private static String text(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds % 3600 == 0 && seconds > 0) {
            return seconds / 3600 + "h";
        }
        return seconds % 60 == 0 && seconds > 0 ? seconds / 60 + "m" : seconds + "s";
    }
}
