package io.dipper.transformer.diagram;

import io.dipper.transformer.fold.KvCache;
import io.dipper.transformer.tree.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What one sequence's cache takes against its length, at two bytes a value; both axes are
/// logarithmic.
public final class CacheChart {
    private static final int LEFT = 80;
    private static final int PLOT = 620;
    private static final int RIGHT = 270;
    private static final int TOP = 50;
    private static final int HEIGHT = 420;
    private static final int BYTES = 2;
    private static final int SHORTEST = 1 << 10;
    private static final int LONGEST = 1 << 20;
    private static final List<String> COLOURS = List.of(
            "#2563eb", "#ea580c", "#16a34a", "#9333ea", "#e11d48", "#0d9488", "#ca8a04", "#64748b", "#db2777",
            "#4f46e5", "#65a30d", "#0891b2");

    private final Svg svg = new Svg(LEFT + PLOT + RIGHT, TOP + HEIGHT + 50);
    private final double least;
    private final double most;

    private CacheChart(double least, double most) {
        this.least = least;
        this.most = most;
    }

    /// `models` by the names to show; each curve ends in a dot at the model's longest context, which may be all of it.
    public static String print(Map<String, Model> models) {
        long least = Long.MAX_VALUE;
        long most = 1;
        for (Model model : models.values()) {
            least = Math.min(least, bytes(model, Math.min(SHORTEST, model.contextLength())));
            most = Math.max(most, bytes(model, Math.min(LONGEST, model.contextLength())));
        }
        return new CacheChart(Math.max(1, least), most).draw(models);
    }

    private static long bytes(Model model, long tokens) {
        return BYTES * KvCache.values(model, tokens);
    }

    private String draw(Map<String, Model> models) {
        svg.text(
                16, 28, "KV cache of one sequence, two bytes a value", "start", "font-size=\"16\" font-weight=\"600\"");
        grid();
        List<Map.Entry<String, Model>> byEnd = new ArrayList<>(models.entrySet());
        byEnd.sort((a, b) -> Double.compare(end(b.getValue()), end(a.getValue())));
        List<String> names = List.copyOf(models.keySet());
        double label = TOP - 4;
        for (Map.Entry<String, Model> entry : byEnd) {
            String colour = COLOURS.get(names.indexOf(entry.getKey()) % COLOURS.size());
            svg.curve(points(entry.getValue()), colour)
                    .dot(x(Math.min(LONGEST, entry.getValue().contextLength())), y(end(entry.getValue())), colour);
            label = Math.max(label + 17, y(end(entry.getValue())) + 4);
            svg.rect(LEFT + PLOT + 14, label - 9, 10, 10, colour)
                    .text(LEFT + PLOT + 30, label, entry.getKey(), "start", "");
        }
        return svg.document();
    }

    private static double end(Model model) {
        return bytes(model, Math.min(LONGEST, model.contextLength()));
    }

    private void grid() {
        for (int tokens = SHORTEST; tokens <= LONGEST; tokens *= 4) {
            svg.line(x(tokens), TOP, x(tokens), TOP + HEIGHT, "#e5e7eb")
                    .text(x(tokens), TOP + HEIGHT + 18, Quantities.tokens(tokens), "middle", "");
        }
        svg.text(LEFT + PLOT / 2.0, TOP + HEIGHT + 38, "tokens", "middle", "");
        for (double bytes = Math.pow(2, Math.ceil(Math.log(least) / Math.log(2))); bytes <= most; bytes *= 4) {
            svg.line(LEFT, y(bytes), LEFT + PLOT, y(bytes), "#e5e7eb")
                    .text(LEFT - 8, y(bytes) + 4, Quantities.bytes((long) bytes), "end", "");
        }
    }

    private String points(Model model) {
        var points = new StringBuilder();
        int longest = Math.min(LONGEST, model.contextLength());
        for (double tokens = SHORTEST; tokens < longest; tokens *= Math.pow(2, 0.125)) {
            point(points, model, (long) tokens);
        }
        point(points, model, longest);
        return points.toString();
    }

    private void point(StringBuilder points, Model model, long tokens) {
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x((double) tokens), y((double) bytes(model, tokens))));
    }

    private static double x(double tokens) {
        return LEFT + PLOT * Math.log(tokens / SHORTEST) / Math.log((double) LONGEST / SHORTEST);
    }

    private double y(double bytes) {
        double share = most > least ? Math.log(bytes / least) / Math.log(most / least) : 0;
        return TOP + HEIGHT * (1 - share);
    }
}
