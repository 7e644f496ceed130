package io.dipper.cli.online;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/// Left-aligned columns, as wide as their widest cell.
final class Table {
    private final List<String[]> rows = new ArrayList<>();

    Table(String... header) {
        rows.add(header);
    }

    void row(String... cells) {
        rows.add(cells);
    }

    void print(PrintWriter out) {
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int column = 0; column < row.length; column++) {
                widths[column] = Math.max(widths[column], row[column].length());
            }
        }
        for (String[] row : rows) {
            var line = new StringBuilder();
            for (int column = 0; column < row.length; column++) {
                line.append(row[column]).repeat(' ', widths[column] - row[column].length() + 3);
            }
            out.println(line.toString().stripTrailing());
        }
        out.flush();
    }
}
