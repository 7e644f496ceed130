package io.dipper.openaiapi.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RepliesTest {
    @Test
    void a_chat_reply_has_its_keys_and_nulls() {
        var reply = new ChatReply(
                "chatcmpl-1",
                ChatReply.OBJECT,
                7,
                "m",
                "fp",
                List.of(new ChatReply.Choice(
                        0,
                        new ChatReply.Message("assistant", "hi", null, null, null),
                        null,
                        FinishReason.TOOL_CALLS,
                        null)),
                Usage.of(12, 0, 2, 0),
                null);
        assertThat(Json.text(reply))
                .isEqualTo("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"m\","
                        + "\"system_fingerprint\":\"fp\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                        + "\"content\":\"hi\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"tool_calls\"}],"
                        + "\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":2,\"total_tokens\":14,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":0},"
                        + "\"completion_tokens_details\":{\"reasoning_tokens\":0}}}");
    }

    @Test
    void a_chunks_usage_is_absent_or_null_or_there() {
        var choice = new ChatChunk.Choice(0, ChatChunk.Delta.EMPTY, null, FinishReason.STOP, null);
        String without = Json.text(chunk(choice, null));
        assertThat(without)
                .contains("\"delta\":{}", "\"finish_reason\":\"stop\"", "\"logprobs\":null")
                .doesNotContain("usage");
        assertThat(Json.text(chunk(choice, StreamUsage.LATER))).contains("\"usage\":null");
        assertThat(Json.text(chunk(choice, new StreamUsage(Usage.of(1, 0, 1, 0)))))
                .contains("\"usage\":{");
        assertThat(Json.read(without, ChatChunk.class).choices().getFirst().finishReason())
                .isEqualTo(FinishReason.STOP);
    }

    @Test
    void deltas_hold_only_what_they_bring() {
        assertThat(Json.text(ChatChunk.Delta.role("assistant"))).isEqualTo("{\"role\":\"assistant\",\"content\":\"\"}");
        assertThat(Json.text(ChatChunk.Delta.call(ChatChunk.CallDelta.start(0, "call_1", "f"))))
                .isEqualTo("{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}");
        assertThat(Json.text(ChatChunk.Delta.call(ChatChunk.CallDelta.arguments(0, "{"))))
                .isEqualTo("{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]}");
    }

    @Test
    void logprobs_are_written_as_short_as_floats_are() {
        var entry = new ChatLogprobs.Entry("a", -0.1f, new int[] {97}, List.of());
        assertThat(Json.text(new ChatLogprobs(List.of(entry))))
                .isEqualTo("{\"content\":[{\"token\":\"a\",\"logprob\":-0.1,\"bytes\":[97],\"top_logprobs\":[]}],"
                        + "\"refusal\":null}");
    }

    @Test
    void an_error_has_all_four_keys() {
        assertThat(new String(ApiError.modelNotFound().toJson(), StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"error\":{\"message\":\"no such model is served here; GET /v1/models lists those that are\","
                                + "\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}");
        assertThat(new String(ApiError.invalid(null, "m").toJson(), StandardCharsets.UTF_8))
                .contains("\"param\":null", "\"code\":null");
        assertThat(ApiError.tooManyRequests("m", 0).headers()).containsEntry("Retry-After", "1");
    }

    private static ChatChunk chunk(ChatChunk.Choice choice, StreamUsage usage) {
        return new ChatChunk("id", ChatChunk.OBJECT, 7, "m", "fp", List.of(choice), usage, null);
    }
}
