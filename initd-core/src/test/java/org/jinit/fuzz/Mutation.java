package org.jinit.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Blind changes of known inputs: flips, insertions, deletions, repetitions, splices, numbers at limits, broken UTF-8. */
final class Mutation {
    private static final int MAX = 9000;
    private static final List<byte[]> PIECES = pieces("0", "1", "-1", "2147483648", "18446744073709551615",
            "18446744073709551616", "99999999999999999999999", "\0", "\n", "=", "\u001e", "|", "\r", "\"", "{", "[",
            "]",
            "}", ",", ":", "\\ud800", "\\u0000", "\u00ff", "\u00c0\u0080", "\u00ed\u00a0\u0080",
            "\u00f4\u0090\u0080\u0080",
            "\u00e2\u0082", "null", "1e999", "- ", "&a ", "*a", "^", "/", "..");

    private Mutation() {}

    private static List<byte[]> pieces(String... texts) {
        return Arrays.stream(texts).map(text -> text.getBytes(StandardCharsets.ISO_8859_1)).toList();
    }

    static byte[] of(List<byte[]> corpus, SplittableRandom random) {
        byte[] input = corpus.get(random.nextInt(corpus.size()));
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            input = change(input, corpus, random);
        }
        return input.length > MAX ? Arrays.copyOf(input, MAX) : input;
    }

    private static byte[] change(byte[] input, List<byte[]> corpus, SplittableRandom random) {
        int at = random.nextInt(input.length + 1);
        int end = Math.min(input.length, at + random.nextInt(1, 17));
        byte[] cut = Arrays.copyOfRange(input, at, end);
        byte[] other = corpus.get(random.nextInt(corpus.size()));
        return switch (random.nextInt(6)) {
            case 0 -> flip(input, at, random);
            case 1 -> join(input, at, new byte[0], end);
            case 2 -> join(input, at, PIECES.get(random.nextInt(PIECES.size())), random.nextBoolean() ? at : end);
            case 3 -> join(input, at, repeat(cut, random.nextInt(1, 40)), at);
            case 4 -> {
                byte[] rest = Arrays.copyOfRange(other, random.nextInt(other.length + 1), other.length);
                yield join(input, at, rest, random.nextBoolean() ? at : input.length);
            }
            default -> {
                int target = random.nextInt(input.length + 1);
                yield join(input, target, cut, target);
            }
        };
    }

    private static byte[] flip(byte[] input, int at, SplittableRandom random) {
        byte[] flipped = input.clone();
        if (at < flipped.length) {
            flipped[at] = (byte) (random.nextBoolean() ? flipped[at] ^ 1 << random.nextInt(8) : random.nextInt());
        }
        return flipped;
    }

    private static byte[] repeat(byte[] piece, int times) {
        byte[] repeated = new byte[piece.length * times];
        for (int i = 0; i < repeated.length; i++) {
            repeated[i] = piece[i % piece.length];
        }
        return repeated;
    }

    /** With the piece instead of what is from {@code at} to {@code end}. */
    private static byte[] join(byte[] input, int at, byte[] piece, int end) {
        byte[] joined = Arrays.copyOf(input, at + piece.length + input.length - end);
        System.arraycopy(piece, 0, joined, at, piece.length);
        System.arraycopy(input, end, joined, at + piece.length, input.length - end);
        return joined;
    }
}
