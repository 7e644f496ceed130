package io.dipper.transformer.diagram;

import io.dipper.transformer.diagram.Diagram.Line;
import io.dipper.transformer.diagram.Diagram.Part;
import io.dipper.transformer.diagram.Diagram.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Two designs line by line. Sections are set beside each other by their part, kinds of layers in
/// their order.
public record Comparison(Diagram left, Diagram right, List<Pair> pairs) {
    public Comparison {
        pairs = List.copyOf(pairs);
    }

    /// Two sections, of which one may be missing.
    public record Pair(Optional<Section> left, Optional<Section> right, List<Row> rows) {
        public Pair {
            rows = List.copyOf(rows);
        }
    }

    /// Two lines of the same label; an empty value where a side has no such line.
    public record Row(String label, String left, String right) {
        public boolean differs() {
            return !left.equals(right);
        }
    }

    public static Comparison of(Diagram left, Diagram right) {
        List<Pair> pairs = new ArrayList<>();
        for (Part part : Part.values()) {
            List<Section> lefts = of(left, part);
            List<Section> rights = of(right, part);
            for (int i = 0; i < Math.max(lefts.size(), rights.size()); i++) {
                Optional<Section> a = i < lefts.size() ? Optional.of(lefts.get(i)) : Optional.empty();
                Optional<Section> b = i < rights.size() ? Optional.of(rights.get(i)) : Optional.empty();
                pairs.add(new Pair(a, b, rows(lines(a), lines(b))));
            }
        }
        return new Comparison(left, right, pairs);
    }

    private static List<Section> of(Diagram diagram, Part part) {
        return diagram.sections().stream()
                .filter(section -> section.part() == part)
                .toList();
    }

    private static List<Line> lines(Optional<Section> section) {
        return section.map(Section::lines).orElse(List.of());
    }

    /// In the order of the steps; lines that only one side has come where that side has them.
    private static List<Row> rows(List<Line> left, List<Line> right) {
        List<Row> rows = new ArrayList<>();
        List<Line> rest = new ArrayList<>(right);
        for (Line line : left) {
            Optional<Line> other =
                    rest.stream().filter(candidate -> sameFact(line, candidate)).findFirst();
            other.ifPresent(found -> {
                List<Line> before = rest.subList(0, rest.indexOf(found));
                before.stream()
                        .filter(skipped -> left.stream().noneMatch(known -> sameFact(known, skipped)))
                        .forEach(skipped -> rows.add(new Row(skipped.label(), "", skipped.value())));
                before.removeIf(skipped -> left.stream().noneMatch(known -> sameFact(known, skipped)));
                rest.remove(found);
            });
            rows.add(new Row(line.label(), line.value(), other.map(Line::value).orElse("")));
        }
        rest.forEach(line -> rows.add(new Row(line.label(), "", line.value())));
        return rows;
    }

    private static boolean sameFact(Line a, Line b) {
        return a.step() == b.step() && a.label().equals(b.label());
    }
}
