package org.jinit.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns as wide as their widest cell; the last one is as long as it likes. */
final class Table {
    /** One cell: what is measured, and what is printed (with colours). */
    record Cell(String text, String painted, boolean right) {
        static Cell of(String text) {
            return new Cell(text, text, false);
        }

        static Cell right(String text) {
            return new Cell(text, text, true);
        }
    }

    private static final String GAP = "  ";

    private final List<List<Cell>> rows = new ArrayList<>();

    void add(Cell... cells) {
        rows.add(List.of(cells));
    }

    List<String> lines() {
        int columns = rows.isEmpty() ? 0 : rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<Cell> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).text().length());
            }
        }
        List<String> lines = new ArrayList<>(rows.size());
        for (List<Cell> row : rows) {
            lines.add(line(row, widths));
        }
        return lines;
    }

    private static String line(List<Cell> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.size(); i++) {
            Cell cell = row.get(i);
            String padding = " ".repeat(widths[i] - cell.text().length());
            boolean last = i == row.size() - 1;
            line.append(i == 0 ? "" : GAP)
                    .append(cell.right() ? padding : "")
                    .append(cell.painted())
                    .append(cell.right() || last ? "" : padding);
        }
        int end = line.length();
        while (end > 0 && line.charAt(end - 1) == ' ') {
            end--;
        }
        return line.substring(0, end);
    }
}
