package org.jinit.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What a person may have meant: the nearest of the known words, by edit distance with transpositions. */
public final class Suggestion {
    /** So that the search of a catalogue of 20,000 stays fast for each of a thousand wrong names. */
    private static final int LONGEST = 64;

    private Suggestion() {}

    /** {@code did you mean 'x'?} for the nearest candidate, or null if none is near (a third of the word, at least 1 edit). */
    public static @Nullable String of(String word, Collection<String> candidates) {
        String best = nearest(word, candidates);
        return best == null ? null : "did you mean '" + best + "'?";
    }

    /** The nearest candidate; the first in the collection's order of several; null if none is near. */
    public static @Nullable String nearest(String word, Collection<String> candidates) {
        if (word.length() > LONGEST) {
            return null;
        }
        String lower = plain(word);
        int bound = Math.max(1, lower.length() / 3);
        String best = null;
        for (String candidate : candidates) {
            if (Math.abs(candidate.length() - word.length()) > bound || candidate.equals(word)) {
                continue;
            }
            int distance = distance(lower, plain(candidate), bound);
            if (distance <= bound) {
                best = candidate;
                bound = distance - 1;
                if (bound < 0) {
                    break;
                }
            }
        }
        return best;
    }

    /** Case and the choice between {@code _} and {@code -} are no difference. */
    private static String plain(String word) {
        return word.toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /** Damerau-Levenshtein (optimal string alignment), or anything above {@code bound} once it is exceeded. */
    private static int distance(String one, String other, int bound) {
        int width = other.length() + 1;
        int[] before = new int[width];
        int[] above = new int[width];
        int[] row = new int[width];
        for (int j = 0; j < width; j++) {
            above[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            row[0] = i;
            int least = i;
            for (int j = 1; j < width; j++) {
                boolean same = one.charAt(i - 1) == other.charAt(j - 1);
                int cost = Math.min(Math.min(above[j], row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && swapped(one, i, other, j)) {
                    cost = Math.min(cost, before[j - 2] + 1);
                }
                row[j] = cost;
                least = Math.min(least, cost);
            }
            if (least > bound) {
                return least;
            }
            int[] free = before;
            before = above;
            above = row;
            row = free;
        }
        return above[width - 1];
    }

    private static boolean swapped(String one, int i, String other, int j) {
        return one.charAt(i - 1) == other.charAt(j - 2) && one.charAt(i - 2) == other.charAt(j - 1);
    }
}
