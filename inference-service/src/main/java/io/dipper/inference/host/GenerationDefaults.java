package io.dipper.inference.host;

import io.dipper.inference.validation.ModelLimits.SamplingDefaults;
import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Reads what a model's authors recommend for sampling. A request that says otherwise always wins.
final class GenerationDefaults {
    private static final String FILE = "generation_config.json";

    private GenerationDefaults() {}

    static SamplingDefaults read(Path checkpointFolder) throws IOException {
        Path file = checkpointFolder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            return SamplingDefaults.NONE;
        }
        try {
            return of(Json.tree(Files.readString(file)));
        } catch (JacksonException e) {
            throw new IOException(file + " is not JSON", e);
        }
    }

    private static SamplingDefaults of(JsonNode settings) {
        SamplingDefaults none = SamplingDefaults.NONE;
        JsonNode samples = settings.get("do_sample");
        boolean greedy = samples != null && samples.isBoolean() && !samples.booleanValue();
        return new SamplingDefaults(
                greedy ? 0 : number(settings, "temperature", none.temperature(), 0, 2),
                number(settings, "top_p", none.topP(), 0, 1),
                (int) number(settings, "top_k", none.topK(), 0, Integer.MAX_VALUE),
                number(settings, "min_p", none.minP(), 0, 1),
                number(settings, "repetition_penalty", none.repetitionPenalty(), 0.01, 10));
    }

    /// A recommendation outside what a request may ask for is none.
    private static double number(JsonNode settings, String name, double absent, double least, double most) {
        JsonNode node = settings.get(name);
        boolean good = node != null && node.isNumber() && node.doubleValue() >= least && node.doubleValue() <= most;
        return good ? node.doubleValue() : absent;
    }
}
