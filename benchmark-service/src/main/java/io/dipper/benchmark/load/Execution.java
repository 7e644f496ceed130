package io.dipper.benchmark.load;

import io.dipper.benchmark.load.Recorder.Progress;
import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.scenario.Prompts;
import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.scenario.Schedule;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// One scenario, carried out once. [#run] belongs to one thread; progress and results so far may be
/// asked for from any.
public final class Execution {
    private static final Logger LOG = LoggerFactory.getLogger(Execution.class);
    private static final int FEW_WORDS = 64;
    private static final int MANY_WORDS = 576;

    private final Scenario scenario;
    private final Gateway gateway;
    private final Schedule schedule;
    private final Recorder recorder;

    public Execution(Scenario scenario, Gateway gateway) {
        this.scenario = scenario;
        this.gateway = gateway;
        this.schedule = Schedule.of(scenario);
        this.recorder = new Recorder(schedule.requests());
    }

    public Progress progress() {
        return recorder.progress();
    }

    /// What was measured so far.
    public Results results() {
        return recorder.results((long) (scenario.warmupSeconds() * 1e9), schedule.endNs());
    }

    /// Puts the load on and returns when every request has ended.
    ///
    /// @throws IOException if the gateway cannot be reached or does not serve the model: nothing
    ///     was measured then
    /// @throws InterruptedException after hanging up on what was under way
    public Results run() throws IOException, InterruptedException {
        requireModel();
        Prompts prompts = measurePrompts();
        var generator = new LoadGenerator(
                new ChatRequester(gateway, scenario, prompts), scenario.maxStreams(), Duration.ofNanos((long)
                        (scenario.timeoutSeconds() * 1e9)));
        try (InferenceMemory memory = InferenceMemory.watch(gateway, scenario.model())) {
            generator.run(schedule, new RunClock(), recorder);
            memory.finish();
            return results().withMemory(memory.peak());
        }
    }

    private void requireModel() throws IOException, InterruptedException {
        JsonNode models = gateway.get("/v1/models").path("data");
        boolean served = StreamSupport.stream(models.spliterator(), false)
                .anyMatch(model -> model.path("id").asString("").equals(scenario.model()));
        if (!served) {
            throw new IOException("the gateway serves no model " + scenario.model());
        }
    }

    /// Asks the server what prompts come to, template included; a server that cannot tell gets
    /// guessed lengths.
    private Prompts measurePrompts() throws InterruptedException {
        try {
            return Prompts.measured(FEW_WORDS, tokensOf(FEW_WORDS), MANY_WORDS, tokensOf(MANY_WORDS));
        } catch (IOException e) {
            LOG.info("prompt lengths are guessed: {}", e.getMessage());
            return Prompts.GUESSED;
        }
    }

    private int tokensOf(int words) throws IOException, InterruptedException {
        JsonNode rendered = gateway.post(
                "/v1/chat/completions/render",
                Map.of(
                        "model",
                        scenario.model(),
                        "messages",
                        List.of(Map.of("role", "user", "content", Prompts.ofWords(words, scenario.seed())))));
        return rendered.path("token_ids").size();
    }
}
