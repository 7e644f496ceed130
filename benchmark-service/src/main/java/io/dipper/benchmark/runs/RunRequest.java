package io.dipper.benchmark.runs;

import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.scenario.ScenarioReader;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.Fields;
import io.dipper.openaiapi.json.StrictJson;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The body of a request for a run: a scenario alone, or `{scenario, baseline}`.
///
/// @param baselineRun id of the run to compare with
/// @param baselineFile a run as it was once told, to compare with
record RunRequest(
        Scenario scenario,
        @Nullable String baselineRun,
        @Nullable JsonNode baselineFile) {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int MAX_YAML_DEPTH = 20;

    static RunRequest ofJson(byte[] body) {
        return of(StrictJson.object(body));
    }

    static RunRequest ofYaml(byte[] body) {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(0);
        options.setNestingDepthLimit(MAX_YAML_DEPTH);
        Object document;
        byte[] json;
        try {
            document = new Yaml(new SafeConstructor(options)).load(new String(body, StandardCharsets.UTF_8));
            // By way of JSON, so that one set of rules holds for both: whole characters, finite numbers, no doubles.
            json = JSON.writeValueAsBytes(document);
        } catch (MarkedYAMLException e) {
            throw refused(
                    null,
                    "the body is not YAML"
                            + (e.getProblemMark() == null
                                    ? ""
                                    : ": line " + (e.getProblemMark().getLine() + 1)));
        } catch (RuntimeException e) {
            // A tag that does not fit its value fails in whatever way the conversion does.
            throw refused(null, "the body is not YAML that is taken here");
        }
        if (document instanceof Map<?, ?>) {
            return of(StrictJson.object(json));
        }
        throw refused(null, "the body must be a YAML mapping");
    }

    private static RunRequest of(ObjectNode body) {
        Fields fields = new Fields(body);
        if (!fields.has("scenario")) {
            return new RunRequest(ScenarioReader.read(fields), null, null);
        }
        for (String name : fields.names()) {
            if (!name.equals("scenario") && !name.equals("baseline")) {
                throw refused(null, "beside scenario only baseline is known here");
            }
        }
        JsonNode baseline = fields.node("baseline");
        Scenario scenario = ScenarioReader.read(fields.requiredObject("scenario"));
        return baseline != null && baseline.isObject()
                ? new RunRequest(scenario, null, baseline)
                : new RunRequest(scenario, fields.text("baseline"), null);
    }

    /// What the file says, after checking that it was the same load.
    Baseline fileBaseline() {
        try {
            Scenario other = ScenarioReader.read(new Fields((ObjectNode) baselineFile.path("scenario")));
            Results results = JSON.treeToValue(baselineFile.path("results"), Results.class);
            if (results == null) {
                throw refused("baseline", "the baseline has no results");
            }
            requireSameLoad(other);
            return new Baseline(null, results);
        } catch (JacksonException | ClassCastException | NullPointerException e) {
            throw refused("baseline", "the baseline must be a run as GET /api/benchmark/runs/{id} tells it");
        }
    }

    void requireSameLoad(Scenario other) {
        if (!scenario.isSameLoadAs(other)) {
            throw refused(
                    "baseline",
                    "the baseline ran under another load; rate, lengths, arrivals and limits must be equal");
        }
    }

    static RefusedException refused(@Nullable String param, String message) {
        return new RefusedException(ApiError.invalid(param, message));
    }
}
