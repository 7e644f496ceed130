package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.COMPLETIONS;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.completion;
import static io.dipper.inference.support.Requests.streamedWithUsage;
import static io.dipper.inference.support.Requests.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.EngineLimits;
import io.dipper.inference.support.ExpectedCase;
import io.dipper.inference.support.RawClient;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.ScriptedRunner;
import io.dipper.inference.support.StreamedReply;
import io.dipper.openaiapi.json.Json;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Many at once: each gets what it would get alone, and the figures return to where they were.
@Timeout(120)
class CompanyTest {
    private final ScriptedRunner runner = new ScriptedRunner(ExpectedCase.all(), 30_000);
    private RunningService service;

    @BeforeEach
    void start() throws Exception {
        service = RunningService.start(runner);
    }

    @AfterEach
    void stop() {
        runner.letGo();
        service.close();
    }

    @Test
    void sixty_four_mixed_streams_each_say_what_they_say_alone() throws Exception {
        List<ObjectNode> requests = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            requests.add(mixed(i));
        }
        List<String> alone = new ArrayList<>();
        for (ObjectNode request : requests) {
            alone.add(texts(service.stream(CHAT, request)));
        }
        List<Callable<String>> calls = new ArrayList<>();
        for (ObjectNode request : requests) {
            calls.add(() -> texts(service.stream(CHAT, request)));
        }
        calls.add(() -> {
            for (int i = 0; i < 50; i++) {
                assertThat(service.post(CHAT, "{\"temperature\":" + i).statusCode())
                        .isEqualTo(400);
            }
            return "";
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> together = threads.invokeAll(calls);
            for (int i = 0; i < requests.size(); i++) {
                assertThat(together.get(i).get()).as("request " + i).isEqualTo(alone.get(i));
            }
        }
        service.awaitStats(stats -> stats.running() + stats.waiting() == 0, () -> {});
        assertThat(service.engineStats().heldBlocks()).isZero();
        assertThat(service.metric("vllm:num_requests_running")).isZero();
        assertThat(service.metric("vllm:num_requests_waiting")).isZero();
        assertThat(service.metric("vllm:kv_cache_usage_perc")).isZero();
    }

    @Test
    void a_full_queue_answers_429_at_once_and_takes_again_later() throws Exception {
        runner.hold();
        EngineLimits limits = EngineLimits.forShape(runner.shape());
        int most = limits.maxRunning() + limits.maxWaiting();
        List<RawClient> clients = new ArrayList<>();
        int fullRounds = most / 128;
        for (int i = 0; i < fullRounds; i++) {
            clients.add(RawClient.post(service, CHAT, chat("a").put("n", 128).put("max_tokens", 200)));
        }
        service.awaitStats(stats -> stats.running() + stats.waiting() == fullRounds * 128, () -> runner.step(1));
        HttpResponse<String> refused = service.post(CHAT, Json.text(chat("a").put("n", 128)));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(Json.tree(refused.body()).at("/error/type").stringValue()).isEqualTo("rate_limit_error");
        for (RawClient client : clients) {
            client.close();
        }
        runner.letGo();
        service.awaitStats(stats -> stats.running() + stats.waiting() == 0, () -> {});
        assertThat(service.post(CHAT, Json.text(chat("a"))).statusCode()).isEqualTo(200);
    }

    @Test
    void a_step_that_fails_is_told_as_an_event_or_as_500_and_the_next_request_is_answered() throws Exception {
        String honest = texts(service.stream(CHAT, mixed(0)));
        runner.failWith(new IllegalStateException("secret detail"));
        HttpResponse<String> whole = service.post(CHAT, Json.text(chat("a")));
        assertThat(whole.statusCode()).isEqualTo(500);
        assertThat(whole.body()).doesNotContain("secret").contains("\"code\":\"internal_error\"");
        StreamedReply stream = service.stream(CHAT, mixed(0));
        assertThat(stream.frames()).hasSize(2);
        assertThat(stream.chunks().getFirst().at("/error/code").stringValue()).isEqualTo("internal_error");
        assertThat(stream.frames().getLast().isDone()).isTrue();
        runner.failWith(null);
        assertThat(texts(service.stream(CHAT, mixed(0)))).isEqualTo(honest);
    }

    @Test
    void token_counters_agree_with_usage() throws Exception {
        for (String path : List.of(CHAT, COMPLETIONS)) {
            ObjectNode request = path.equals(CHAT) ? chat("Hello! Who are you?") : completion("Once upon");
            for (String fields : List.of("\"n\":1", "\"n\":3,\"temperature\":1", "\"stop\":\"ipper\"")) {
                double prompts = service.metric("vllm:prompt_tokens_total");
                double generated = service.metric("vllm:generation_tokens_total");
                double requests = service.metric("vllm:e2e_request_latency_seconds_count");
                JsonNode usage = service.ask(path, with(request, fields)).get("usage");
                assertThat(service.metric("vllm:prompt_tokens_total") - prompts)
                        .isEqualTo(usage.get("prompt_tokens").doubleValue());
                assertThat(service.metric("vllm:generation_tokens_total") - generated)
                        .isEqualTo(usage.get("completion_tokens").doubleValue());
                assertThat(service.metric("vllm:e2e_request_latency_seconds_count") - requests)
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void all_metrics_are_there_before_the_first_request_and_hold_nothing_of_a_client() throws Exception {
        service.post(CHAT, Json.text(chat("SECRETWORD").put("model", "secretmodel")));
        String metrics = service.get("/metrics").body();
        for (String name : List.of(
                "num_requests_running",
                "num_requests_waiting",
                "kv_cache_usage_perc",
                "prompt_tokens_total",
                "generation_tokens_total",
                "time_to_first_token_seconds_bucket",
                "inter_token_latency_seconds_bucket",
                "e2e_request_latency_seconds_bucket",
                "request_queue_time_seconds_bucket")) {
            assertThat(metrics).contains("vllm:" + name + "{");
        }
        assertThat(metrics).contains("gen_ai_server_request_duration_seconds_bucket", "gen_ai_client_token_usage");
        assertThat(metrics).doesNotContain("SECRETWORD", "secretmodel");
    }

    /// Lengths, sampling and options that differ from one to the next.
    private static ObjectNode mixed(int i) {
        ObjectNode request = chat("Question number " + i + " of many: " + "why ".repeat(i % 7 * 20));
        request.put("max_tokens", 5 + i * 7 % 90);
        switch (i % 4) {
            case 0 -> request.put("temperature", 0);
            case 1 -> request.put("temperature", 1).put("seed", i);
            case 2 -> request.put("temperature", 0.7).put("seed", i).put("n", 2);
            default -> request.put("temperature", 0).put("stop", "e");
        }
        return streamedWithUsage(request);
    }

    private static String texts(StreamedReply stream) {
        JsonNode usage = stream.chunks().getLast().get("usage");
        return stream.content(0) + "|" + stream.finishReason(0) + "|" + usage;
    }
}
