package io.dipper.benchmark.load;

import io.dipper.benchmark.load.Outcome.Failed;
import io.dipper.benchmark.scenario.Prompts;
import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.scenario.Schedule.Planned;
import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A streamed chat completion through the gateway. Each piece's instant is taken where its bytes
/// arrive, not where somebody gets around to reading them.
public final class ChatRequester implements Requester {
    private static final String PATH = "/v1/chat/completions";

    private final Gateway gateway;
    private final Scenario scenario;
    private final Prompts prompts;

    public ChatRequester(Gateway gateway, Scenario scenario, Prompts prompts) {
        this.gateway = gateway;
        this.scenario = scenario;
        this.prompts = prompts;
    }

    @Override
    public Outcome call(Planned planned, RunClock clock, long deadlineNs) throws InterruptedException {
        HttpRequest request = gateway.request(PATH)
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body(planned))))
                .build();
        long sentNs = clock.nowNs();
        var answer = new AnswerReader(clock);
        CompletableFuture<?> ended = gateway.http().sendAsync(request, answer);
        try {
            ended.get(deadlineNs - clock.nowNs(), TimeUnit.NANOSECONDS);
            return answer.outcome(sentNs);
        } catch (TimeoutException e) {
            ended.cancel(true);
            return new Failed("timeout", sentNs, clock.nowNs(), answer.pieces());
        } catch (ExecutionException e) {
            return new Failed(kind(e.getCause(), answer), sentNs, clock.nowNs(), answer.pieces());
        } catch (InterruptedException e) {
            ended.cancel(true);
            throw e;
        }
    }

    private Map<String, Object> body(Planned planned) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", scenario.model());
        body.put(
                "messages",
                List.of(Map.of("role", "user", "content", prompts.ofTokens(planned.promptTokens(), planned.seed()))));
        body.put("stream", true);
        body.put("stream_options", Map.of("include_usage", true));
        body.put("max_tokens", planned.outputTokens());
        body.put("temperature", scenario.temperature());
        body.put("seed", planned.seed());
        if (scenario.ignoreEos()) {
            body.put("ignore_eos", true);
        }
        return body;
    }

    private static String kind(Throwable cause, AnswerReader answer) {
        return switch (cause) {
            case ConnectException _ -> "connect";
            case HttpTimeoutException _ -> "connect";
            case IOException _ -> answer.hasBegun() ? "cut" : "connection";
            default -> throw new IllegalStateException("reading an answer failed", cause);
        };
    }
}
