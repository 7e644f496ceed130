package io.dipper.cli.designs;

import java.util.List;

/// A Markdown page as it is written.
final class Markdown {
    private final StringBuilder text = new StringBuilder();

    Markdown heading(int level, String title) {
        text.append('\n').append("#".repeat(level)).append(' ').append(title).append('\n');
        return this;
    }

    Markdown paragraph(String words) {
        text.append('\n').append(words).append('\n');
        return this;
    }

    Markdown table(List<String> head, List<List<String>> rows) {
        text.append('\n');
        row(head);
        row(head.stream().map(_ -> "---").toList());
        rows.forEach(this::row);
        return this;
    }

    private void row(List<String> cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    @Override
    public String toString() {
        return text.toString().strip() + "\n";
    }
}
