package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamed;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.Engine;
import io.dipper.inference.host.HostedModel;
import io.dipper.inference.host.ModelHost;
import io.dipper.inference.support.ExpectedCase;
import io.dipper.inference.support.RawClient;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.ScriptedRunner;
import io.dipper.openaiapi.json.Json;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A runner whose steps fail: who was in them is told, and the model goes on.
@Timeout(60)
class FailingStepsTest {
    private final RuntimeException fault = new IllegalStateException("the device /dev/secret is gone");

    private final ScriptedRunner first = new ScriptedRunner(ExpectedCase.all(), 30_000);
    private final ScriptedRunner second = new ScriptedRunner(ExpectedCase.all(), 30_000);
    private RunningService service;

    @BeforeEach
    void start() throws Exception {
        var runners = new ConcurrentLinkedQueue<>(List.of(first, second));
        service = RunningService.start(() -> Objects.requireNonNull(runners.poll(), "a third runner"));
    }

    @AfterEach
    void stop() {
        first.letGo();
        service.close();
    }

    @Test
    void one_failed_step_ends_its_requests_with_an_error_and_the_next_are_answered() throws Exception {
        first.failWith(fault);
        assertInternal(service.post(CHAT, Json.text(chat("Hello! Who are you?"))));
        first.failWith(null);
        assertAnswers();
        assertThat(service.bean(ModelHost.class)
                        .require(RunningService.MODEL)
                        .engine()
                        .isHealthy())
                .isTrue();
    }

    @Test
    void a_stream_that_has_begun_ends_in_an_error_frame_and_done() throws Exception {
        first.hold();
        var request = streamed(chat("Tell me all").put("max_tokens", 20_000).put("ignore_eos", true));
        try (var client = RawClient.post(service, CHAT, request)) {
            client.awaitText("\"delta\":{\"content\"", () -> first.step(1));
            first.failWith(fault);
            client.awaitText("data: [DONE]", () -> first.step(1));
            String end = client.text().substring(client.text().lastIndexOf("data: {"));
            assertThat(end).startsWith("data: {\"error\":{\"message\":").contains("\"server_error\"");
            assertThat(end).doesNotContain("secret");
        }
        first.failWith(null);
        first.letGo();
        assertAnswers();
    }

    @Test
    void a_stream_whose_model_is_closed_says_so() throws Exception {
        first.hold();
        var request = streamed(chat("Tell me all").put("max_tokens", 20_000).put("ignore_eos", true));
        try (var client = RawClient.post(service, CHAT, request)) {
            client.awaitText("\"delta\":{\"content\"", () -> first.step(1));
            Engine engine =
                    service.bean(ModelHost.class).require(RunningService.MODEL).engine();
            Thread.ofVirtual().start(engine::close);
            client.awaitText("data: [DONE]", () -> first.step(1));
            String end = client.text().substring(client.text().lastIndexOf("data: {"));
            assertThat(end).startsWith("data: {\"error\":{\"message\":").contains("\"model_closed\"");
        }
    }

    @Test
    void an_engine_that_is_lost_is_started_anew() throws Exception {
        first.failWith(fault);
        var host = service.bean(ModelHost.class);
        Engine lost = host.require(RunningService.MODEL).engine();
        for (int i = 0; i < Engine.FAILURES_TAKEN_FOR_LOST; i++) {
            assertInternal(service.post(CHAT, Json.text(chat("Hello! Who are you?"))));
        }
        while (host.find(RunningService.MODEL)
                .filter(HostedModel::isServing)
                .filter(model -> model.served().orElseThrow().engine() != lost)
                .isEmpty()) {
            Thread.onSpinWait();
        }
        assertAnswers();
        assertThat(service.metric("vllm:num_requests_running")).isZero();
        assertThat(service.get("/health/ready").statusCode()).isEqualTo(200);
    }

    private void assertAnswers() throws Exception {
        assertThat(service.ask(CHAT, chat("Hello! Who are you?").put("max_tokens", 2))
                        .at("/choices/0/message/content")
                        .stringValue())
                .isEqualTo("I am");
    }

    private static void assertInternal(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).isEqualTo(500);
        assertThat(Json.tree(reply.body()).at("/error/type").stringValue()).isEqualTo("server_error");
        assertThat(reply.body()).doesNotContain("secret");
    }
}
