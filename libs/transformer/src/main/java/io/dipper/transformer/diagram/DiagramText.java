package io.dipper.transformer.diagram;

import io.dipper.transformer.diagram.Comparison.Pair;
import io.dipper.transformer.diagram.Comparison.Row;
import io.dipper.transformer.diagram.Diagram.Line;
import io.dipper.transformer.diagram.Diagram.Section;

/// Diagrams for terminals and tests.
public final class DiagramText {
    private static final int LABEL = 18;
    private static final int COLUMN = 46;

    private DiagramText() {}

    public static String print(Diagram diagram) {
        StringBuilder text = new StringBuilder();
        text.append(diagram.title())
                .append("\nlayers: ")
                .append(diagram.layers().pattern())
                .append('\n');
        for (Section section : diagram.sections()) {
            text.append('\n').append(section.heading()).append('\n');
            for (Line line : section.lines()) {
                text.append("  ")
                        .append(padded(line.label(), LABEL))
                        .append(line.value())
                        .append('\n');
            }
        }
        return text.toString();
    }

    /// Side by side; `≠` marks what differs.
    public static String print(Comparison comparison) {
        StringBuilder text = new StringBuilder();
        row(text, "", new Row("", comparison.left().title(), comparison.right().title()));
        row(
                text,
                "",
                new Row(
                        "layers",
                        comparison.left().layers().pattern(),
                        comparison.right().layers().pattern()));
        for (Pair pair : comparison.pairs()) {
            text.append('\n');
            row(
                    text,
                    "",
                    new Row(
                            "",
                            pair.left().map(Section::heading).orElse(""),
                            pair.right().map(Section::heading).orElse("")));
            pair.rows().forEach(row -> row(text, row.differs() ? "≠" : "", row));
        }
        return text.toString();
    }

    private static void row(StringBuilder text, String mark, Row row) {
        String line = padded(mark, 2) + padded(row.label(), LABEL) + padded(row.left(), COLUMN) + row.right();
        text.append(line.stripTrailing()).append('\n');
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }
}
