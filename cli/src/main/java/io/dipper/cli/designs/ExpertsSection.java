package io.dipper.cli.designs;

import static io.dipper.transformer.diagram.Quantities.count;

import io.dipper.transformer.tree.Experts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How many experts the designs have, and how many of them a token meets.
record ExpertsSection(List<Design> designs, Map<String, Design> byName) {
    void addTo(Markdown page) {
        page.heading(2, "Experts");
        List<List<String>> rows = new ArrayList<>();
        for (Design design : designs) {
            design.experts().ifPresent(experts -> rows.add(expertRow(design, experts)));
        }
        page.table(
                List.of("design", "routed", "chosen", "shared", "at work", "width", "total", "active", "share active"),
                rows);
        page.paragraph("grok-2 has no shared experts but a dense feed-forward of twice an expert's width beside them.");
        Design v3 = byName.get("DeepSeek-V3");
        Design maverick = byName.get("Llama-4-Maverick-17B-128E-Instruct");
        Experts experts = v3.experts().orElseThrow();
        page.paragraph(String.format(
                Locale.ROOT,
                "*\"671 B total, 37 B active, nine experts at work\"*: DeepSeek V3 has %,d parameters, of which a token meets"
                        + " %,d; in each of its %d expert layers it passes %d chosen experts and %d shared one.",
                v3.parameters().total(),
                v3.parameters().active(),
                v3.expertLayers(),
                experts.router().used(),
                shared(experts)));
        page.paragraph(String.format(
                Locale.ROOT,
                "*\"Maverick has 400 B and 17 B active\"*: %,d and %,d. Only every second of its %d layers has experts"
                        + " (%d of them), and one of %d is chosen beside the shared one.",
                maverick.parameters().total(),
                maverick.parameters().active(),
                maverick.model().blocks().size(),
                maverick.expertLayers(),
                maverick.experts().orElseThrow().router().experts()));
    }

    private static List<String> expertRow(Design design, Experts experts) {
        int used = experts.router().used();
        int shared = shared(experts);
        return List.of(
                design.name(),
                Integer.toString(experts.router().experts()),
                Integer.toString(used),
                Integer.toString(shared),
                Integer.toString(used + shared),
                String.format(Locale.ROOT, "%,d", experts.expert().intermediate()),
                count(design.parameters().total()),
                count(design.parameters().active()),
                DesignsPage.percent(
                        design.parameters().active(), design.parameters().total()));
    }

    /// Shared experts are stored as one of their joint width.
    private static int shared(Experts experts) {
        return experts.shared()
                .map(shared -> shared.expert().intermediate() / experts.expert().intermediate())
                .orElse(0);
    }
}
