package org.jinit.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The members of a JSON object that came over the wire, read by type. A null and an absent member are the same. */
public final class Fields {
    static final Fields EMPTY = new Fields(Collections.emptyMap());

    private final Map<String, ? extends @Nullable Object> values;

    Fields(Map<String, ? extends @Nullable Object> values) {
        this.values = values;
    }

    /** The members themselves: String, Long, Double, Boolean, List, Map or null. Not to be changed. */
    public Map<String, ? extends @Nullable Object> raw() {
        return values;
    }

    /** A string. @throws BadMessageException if it is missing or is none; so do the others with theirs */
    public String text(String key) throws BadMessageException {
        String text = textOrNull(key);
        if (text == null) {
            throw wrong(key, "a string");
        }
        return text;
    }

    public @Nullable String textOrNull(String key) throws BadMessageException {
        Object value = values.get(key);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw wrong(key, "a string");
    }

    /** False when absent. */
    public boolean flag(String key) throws BadMessageException {
        Object value = values.get(key);
        if (value == null) {
            return false;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong(key, "true or false");
    }

    public long number(String key) throws BadMessageException {
        return number(key, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /** A whole number in a range, both ends included. */
    public long number(String key, long min, long max) throws BadMessageException {
        if (values.get(key) instanceof Long number && number >= min && number <= max) {
            return number;
        }
        throw wrong(key, min == Long.MIN_VALUE ? "a whole number" : "a whole number from " + min + " to " + max);
    }

    public int integer(String key) throws BadMessageException {
        return (int) number(key, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    public @Nullable Integer integerOrNull(String key) throws BadMessageException {
        return values.get(key) == null ? null : Integer.valueOf(integer(key));
    }

    public double decimal(String key) throws BadMessageException {
        if (values.get(key) instanceof Number number) {
            return number.doubleValue();
        }
        throw wrong(key, "a number");
    }

    /** Empty when absent. */
    public List<String> texts(String key) throws BadMessageException {
        List<String> texts = new ArrayList<>();
        for (Object value : list(key)) {
            if (!(value instanceof String text)) {
                throw wrong(key, "a list of strings");
            }
            texts.add(text);
        }
        return texts;
    }

    /** Empty when absent. */
    public List<Integer> integers(String key) throws BadMessageException {
        List<Integer> numbers = new ArrayList<>();
        for (Object value : list(key)) {
            if (!(value instanceof Long number) || number != number.intValue()) {
                throw wrong(key, "a list of whole numbers");
            }
            numbers.add(number.intValue());
        }
        return numbers;
    }

    /** No members when absent. */
    public Fields object(String key) throws BadMessageException {
        Object value = values.get(key);
        return value == null ? EMPTY : new Fields(members(key, value));
    }

    public @Nullable Fields objectOrNull(String key) throws BadMessageException {
        return values.get(key) == null ? null : object(key);
    }

    /** Turns the members of a list into what they stand for; empty when absent. */
    public <T> List<T> objects(String key, Reader<T> reader) throws BadMessageException {
        List<T> objects = new ArrayList<>();
        for (Object value : list(key)) {
            objects.add(reader.read(new Fields(members(key, value))));
        }
        return objects;
    }

    /** Makes a record out of an object. */
    @FunctionalInterface
    public interface Reader<T> {
        T read(Fields fields) throws BadMessageException;
    }

    private List<?> list(String key) throws BadMessageException {
        Object value = values.get(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list) {
            return list;
        }
        throw wrong(key, "a list");
    }

    @SuppressWarnings("unchecked")
    private Map<String, @Nullable Object> members(String key, @Nullable Object value) throws BadMessageException {
        if (value instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw wrong(key, "an object");
    }

    private static BadMessageException wrong(String key, String expected) {
        return new BadMessageException(key, "cannot read parameter " + key + ": it must be " + expected);
    }
}
