package org.jinit.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Names and the JSON settings that both sides share. */
public final class Varlink {
    /** Version of jinit, of both programs. */
    public static final String VERSION = "0.1.0";

    public static final String INTERFACE = "org.jinit.Manager";
    public static final String SERVICE_INTERFACE = "org.varlink.service";

    /** The deepest nesting of objects and lists in a message. */
    public static final int MAX_DEPTH = 32;

    private static final int MAX_NAME = 256;
    private static final int MAX_NUMBER = 32;

    static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNameLength(MAX_NAME)
                    .maxNumberLength(MAX_NUMBER)
                    .maxStringLength(FrameSplitter.MAX_FRAME)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .build();

    static final JsonIn JSON = new JsonIn(FACTORY);

    private Varlink() {}

    /** The description of an interface in varlink's own language, or null if there is no such interface here. */
    public static @Nullable String describe(String name) {
        if (!name.equals(INTERFACE) && !name.equals(SERVICE_INTERFACE)) {
            return null;
        }
        try (InputStream in = Varlink.class.getResourceAsStream(name + ".varlink")) {
            if (in == null) {
                throw new IllegalStateException("the interface description of " + name + " is not in the program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One value as compact JSON, UTF-8, without a NUL: for {@code --json}. */
    public static String json(Consumer<JsonOut> content) {
        return new String(JsonOut.bytes(content, -1), StandardCharsets.UTF_8);
    }
}
