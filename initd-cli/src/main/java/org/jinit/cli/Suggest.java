package org.jinit.cli;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds what somebody may have meant. */
final class Suggest {
    /** What is longer was no slip of a finger. */
    private static final int LONGEST = 64;

    private Suggest() {}

    /** The nearest of those that differ in at most a third of their letters; null if none does. */
    static @Nullable String nearest(String word, Collection<String> known) {
        if (word.length() > LONGEST) {
            return null;
        }
        String best = null;
        int bestDistance = Math.max(1, word.length() / 3) + 1;
        for (String candidate : known) {
            int distance = candidate.startsWith(word) && word.length() > 1 ? 1 : distance(word, candidate);
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Letters to insert, remove, replace, or exchange with their neighbour. */
    static int distance(String from, String to) {
        int[][] best = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                best[i][j] = i == 0 || j == 0 ? i + j : step(from, to, i, j, best);
            }
        }
        return best[from.length()][to.length()];
    }

    private static int step(String from, String to, int i, int j, int[][] best) {
        boolean same = from.charAt(i - 1) == to.charAt(j - 1);
        int least = Math.min(best[i - 1][j - 1] + (same ? 0 : 1), 1 + Math.min(best[i - 1][j], best[i][j - 1]));
        boolean exchanged =
                i > 1 && j > 1 && from.charAt(i - 1) == to.charAt(j - 2) && from.charAt(i - 2) == to.charAt(j - 1);
        return exchanged ? Math.min(least, best[i - 2][j - 2] + 1) : least;
    }
}
