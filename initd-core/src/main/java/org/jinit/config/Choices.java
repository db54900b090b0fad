package org.jinit.config;

import java.util.List;

/** Words that may stand for a value, and what each means. */
record Choices<E>(List<String> words, List<E> values) {
    /** @throws IllegalArgumentException unless there are as many words as values */
    Choices {
        if (words.size() != values.size()) {
            throw new IllegalArgumentException("each word has one value: " + words + ", " + values);
        }
    }
}
