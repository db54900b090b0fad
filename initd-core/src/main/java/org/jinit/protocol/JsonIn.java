package org.jinit.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.JsonTokenId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads one JSON object out of a message. Depth, name and number lengths are bounded; its size is by the frame. */
final class JsonIn {
    private final JsonFactory factory;

    JsonIn(JsonFactory factory) {
        this.factory = factory;
    }

    /** @throws BadMessageException if the bytes are not exactly one JSON object */
    Fields read(byte[] frame) throws BadMessageException {
        try (JsonParser parser = factory.createParser(frame)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new BadMessageException("cannot read a message: it is not a JSON object");
            }
            Fields fields = new Fields(object(parser));
            if (parser.nextToken() != null) {
                throw new BadMessageException("cannot read a message: something follows the JSON object");
            }
            return fields;
        } catch (BadMessageException e) {
            throw e;
        } catch (IOException e) {
            throw new BadMessageException("cannot read a message: " + firstLine(e));
        }
    }

    private static String firstLine(IOException e) {
        String text = e.getMessage() == null ? "not JSON" : e.getMessage();
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }

    private Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            parser.nextToken();
            values.put(key, value(parser));
        }
        return values;
    }

    private List<@Nullable Object> array(JsonParser parser) throws IOException {
        List<@Nullable Object> values = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            values.add(value(parser));
        }
        return values;
    }

    /** Recursion is bounded by the factory's nesting limit. */
    private @Nullable Object value(JsonParser parser) throws IOException {
        return switch (parser.currentTokenId()) {
            case JsonTokenId.ID_START_OBJECT -> object(parser);
            case JsonTokenId.ID_START_ARRAY -> array(parser);
            case JsonTokenId.ID_STRING -> parser.getText();
            case JsonTokenId.ID_NUMBER_INT -> integer(parser);
            case JsonTokenId.ID_NUMBER_FLOAT -> decimal(parser);
            case JsonTokenId.ID_TRUE -> true;
            case JsonTokenId.ID_FALSE -> false;
            case JsonTokenId.ID_NULL -> null;
            default -> throw new BadMessageException("cannot read a message: it ends in the middle");
        };
    }

    /** JSON has no infinity, so what is read must not become one. */
    private static double decimal(JsonParser parser) throws IOException {
        double number = parser.getDoubleValue();
        if (!Double.isFinite(number)) {
            throw new BadMessageException("cannot read a message: number " + parser.getText() + " is too large");
        }
        return number;
    }

    private static Object integer(JsonParser parser) throws IOException {
        return switch (parser.getNumberType()) {
            case INT, LONG -> parser.getLongValue();
            case BIG_INTEGER, FLOAT, DOUBLE, BIG_DECIMAL -> parser.getDoubleValue();
        };
    }
}
