package org.jinit.model;

import org.jspecify.annotations.Nullable;

/**
 * The name of a service: {@code [A-Za-z0-9][A-Za-z0-9_.-]{0,63}(@[A-Za-z0-9_.:-]{1,64})?}. A name that ends in {@code @} alone is a
 * template's, which is no service and has no {@code ServiceName}.
 */
public record ServiceName(String value) implements Comparable<ServiceName> {
    private static final int PART_MAX = 64;

    /** @throws IllegalArgumentException if the text has not the form of a name */
    public ServiceName {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not a service name: " + value);
        }
    }

    /** Whether the text may name a service. */
    public static boolean isValid(String text) {
        int at = text.indexOf('@');
        return at < 0 ? isStem(text) : isStem(text.substring(0, at)) && isInstance(text.substring(at + 1));
    }

    /** Whether the text may be the part before the {@code @}. */
    public static boolean isStem(String text) {
        return consistsOf(text, ".-_") && text.charAt(0) != '.' && text.charAt(0) != '-' && text.charAt(0) != '_';
    }

    /** Whether the text may be the part behind the {@code @}. */
    public static boolean isInstance(String text) {
        return consistsOf(text, "._:-");
    }

    /** No regular expression: names are checked by the thousand before the first service starts. */
    private static boolean consistsOf(String text, String others) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!plain && others.indexOf(c) < 0) {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= PART_MAX;
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

    // Written out, because the generated ones are linked at their first use, which takes milliseconds of start-up.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ServiceName name && value.equals(name.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
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
