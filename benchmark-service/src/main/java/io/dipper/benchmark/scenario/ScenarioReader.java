package io.dipper.benchmark.scenario;

import io.dipper.benchmark.results.Metric;
import io.dipper.openaiapi.json.Fields;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Reads a scenario as people write it, in JSON or YAML. What it does not know it refuses by name.
///
/// ```yaml
/// name: steady
/// model: dipper-mini
/// rate: 4              # requests a second
/// duration: 30         # seconds; or `count` requests
/// warmup: 5
/// prompt: 128          # tokens; or {min, max}, or {median, spread, max}
/// output: {min: 16, max: 64}
/// thresholds: {ttft_p99_ms: 500, error_rate: 0.01}
/// ```
public final class ScenarioReader {
    private static final Set<String> KNOWN = Set.of(
            "name",
            "model",
            "rate",
            "arrivals",
            "duration",
            "count",
            "warmup",
            "prompt",
            "output",
            "max_streams",
            "seed",
            "ignore_eos",
            "temperature",
            "timeout",
            "thresholds",
            "tolerance");
    private static final int DEFAULT_PROMPT = 128;
    private static final int DEFAULT_OUTPUT = 64;

    private ScenarioReader() {}

    /// Reads one scenario.
    ///
    /// @throws io.dipper.openaiapi.RefusedException naming the field
    public static Scenario read(Fields fields) {
        refuseUnknown(fields, KNOWN);
        String arrivals = fields.text("arrivals");
        try {
            return new Scenario(
                    orElse(fields.text("name"), "unnamed"),
                    fields.requiredText("model"),
                    required(fields, "rate"),
                    arrivals == null ? Arrivals.POISSON : arrivals(fields, arrivals),
                    fields.number("duration"),
                    integer(fields, "count"),
                    orElse(fields.number("warmup"), 0.0),
                    lengths(fields, "prompt", DEFAULT_PROMPT),
                    lengths(fields, "output", DEFAULT_OUTPUT),
                    orElse(integer(fields, "max_streams"), 1_000),
                    orElse(fields.integer("seed"), 1L),
                    orElse(fields.flag("ignore_eos"), true),
                    orElse(fields.number("temperature"), 0.0),
                    orElse(fields.number("timeout"), 120.0),
                    thresholds(fields.object("thresholds")),
                    orElse(fields.number("tolerance"), 0.1));
        } catch (IllegalArgumentException e) {
            throw fields.refuse(fieldOf(e), fields.path(e.getMessage()));
        }
    }

    /// What [#read] reads back to an equal scenario.
    public static ObjectNode write(Scenario scenario) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("name", scenario.name());
        json.put("model", scenario.model());
        json.put("rate", scenario.rate());
        json.put("arrivals", scenario.arrivals().word());
        if (scenario.count() == null) {
            json.put("duration", scenario.durationSeconds());
        } else {
            json.put("count", scenario.count());
        }
        json.put("warmup", scenario.warmupSeconds());
        writeLengths(json.putObject("prompt"), scenario.prompt());
        writeLengths(json.putObject("output"), scenario.output());
        json.put("max_streams", scenario.maxStreams());
        json.put("seed", scenario.seed());
        json.put("ignore_eos", scenario.ignoreEos());
        json.put("temperature", scenario.temperature());
        json.put("timeout", scenario.timeoutSeconds());
        ObjectNode thresholds = json.putObject("thresholds");
        new TreeMap<>(scenario.thresholds()).forEach((metric, limit) -> thresholds.put(metric.word(), limit));
        json.put("tolerance", scenario.tolerance());
        return json;
    }

    private static void writeLengths(ObjectNode json, Lengths lengths) {
        switch (lengths) {
            case Lengths.Fixed(int tokens) -> json.put("tokens", tokens);
            case Lengths.Uniform(int min, int max) -> json.put("min", min).put("max", max);
            case Lengths.LogNormal(int median, double spread, int max) ->
                json.put("median", median).put("spread", spread).put("max", max);
        }
    }

    private static Arrivals arrivals(Fields fields, String word) {
        return Stream.of(Arrivals.values())
                .filter(kind -> kind.word().equals(word.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> fields.refuse("arrivals", fields.path("arrivals") + " must be poisson or constant"));
    }

    /// A number, `{tokens}`, `{min, max}` or `{median, spread, max}`.
    private static Lengths lengths(Fields fields, String name, int fallback) {
        var node = fields.node(name);
        if (node == null) {
            return new Lengths.Fixed(fallback);
        }
        if (node.isNumber()) {
            return lengths(fields, name, () -> new Lengths.Fixed(integer(fields, name)));
        }
        Fields parts = fields.requiredObject(name);
        return lengths(fields, name, () -> {
            if (parts.has("tokens")) {
                refuseUnknown(parts, Set.of("tokens"));
                return new Lengths.Fixed(requiredInteger(parts, "tokens"));
            }
            if (parts.has("median")) {
                refuseUnknown(parts, Set.of("median", "spread", "max"));
                return new Lengths.LogNormal(
                        requiredInteger(parts, "median"),
                        orElse(parts.number("spread"), 0.5),
                        orElse(integer(parts, "max"), Lengths.MAX_TOKENS));
            }
            refuseUnknown(parts, Set.of("min", "max"));
            return new Lengths.Uniform(requiredInteger(parts, "min"), requiredInteger(parts, "max"));
        });
    }

    private interface LengthsMaker {
        Lengths make();
    }

    private static Lengths lengths(Fields fields, String name, LengthsMaker maker) {
        try {
            return maker.make();
        } catch (IllegalArgumentException e) {
            throw fields.refuse(name, fields.path(name) + ": " + e.getMessage());
        }
    }

    private static Map<Metric, Double> thresholds(@Nullable Fields fields) {
        Map<Metric, Double> thresholds = new EnumMap<>(Metric.class);
        if (fields == null) {
            return thresholds;
        }
        for (Metric metric : Metric.values()) {
            Double limit = fields.number(metric.word());
            if (limit != null) {
                if (limit < 0 || limit > metric.most()) {
                    String range = metric.most() == Double.MAX_VALUE ? "at least 0" : "0 to " + metric.most();
                    throw fields.refuse(
                            metric.word(), fields.path(metric.word()) + " must be " + range + "; given: " + limit);
                }
                thresholds.put(metric, limit);
            }
        }
        refuseUnknown(
                fields, Set.copyOf(Stream.of(Metric.values()).map(Metric::word).toList()));
        return thresholds;
    }

    private static void refuseUnknown(Fields fields, Set<String> known) {
        List<String> unknown = fields.names().stream()
                .filter(name -> !known.contains(name))
                .sorted()
                .toList();
        if (!unknown.isEmpty()) {
            String name = unknown.getFirst();
            String shown = name.matches("[A-Za-z0-9_-]{1,40}") ? name : "a field";
            throw fields.refuse(shown, fields.path(shown) + " is not known here; known are " + sorted(known));
        }
    }

    private static String sorted(Set<String> names) {
        return String.join(", ", names.stream().sorted().toList());
    }

    private static double required(Fields fields, String name) {
        Double value = fields.number(name);
        if (value == null) {
            throw fields.refuse(name, fields.path(name) + " is required");
        }
        return value;
    }

    private static int requiredInteger(Fields fields, String name) {
        Integer value = integer(fields, name);
        if (value == null) {
            throw fields.refuse(name, fields.path(name) + " is required");
        }
        return value;
    }

    private static @Nullable Integer integer(Fields fields, String name) {
        Long value = fields.integer(name);
        if (value == null) {
            return null;
        }
        if (value != value.intValue()) {
            throw fields.refuse(name, fields.path(name) + " is too large");
        }
        return value.intValue();
    }

    /// Every message of [Scenario] begins with the field that it is about.
    private static String fieldOf(IllegalArgumentException e) {
        String field = e.getMessage().split(" ", 2)[0];
        return KNOWN.contains(field) ? field : "duration";
    }

    private static <T> T orElse(@Nullable T value, T fallback) {
        return value == null ? fallback : value;
    }
}
