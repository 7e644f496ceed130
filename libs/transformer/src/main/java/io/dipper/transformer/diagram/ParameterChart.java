package io.dipper.transformer.diagram;

import io.dipper.transformer.fold.Breakdown;
import io.dipper.transformer.fold.Breakdown.Part;
import io.dipper.transformer.fold.Parameters;
import io.dipper.transformer.tree.Model;
import java.util.Map;

/// Where designs keep their parameters: a bar a design, as shares of its total.
public final class ParameterChart {
    private static final int NAMES = 260;
    private static final int BARS = 560;
    private static final int TOTALS = 150;
    private static final int ROW = 30;
    private static final int TOP = 50;
    private static final int LEGEND_ENTRY = 225;
    private static final Map<Part, String> COLOURS = Map.of(
            Part.EMBEDDING, "#94a3b8",
            Part.PER_LAYER_EMBEDDING, "#cbd5e1",
            Part.MIXER, "#2563eb",
            Part.FEED_FORWARD, "#16a34a",
            Part.SHARED_EXPERTS, "#0d9488",
            Part.EXPERTS_AT_WORK, "#ea580c",
            Part.EXPERTS_IDLE, "#fed7aa",
            Part.HEAD, "#64748b",
            Part.REST, "#e11d48");

    private ParameterChart() {}

    /// `models` by the names to show, in their order.
    public static String print(Map<String, Model> models) {
        int width = NAMES + BARS + TOTALS;
        int legendRows = Math.ceilDiv(Part.values().length, width / LEGEND_ENTRY);
        int legend = TOP + models.size() * ROW + 24;
        var svg = new Svg(width, legend + legendRows * 20);
        svg.text(16, 28, "Where the parameters are", "start", "font-size=\"16\" font-weight=\"600\"");
        int y = TOP;
        for (Map.Entry<String, Model> entry : models.entrySet()) {
            bar(svg, entry.getKey(), entry.getValue(), y);
            y += ROW;
        }
        int perRow = width / LEGEND_ENTRY;
        int at = 0;
        for (Part part : Part.values()) {
            int x = 16 + at % perRow * LEGEND_ENTRY;
            int row = legend + at / perRow * 20;
            svg.rect(x, row - 10, 11, 11, COLOURS.get(part)).text(x + 17, row, part.words(), "start", "");
            at++;
        }
        return svg.document();
    }

    private static void bar(Svg svg, String name, Model model, int y) {
        long total = Parameters.of(model).total();
        svg.text(NAMES - 10, y + 15, name, "end", "");
        double x = NAMES;
        for (Map.Entry<Part, Long> part : Breakdown.of(model).entrySet()) {
            double width = (double) BARS * part.getValue() / total;
            svg.rect(x, y, width, ROW - 9, COLOURS.get(part.getKey()));
            x += width;
        }
        svg.text(NAMES + BARS + 10, y + 15, Quantities.count(total), "start", "font-weight=\"600\"");
    }
}
