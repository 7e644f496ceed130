package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamed;
import static io.dipper.inference.support.Requests.streamedWithUsage;
import static io.dipper.inference.support.Requests.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.SharedService;
import io.dipper.inference.support.StreamedReply;
import io.dipper.openaiapi.json.Json;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@ExtendWith(SharedService.class)
class ChatStreamTest {
    private final RunningService service;

    ChatStreamTest(RunningService service) {
        this.service = service;
    }

    @Test
    void two_tokens_stream_as_the_contract_shows_to_the_byte() throws Exception {
        ObjectNode request = streamedWithUsage(chat("Hello! Who are you?").put("max_tokens", 2));
        HttpResponse<String> reply = service.post(CHAT, Json.text(request));
        String id = Json.tree(reply.body().lines().findFirst().orElseThrow().substring(6))
                .get("id")
                .stringValue();
        JsonNode first =
                Json.tree(reply.body().lines().findFirst().orElseThrow().substring(6));
        String head = "data: {\"id\":\"" + id + "\",\"object\":\"chat.completion.chunk\",\"created\":"
                + first.get("created") + ",\"model\":\"dipper-mini\",\"system_fingerprint\":"
                + first.get("system_fingerprint") + ",\"choices\":[";
        String middle = ",\"logprobs\":null,\"finish_reason\":";
        assertThat(reply.body())
                .isEqualTo(head + "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}" + middle
                        + "null}],\"usage\":null}\n\n"
                        + head + "{\"index\":0,\"delta\":{\"content\":\"I\"}" + middle + "null}],\"usage\":null}\n\n"
                        + head + "{\"index\":0,\"delta\":{\"content\":\" am\"}" + middle + "null}],\"usage\":null}\n\n"
                        + head + "{\"index\":0,\"delta\":{}" + middle + "\"length\"}],\"usage\":null}\n\n"
                        + head + "],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":2,\"total_tokens\":21,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":0},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}\n\n"
                        + "data: [DONE]\n\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "*/*", "text/event-stream", "text/html", ""})
    void a_stream_is_a_stream_whatever_is_accepted(String accept) throws Exception {
        var request = java.net.http.HttpRequest.newBuilder(
                        service.json(CHAT, Json.text(streamed(chat("Hello")))), (_, _) -> true)
                .header("Accept-Encoding", "gzip, deflate, br");
        if (!accept.isEmpty()) {
            request.header("Accept", accept);
        }
        HttpResponse<String> reply = service.http().send(request.build(), HttpResponse.BodyHandlers.ofString());
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/event-stream");
        assertThat(reply.headers().firstValue("Cache-Control")).hasValue("no-cache");
        assertThat(reply.headers().firstValue("Content-Encoding")).isEmpty();
        assertThat(reply.body()).endsWith("data: [DONE]\n\n");
    }

    @Test
    void a_stream_says_what_the_whole_reply_says() throws Exception {
        for (String fields : List.of(
                "\"max_tokens\":50",
                "\"max_tokens\":7",
                "\"n\":3,\"temperature\":1,\"seed\":5",
                "\"logprobs\":true,\"top_logprobs\":2",
                "\"stop\":[\"ipper M\"]",
                "\"return_token_ids\":true")) {
            ObjectNode request = with(chat("Hello! Who are you?"), fields);
            JsonNode whole = service.ask(CHAT, request);
            StreamedReply stream = service.stream(CHAT, streamedWithUsage(request));
            for (JsonNode choice : whole.get("choices").values()) {
                assertSame(choice, stream, choice.get("index").intValue());
            }
            assertThat(stream.chunks().getLast().get("usage")).isEqualTo(whole.get("usage"));
        }
    }

    @Test
    void every_chunk_is_well_formed() throws Exception {
        ObjectNode request = with(chat("Hello! Who are you?"), "\"n\":2,\"temperature\":1,\"seed\":3");
        StreamedReply stream = service.stream(CHAT, streamedWithUsage(request));
        List<JsonNode> chunks = stream.chunks();
        assertThat(chunks.stream().map(chunk -> chunk.get("id")).distinct()).hasSize(1);
        assertThat(chunks.stream().map(chunk -> chunk.get("created")).distinct())
                .hasSize(1);
        assertThat(chunks).allSatisfy(chunk -> {
            assertThat(chunk.get("object").stringValue()).isEqualTo("chat.completion.chunk");
            assertThat(chunk.get("model").stringValue()).isEqualTo("dipper-mini");
        });
        assertThat(chunks.subList(0, chunks.size() - 1)).allSatisfy(chunk -> {
            assertThat(chunk.has("usage")).isTrue();
            assertThat(chunk.get("usage").isNull()).isTrue();
        });
        assertThat(chunks.getLast().get("choices").isEmpty()).isTrue();
        for (int index = 0; index < 2; index++) {
            List<JsonNode> choices = stream.choices(index);
            assertThat(choices.getFirst().at("/delta/role").stringValue()).isEqualTo("assistant");
            assertThat(choices.stream().skip(1))
                    .noneMatch(choice -> choice.get("delta").has("role"));
            assertThat(choices.subList(0, choices.size() - 1))
                    .allMatch(choice -> choice.has("finish_reason")
                            && choice.get("finish_reason").isNull());
            assertThat(choices.getLast().get("delta").isEmpty()).isTrue();
            assertThat(choices.getLast().get("finish_reason").stringValue()).isIn("stop", "length");
        }
        assertThat(stream.frames().stream().filter(frame -> frame.isDone())).hasSize(1);
        assertThat(stream.frames().getLast().isDone()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"include_usage\":false}", "null"})
    void without_asking_no_usage_comes(String options) throws Exception {
        ObjectNode request = with(streamed(chat("Hello")), "\"stream_options\":" + options);
        List<JsonNode> chunks = service.stream(CHAT, request).chunks();
        assertThat(chunks)
                .noneMatch(chunk -> chunk.has("usage") || chunk.get("choices").isEmpty());
    }

    @Test
    void characters_of_several_tokens_come_whole() throws Exception {
        var fox = io.dipper.inference.support.ExpectedCase.all().stream()
                .filter(expected -> expected.id().equals("extra-05"))
                .findFirst()
                .orElseThrow();
        StreamedReply stream = service.stream(CHAT, streamed(fox.request("dipper-mini")));
        assertThat(stream.content(0)).isEqualTo(fox.text());
        assertThat(stream.choices(0))
                .allSatisfy(choice -> assertThat(choice.toString()).doesNotContain("\uFFFD"));
    }

    private static void assertSame(JsonNode choice, StreamedReply stream, int index) {
        assertThat(stream.content(index))
                .isEqualTo(choice.at("/message/content").stringValue());
        assertThat(stream.finishReason(index))
                .isEqualTo(choice.get("finish_reason").stringValue());
        assertThat(joined(stream, index, "/logprobs/content")).isEqualTo(listed(choice.at("/logprobs/content")));
        assertThat(joined(stream, index, "/token_ids")).isEqualTo(listed(choice.at("/token_ids")));
    }

    private static List<JsonNode> joined(StreamedReply stream, int index, String path) {
        return stream.choices(index).stream()
                .flatMap(choice -> listed(choice.at(path)).stream())
                .toList();
    }

    private static List<JsonNode> listed(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).toList();
    }
}
