package org.jinit.model;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of a service: {@code [A-Za-z0-9][A-Za-z0-9_.-]{0,63}(@[A-Za-z0-9_.:-]{1,64})?}. A name that ends in {@code @} alone is a
 * template's, which is no service and has no {@code ServiceName}.
 */
public record ServiceName(String value) implements Comparable<ServiceName> {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}(@[A-Za-z0-9_.:-]{1,64})?");

    /** @throws IllegalArgumentException if the text has not the form of a name */
    public ServiceName {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not a service name: " + value);
        }
    }

    /** Whether the text may name a service. */
    public static boolean isValid(String text) {
        return FORM.matcher(text).matches();
    }

    /** The template's part, {@code web} of {@code web@eu1}; the whole name of a service that is no instance. */
    public String stem() {
        int at = value.indexOf('@');
        return at < 0 ? value : value.substring(0, at);
    }

    /** The instance's part, {@code eu1} of {@code web@eu1}; null for a service that is no instance. */
    public @Nullable String instance() {
        int at = value.indexOf('@');
        return at < 0 ? null : value.substring(at + 1);
    }

    @Override
    public int compareTo(ServiceName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
