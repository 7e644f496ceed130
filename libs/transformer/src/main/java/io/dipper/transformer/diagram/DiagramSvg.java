package io.dipper.transformer.diagram;

import io.dipper.transformer.diagram.Diagram.Line;
import io.dipper.transformer.diagram.Diagram.Part;
import io.dipper.transformer.diagram.Diagram.Section;
import io.dipper.transformer.diagram.Diagram.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Diagrams as pictures: on the left the stack of layers, a cell each, coloured by what it sees;
/// beside it a panel for each kind of layer, read from the bottom up, with the residual stream
/// running past its branches.
///
/// ```
///   head        ┌ A: 22 layers ┐  ┌ B: 4 layers ┐
///   ▓ B         │  ⊕───────┐   │  │
///   ░ A         │  MLP     │   │  │
///   ░ A         │  norm ◄──┤   │  │
///   embedding   └──────────┴───┘  └
/// ```
public final class DiagramSvg {
    private static final int PANEL = 430;
    private static final int GAP = 24;
    private static final int STACK = 260;
    private static final int ROW = 18;
    private static final int PAD = 10;
    private static final int TOP = 64;
    private static final int LETTER = 9;
    private static final int LETTER_COLUMNS = 3;
    private static final int SHADES = 3;

    private final StringBuilder svg = new StringBuilder();
    private final Diagram diagram;
    private final Map<Section, Set<Line>> marked;

    private DiagramSvg(Diagram diagram, Map<Section, Set<Line>> marked) {
        this.diagram = diagram;
        this.marked = marked;
    }

    public static String print(Diagram diagram) {
        int width = width(diagram);
        int height = height(diagram);
        return document(width, height, new DiagramSvg(diagram, Map.of()).draw(0, height));
    }

    /// Side by side; what differs is marked.
    public static String print(Comparison comparison) {
        int left = width(comparison.left());
        int height = Math.max(height(comparison.left()), height(comparison.right()));
        String both = new DiagramSvg(comparison.left(), unlike(comparison, Side.LEFT)).draw(0, height)
                + new DiagramSvg(comparison.right(), unlike(comparison, Side.RIGHT)).draw(left, height);
        return document(left + width(comparison.right()), height, both);
    }

    private enum Side {
        LEFT,
        RIGHT
    }

    /// Of each section of one side, the lines whose row differs.
    private static Map<Section, Set<Line>> unlike(Comparison comparison, Side side) {
        boolean isLeft = side == Side.LEFT;
        Map<Section, Set<Line>> unlike = new HashMap<>();
        for (Comparison.Pair pair : comparison.pairs()) {
            Set<List<String>> differing = pair.rows().stream()
                    .filter(Comparison.Row::differs)
                    .map(row -> List.of(row.label(), isLeft ? row.left() : row.right()))
                    .collect(Collectors.toSet());
            (isLeft ? pair.left() : pair.right())
                    .ifPresent(section -> unlike.put(
                            section,
                            section.lines().stream()
                                    .filter(line -> differing.contains(List.of(line.label(), line.value())))
                                    .collect(Collectors.toSet())));
        }
        return unlike;
    }

    private static String document(int width, int height, String content) {
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" \
                font-family="Inter, Helvetica, Arial, sans-serif" font-size="12">
                <style>
                .bg{fill:#fff}.t{fill:#1f2937}.l{fill:#6b7280}.f{fill:#f9fafb;stroke:#d1d5db}.n{fill:#fef3c7;stroke:#d97706}
                .m{fill:#dbeafe;stroke:#2563eb}.e{fill:#dcfce7;stroke:#16a34a}.w{fill:#f3f4f6;stroke:#9ca3af}
                .r{fill:none;stroke:#374151;stroke-width:1.5}.d{fill:#dc2626;font-weight:600}
                .full{fill:#2563eb}.sliding{fill:#93c5fd}.chunked{fill:#a5b4fc}.linear{fill:#fdba74}.mla{fill:#c084fc}
                .full-2{fill:#1e3a8a}.sliding-2{fill:#22d3ee}.chunked-2{fill:#6d28d9}.linear-2{fill:#c2410c}.mla-2{fill:#7e22ce}
                .full-3{fill:#64748b}.sliding-3{fill:#0f766e}.chunked-3{fill:#a21caf}.linear-3{fill:#92400e}.mla-3{fill:#f0abfc}
                </style>
                <rect class="bg" width="%d" height="%d"/>
                %s</svg>
                """.formatted(width, height, width, height, width, height, content);
    }

    private static List<Section> blocks(Diagram diagram) {
        return diagram.sections().stream()
                .filter(section -> section.part() == Part.BLOCK)
                .toList();
    }

    private static int width(Diagram diagram) {
        return GAP + STACK + blocks(diagram).size() * (PANEL + GAP) + GAP;
    }

    private static int height(Diagram diagram) {
        int panels =
                blocks(diagram).stream().mapToInt(DiagramSvg::panelHeight).max().orElse(0);
        return TOP + Math.max(panels, 320) + 2 * GAP;
    }

    private static int panelHeight(Section section) {
        return 48 + steps(section).stream().mapToInt(DiagramSvg::boxHeight).sum() + 2 * 34;
    }

    private static List<List<Line>> steps(Section section) {
        List<List<Line>> steps = new ArrayList<>();
        for (Step step : Step.values()) {
            List<Line> lines =
                    section.lines().stream().filter(line -> line.step() == step).toList();
            if (!lines.isEmpty()) {
                steps.add(lines);
            }
        }
        return steps;
    }

    private static int boxHeight(List<Line> lines) {
        return lines.size() * ROW + 2 * PAD + 12;
    }

    private String draw(int x, int height) {
        text(x + GAP, 30, "t", diagram.title(), "font-size=\"18\" font-weight=\"600\"");
        text(
                x + GAP,
                50,
                "l",
                diagram.layers().kinds().size() + " layers: " + diagram.layers().pattern(),
                "");
        stack(x + GAP, height - GAP);
        int panel = x + GAP + STACK;
        for (int kind = 0; kind < blocks(diagram).size(); kind++) {
            panel(blocks(diagram).get(kind), kind, panel, height - GAP);
            panel += PANEL + GAP;
        }
        return svg.toString();
    }

    /// Embedding, a cell a layer, head.
    private void stack(int x, int bottom) {
        int width = STACK - GAP;
        Section embedding = diagram.sections().getFirst();
        Section head = diagram.sections().getLast();
        int ends = Math.max(embedding.lines().size(), head.lines().size());
        int end = ends * ROW + 2 * PAD + ROW;
        int layers = diagram.layers().kinds().size();
        double cell = (bottom - TOP - 2.0 * end - 2 * PAD) / layers;
        int columns = cell < LETTER ? Math.min(LETTER_COLUMNS, blocks(diagram).size()) : 1;
        int cells = width - 5 - columns * LETTER;
        edge(embedding, x, bottom - end, width, end);
        for (int layer = 0; layer < layers; layer++) {
            int kind = diagram.layers().kinds().get(layer);
            double y = bottom - end - PAD - (layer + 1) * cell;
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>%n",
                    colour(kind),
                    x,
                    y,
                    cells,
                    Math.max(1, cell - 1.5)));
        }
        letters(x + cells + 4, bottom - end - PAD, cell);
        edge(head, x, TOP, width, end);
    }

    /// Beside each cell its kind; where cells are too low for that, beside each run of a kind, in columns, so
    /// that a run of one layer keeps its letter beside its neighbours'.
    private void letters(int x, int bottom, double cell) {
        List<Integer> kinds = diagram.layers().kinds();
        double[] last = new double[LETTER_COLUMNS];
        Arrays.fill(last, Double.MAX_VALUE);
        int start = 0;
        for (int layer = 1; layer <= kinds.size(); layer++) {
            int kind = kinds.get(start);
            if (cell < LETTER && layer < kinds.size() && kinds.get(layer) == kind) {
                continue;
            }
            int column = cell < LETTER ? kind % last.length : 0;
            double middle = bottom - (start + layer) / 2.0 * cell;
            if (last[column] - middle >= LETTER) {
                text(x + column * LETTER, (int) middle + 4, "l", Diagram.letter(kind), "font-size=\"10\"");
                last[column] = middle;
            }
            start = layer;
        }
    }

    /// Kinds that see the same are told apart by shade.
    private String colour(int kind) {
        List<String> attention = diagram.layers().attention();
        int before = Collections.frequency(attention.subList(0, kind), attention.get(kind)) % SHADES;
        return attention.get(kind) + (before == 0 ? "" : "-" + (before + 1));
    }

    private void edge(Section section, int x, int y, int width, int height) {
        rect("w", x, y, width, height);
        text(x + PAD, y + ROW, "t", section.heading(), "font-weight=\"600\"");
        int at = y + 2 * ROW;
        for (Line line : section.lines()) {
            String value = line.label().equals("table") || line.label().equals("norm")
                    ? line.value()
                    : line.label() + " " + line.value();
            text(x + PAD, at, style(section, line), value, "font-size=\"10\"");
            at += ROW;
        }
    }

    private void panel(Section section, int kind, int x, int bottom) {
        String attention = diagram.layers().attention().get(kind);
        int height = panelHeight(section);
        rect("f", x, bottom - height, PANEL, height);
        text(x + PAD, bottom - height + 20, "t", section.heading(), "font-weight=\"600\"");
        svg.append("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"10\" height=\"10\"/>%n"
                .formatted(colour(kind), x + PANEL - 80, bottom - height + 11));
        text(x + PANEL - 66, bottom - height + 20, "l", attention, "font-size=\"11\"");
        int y = bottom - PAD - 8;
        int branch = y;
        int rail = x + PANEL - 16;
        boolean mixed = false;
        for (List<Line> lines : steps(section)) {
            Step step = lines.getFirst().step();
            if (!mixed && step.compareTo(Step.NORM_BEFORE_MLP) >= 0) {
                y = join(x, y, rail, branch);
                branch = y;
                mixed = true;
            }
            int box = boxHeight(lines) - 12;
            y -= box + 6;
            box(section, lines, x + PAD, y, PANEL - 50, box);
            svg.append("<path class=\"r\" d=\"M%d %d v6 M%d %d v-6\"/>\n".formatted(middle(x), y + box, middle(x), y));
            y -= 6;
        }
        join(x, y, rail, branch);
    }

    /// The branch's output added to the stream that ran past it on the right.
    private int join(int x, int y, int rail, int branch) {
        int middle = middle(x);
        int at = y - 14;
        svg.append("<path class=\"r\" d=\"M%d %d V%d M%d %d H%d V%d H%d\"/>%n"
                .formatted(middle, branch + 8, branch - 6, middle, branch, rail, at, middle + 8));
        svg.append("<circle class=\"r\" cx=\"%d\" cy=\"%d\" r=\"8\"/>\n".formatted(middle, at));
        svg.append("<path class=\"r\" d=\"M%d %d h10 M%d %d v10 M%d %d V%d M%d %d V%d\"/>\n"
                .formatted(middle - 5, at, middle, at - 5, middle, y, at + 8, middle, at - 8, at - 20));
        return at - 20;
    }

    /// Where the stem goes through the boxes of the panel at `x`.
    private static int middle(int x) {
        return x + PAD + (PANEL - 50) / 2;
    }

    private void box(Section section, List<Line> lines, int x, int y, int width, int height) {
        String shape = switch (lines.getFirst().step()) {
            case MIXER -> "m";
            case FEED_FORWARD -> "e";
            case WHOLE -> "w";
            case NORM_BEFORE_MIXER, NORM_AFTER_MIXER, NORM_BEFORE_MLP, NORM_AFTER_MLP -> "n";
        };
        rect(shape, x, y, width, height);
        int at = y + PAD + 13;
        for (Line line : lines) {
            text(x + PAD, at, "l", line.label(), "");
            text(x + PAD + 104, at, style(section, line), line.value(), "font-size=\"11\"");
            at += ROW;
        }
    }

    private String style(Section section, Line line) {
        return marked.getOrDefault(section, Set.of()).contains(line) ? "d" : "t";
    }

    private void rect(String style, int x, int y, int width, int height) {
        svg.append("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n"
                .formatted(style, x, y, width, height));
    }

    private void text(int x, int y, String style, String text, String attributes) {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;");
        svg.append("<text class=\"%s\" x=\"%d\" y=\"%d\"%s>%s</text>\n"
                .formatted(style, x, y, attributes.isEmpty() ? "" : " " + attributes, escaped));
    }
}
