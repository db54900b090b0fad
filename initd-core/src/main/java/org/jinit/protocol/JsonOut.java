package org.jinit.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes JSON into memory. Members are written in the order of the calls; a null is written as such. */
public final class JsonOut {
    private final JsonGenerator generator;

    JsonOut(JsonGenerator generator) {
        this.generator = generator;
    }

    /** One JSON value as bytes, UTF-8; a terminator that is not negative is written after it. */
    static byte[] bytes(Consumer<JsonOut> content, int terminator) {
        ByteArrayBuilder bytes = new ByteArrayBuilder(512);
        try (JsonGenerator generator = Varlink.FACTORY.createGenerator(bytes)) {
            content.accept(new JsonOut(generator));
            generator.flush();
            if (terminator >= 0) {
                bytes.append(terminator);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An object; {@code members} writes what is in it. */
    public JsonOut object(Runnable members) {
        try {
            generator.writeStartObject();
            members.run();
            generator.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    public JsonOut member(String key, Runnable members) {
        return name(key).object(members);
    }

    /** A member that writes itself. */
    public JsonOut child(String key, Consumer<JsonOut> writer) {
        name(key);
        writer.accept(this);
        return this;
    }

    public JsonOut member(String key, @Nullable String value) {
        name(key);
        return value(value);
    }

    public JsonOut member(String key, boolean value) {
        name(key);
        return value(value);
    }

    public JsonOut member(String key, long value) {
        name(key);
        return value(value);
    }

    public JsonOut member(String key, double value) {
        name(key);
        return value(value);
    }

    public JsonOut member(String key, @Nullable Integer value) {
        name(key);
        return value(value);
    }

    /** A list of strings or numbers. */
    public JsonOut member(String key, Collection<?> values) {
        name(key);
        return value(values);
    }

    /** A list of objects. */
    public <T> JsonOut member(String key, List<T> values, BiConsumer<T, JsonOut> writer) {
        name(key);
        return list(values, writer);
    }

    public <T> JsonOut list(Iterable<T> values, BiConsumer<T, JsonOut> writer) {
        try {
            generator.writeStartArray();
            for (T value : values) {
                writer.accept(value, this);
            }
            generator.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** A member whose value is a tree of String, Number, Boolean, Map, Collection and null. */
    public JsonOut tree(String key, @Nullable Object value) {
        name(key);
        return value(value);
    }

    /** A tree of String, Number, Boolean, Map, Collection and null. @throws IllegalArgumentException if it is anything else */
    public JsonOut value(@Nullable Object value) {
        try {
            if (value == null) {
                generator.writeNull();
            } else if (value instanceof String text) {
                generator.writeString(text);
            } else if (value instanceof Boolean flag) {
                generator.writeBoolean(flag);
            } else if (value instanceof Integer number) {
                generator.writeNumber(number);
            } else if (value instanceof Long number) {
                generator.writeNumber(number);
            } else if (value instanceof Double number) {
                generator.writeNumber(number);
            } else if (value instanceof Map<?, ?> map) {
                object(() -> map.forEach((key, member) -> tree(String.valueOf(key), member)));
            } else if (value instanceof Collection<?> list) {
                list(list, (member, out) -> out.value(member));
            } else {
                throw new IllegalArgumentException("cannot write as JSON: " + value.getClass());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    private JsonOut name(String key) {
        try {
            generator.writeFieldName(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }
}
