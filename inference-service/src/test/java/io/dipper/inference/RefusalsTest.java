package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.COMPLETIONS;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.completion;
import static io.dipper.inference.support.Requests.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.host.ModelHost;
import io.dipper.inference.support.RawClient;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.ScriptedRunner;
import io.dipper.inference.support.SharedService;
import io.dipper.openaiapi.json.Json;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Every refusal names its field, has all four keys and leaves the connection usable.
@ExtendWith(SharedService.class)
class RefusalsTest {
    private final RunningService service;

    RefusalsTest(RunningService service) {
        this.service = service;
    }

    @ParameterizedTest
    @CsvFileSource(resources = "/refused-chats.csv", delimiter = '|', quoteCharacter = '`')
    void a_chat_that_cannot_be_answered_is_refused_by_field(String param, String fields) throws Exception {
        HttpResponse<String> reply = service.post(CHAT, Json.text(with(chat("Hello"), fields)));
        assertRefusal(reply, 400, param);
        HttpResponse<String> streamed =
                service.post(CHAT, Json.text(with(chat("Hello").put("stream", true), fields)));
        assertThat(streamed.statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvFileSource(resources = "/refused-completions.csv", delimiter = '|', quoteCharacter = '`')
    void a_completion_that_cannot_be_answered_is_refused_by_field(String param, String fields) throws Exception {
        assertRefusal(service.post(COMPLETIONS, Json.text(with(completion("Hello"), fields))), 400, param);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "\"a\"", "{\"model\":\"dipper-mini\",\"temperature\":NaN}", "nope"})
    void a_body_that_is_no_json_object_is_refused(String body) throws Exception {
        for (String path : new String[] {CHAT, COMPLETIONS, CHAT + "/render", "/tokenize", "/detokenize"}) {
            assertRefusal(service.post(path, body), 400, null);
        }
    }

    @Test
    void a_model_alone_lacks_messages_or_prompt() throws Exception {
        assertRefusal(service.post(CHAT, "{\"model\":\"dipper-mini\"}"), 400, "messages");
        assertRefusal(service.post(COMPLETIONS, "{\"model\":\"dipper-mini\"}"), 400, "prompt");
        assertRefusal(service.post("/tokenize", "{\"model\":\"dipper-mini\"}"), 400, "prompt");
        assertRefusal(service.post("/detokenize", "{\"model\":\"dipper-mini\"}"), 400, "tokens");
        assertRefusal(service.post(CHAT, "{\"messages\":[]}"), 400, "model");
    }

    @Test
    void an_unknown_model_is_404() throws Exception {
        for (String path : new String[] {CHAT, COMPLETIONS}) {
            HttpResponse<String> reply = service.post(path, Json.text(with(chat("a"), "\"model\":\"nope\"")));
            assertRefusal(reply, 404, "model");
            assertThat(Json.tree(reply.body()).at("/error/code").stringValue()).isEqualTo("model_not_found");
        }
        assertRefusal(service.get("/v1/models/nope"), 404, "model");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1/nope", "/v1/responses", "/v1/embeddings", "/", "/v1", "/v1/chat", "/v1/chat/completions/x"})
    void an_unknown_path_is_404_as_json(String path) throws Exception {
        assertRefusal(service.get(path), 404, null);
        assertRefusal(service.post(path, "{}"), 404, null);
    }

    @Test
    void a_known_path_with_another_method_is_405_with_allow() throws Exception {
        for (String method : new String[] {"GET", "DELETE", "PUT", "PATCH"}) {
            HttpResponse<String> reply = service.http()
                    .send(
                            service.request(CHAT)
                                    .method(method, java.net.http.HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertRefusal(reply, 405, null);
            assertThat(reply.headers().firstValue("Allow")).hasValue("POST");
        }
        assertRefusal(service.post("/v1/models", "{}"), 405, null);
    }

    @Test
    void a_body_that_is_not_declared_json_is_415() throws Exception {
        HttpResponse<String> reply = service.http()
                .send(
                        service.request(CHAT)
                                .header("Content-Type", "text/plain")
                                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertRefusal(reply, 415, null);
    }

    @Test
    void a_body_beyond_the_bound_is_413() throws Exception {
        String body = "{\"model\":\"" + "x".repeat(9 << 20) + "\"}";
        assertRefusal(service.post(CHAT, body), 413, null);
    }

    @Test
    void without_a_key_nothing_is_looked_at() throws Exception {
        for (String key : new String[] {null, "Bearer nope", "Bearer " + RunningService.KEY.substring(1), "nope"}) {
            var request = java.net.http.HttpRequest.newBuilder(service.uri(CHAT))
                    .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{"));
            if (key != null) {
                request.header("Authorization", key);
            }
            HttpResponse<String> reply = service.http().send(request.build(), HttpResponse.BodyHandlers.ofString());
            assertRefusal(reply, 401, null);
            assertThat(Json.tree(reply.body()).at("/error/code").stringValue()).isEqualTo("invalid_api_key");
        }
    }

    @Test
    void a_prompt_past_the_context_is_refused_before_the_stream() throws Exception {
        String words = "word ".repeat(3_000);
        for (boolean stream : new boolean[] {false, true}) {
            HttpResponse<String> reply =
                    service.post(CHAT, Json.text(chat(words).put("stream", stream)));
            assertRefusal(reply, 400, "messages");
            assertThat(Json.tree(reply.body()).at("/error/code").stringValue()).isEqualTo("context_length_exceeded");
        }
        assertRefusal(service.post(COMPLETIONS, Json.text(completion(words))), 400, "prompt");
        assertRefusal(service.post(CHAT, Json.text(chat("x".repeat(4 << 20)))), 400, "messages");
    }

    @Test
    void hostile_sizes_end_quickly_in_a_refusal() throws Exception {
        var messages = chat("a");
        var list = messages.putArray("messages");
        IntStream.range(0, 20_000)
                .forEach(_ -> list.addObject().put("role", "user").put("content", "a"));
        assertRefusal(service.post(CHAT, Json.text(messages)), 400, "messages");

        var biases = chat("a");
        var map = biases.putObject("logit_bias");
        IntStream.range(0, 100_000).forEach(id -> map.put(Integer.toString(id), 1));
        assertRefusal(service.post(CHAT, Json.text(biases)), 400, "logit_bias");

        assertRefusal(service.post(CHAT, Json.text(chat("a").put("stop", "x".repeat(3 << 20)))), 400, "stop");
        assertRefusal(service.post(CHAT, Json.text(chat("a").put("n", 1_000_000))), 400, "n");
        assertRefusal(service.post(CHAT, "[".repeat(1_000_000)), 400, null);
    }

    @Test
    void a_full_queue_is_429_at_once_and_says_when_to_come_again() throws Exception {
        var runner = new ScriptedRunner(List.of());
        try (var full = RunningService.start(runner)) {
            runner.hold();
            var limits = full.bean(ModelHost.class)
                    .require(RunningService.MODEL)
                    .engine()
                    .limits();
            int room = limits.maxRunning() + limits.maxWaiting();
            var many = Json.text(chat("Hello").put("n", 128).put("max_tokens", 2));
            List<RawClient> inside = new ArrayList<>();
            for (int taken = 0; taken + 128 <= room; taken += 128) {
                inside.add(RawClient.post(full, CHAT, Json.tree(many)));
            }
            full.awaitStats(stats -> stats.running() + stats.waiting() == 128 * inside.size(), () -> {});
            for (String stream : new String[] {"true", "false"}) {
                HttpResponse<String> reply =
                        full.post(CHAT, Json.text(with((ObjectNode) Json.tree(many), "\"stream\":" + stream)));
                assertThat(reply.statusCode()).isEqualTo(429);
                assertThat(reply.headers().firstValue("Retry-After")).hasValue("1");
                assertThat(Json.tree(reply.body()).at("/error/type").stringValue())
                        .isEqualTo("rate_limit_error");
            }
            runner.letGo();
            // All of a refused request is gone again, and those inside are answered.
            full.awaitStats(stats -> stats.finished() == 128L * inside.size(), () -> {});
            for (RawClient client : inside) {
                client.awaitText("\"index\":127", () -> {});
                client.close();
            }
            assertThat(full.metric("dipper_engine_promised_tokens")).isZero();
        }
    }

    private static void assertRefusal(HttpResponse<String> reply, int status, String param) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(status);
        assertThat(reply.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(reply.headers().firstValue("x-request-id")).isPresent();
        assertThat(reply.body().length()).isLessThan(64 << 10);
        JsonNode error = Json.tree(reply.body()).get("error");
        assertThat(error.propertyNames()).containsExactlyInAnyOrder("message", "type", "param", "code");
        assertThat(error.get("type").stringValue()).isEqualTo("invalid_request_error");
        assertThat(error.get("message").stringValue()).isNotBlank().doesNotContain("Exception", "io.dipper");
        if (param == null) {
            assertThat(error.get("param").isNull()).as(reply.body()).isTrue();
        } else {
            assertThat(error.get("param").stringValue()).isEqualTo(param);
        }
    }
}
