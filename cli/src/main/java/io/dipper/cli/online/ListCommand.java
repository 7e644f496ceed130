package io.dipper.cli.online;

import io.dipper.cli.Failure;
import io.dipper.transformer.diagram.Quantities;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/// `dipper list`: the models that were brought in, or with `--published` the designs that could be.
@Command(name = "list", description = "models here, or published designs, by what they are like")
public final class ListCommand extends OnlineCommand {
    private static final Pattern QUANTITY = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)([kKmMbBtT]?)");
    private static final Map<String, Double> TIMES = Map.of("", 1.0, "k", 1e3, "m", 1e6, "b", 1e9, "t", 1e12);

    @Option(names = "--published", description = "published designs, known before any weight is here")
    boolean published;

    @Option(names = "--family", description = "of this family alone")
    String family;

    @Option(names = "--attention", description = "kinds that must occur: full, sliding, chunked, linear, mla")
    String attention;

    @Option(names = "--max-active", paramLabel = "N", description = "at most so many active parameters: 40B")
    String maxActive;

    @Option(names = "--min-context", paramLabel = "N", description = "at least so many tokens: 128k is 131072")
    String minContext;

    @Option(names = "--search", paramLabel = "TEXT", description = "part of the name or family")
    String text;

    @Override
    int run(Platform platform) {
        JsonNode found = platform.get((published ? "/api/registry/designs" : "/api/registry/models") + query());
        if (json) {
            print(found);
        } else if (published) {
            designs(found);
        } else {
            models(found);
        }
        return 0;
    }

    private void models(JsonNode models) {
        var table = new Table("NAME", "FAMILY", "PARAMETERS", "CONTEXT", "STATE");
        for (JsonNode model : models.path("data")) {
            JsonNode architecture = model.path("architecture");
            table.row(
                    model.path("name").asString(""),
                    architecture.path("family").asString(""),
                    Quantities.count(architecture.path("parametersTotal").asLong(0)),
                    Long.toString(architecture.path("contextLength").asLong(0)),
                    model.path("exports").path(0).path("state").asString(""));
        }
        table.print(out());
    }

    private void designs(JsonNode designs) {
        var table = new Table("NAME", "RELEASED", "PARAMETERS", "ACTIVE", "ATTENTION", "KV A TOKEN", "CONTEXT");
        for (JsonNode design : designs.path("data")) {
            JsonNode architecture = design.path("architecture");
            List<String> kinds = architecture
                    .path("attentionKinds")
                    .valueStream()
                    .map(kind -> kind.asString(""))
                    .toList();
            table.row(
                    design.path("name").asString(""),
                    design.path("released").asString(""),
                    Quantities.count(architecture.path("parametersTotal").asLong(0)),
                    Quantities.count(architecture.path("parametersActive").asLong(0)),
                    String.join(" + ", kinds),
                    Quantities.bytes(architecture.path("kvBytesPerToken").asLong(0)),
                    Quantities.tokens(architecture.path("contextLength").asLong(0)));
        }
        table.print(out());
    }

    private String query() {
        List<String> conditions = new ArrayList<>();
        add(conditions, "family", family);
        add(conditions, "attention", attention);
        add(conditions, "q", text);
        if (maxActive != null) {
            add(conditions, "maxActive", Long.toString(quantity("--max-active", maxActive, 1e3)));
        }
        if (minContext != null) {
            add(conditions, "minContext", Long.toString(quantity("--min-context", minContext, 1024)));
        }
        return conditions.isEmpty() ? "" : "?" + String.join("&", conditions);
    }

    private static void add(List<String> conditions, String name, String value) {
        if (value != null) {
            conditions.add(name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
        }
    }

    /// `40B`, `1.5M`; `k` is 1000, or 1024 where tokens are counted.
    private static long quantity(String option, String value, double thousand) {
        Matcher matcher = QUANTITY.matcher(value);
        if (!matcher.matches()) {
            throw Failure.badInput(option + " must be a number like 40B or 128k, given: " + value);
        }
        String unit = matcher.group(2).toLowerCase(Locale.ROOT);
        double times = unit.equals("k") ? thousand : TIMES.get(unit);
        return Math.round(Double.parseDouble(matcher.group(1)) * times);
    }
}
