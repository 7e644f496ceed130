package io.dipper.benchmark;

import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.scenario.ScenarioReader;
import io.dipper.openaiapi.json.Fields;
import io.dipper.openaiapi.json.StrictJson;
import java.nio.charset.StandardCharsets;

/// Scenarios in few words.
public final class Scenarios {
    private Scenarios() {}

    /// Reads JSON that may use single quotes.
    public static Scenario of(String json) {
        return ScenarioReader.read(fields(json));
    }

    public static Fields fields(String json) {
        return new Fields(StrictJson.object(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }
}
