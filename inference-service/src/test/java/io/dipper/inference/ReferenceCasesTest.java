package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.streamedWithUsage;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.ExpectedCase;
import io.dipper.inference.support.RealService;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.StreamedReply;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The reference's own answers, over HTTP and on the real runtime.
@ExtendWith(RealService.class)
class ReferenceCasesTest {
    private final RunningService service;

    ReferenceCasesTest(RunningService service) {
        this.service = service;
    }

    static List<ExpectedCase> cases() {
        return ExpectedCase.all();
    }

    @Test
    void there_are_74_of_them() {
        assertThat(cases()).hasSize(74);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void a_case_is_answered_as_the_reference_does(ExpectedCase expected) throws Exception {
        ObjectNode request = expected.request(RunningService.MODEL);
        JsonNode rendered = service.ask(CHAT + "/render", request);
        assertThat(rendered.get("prompt").stringValue()).isEqualTo(expected.renderedPrompt());
        assertThat(ids(rendered.get("token_ids"))).isEqualTo(expected.promptIds());

        JsonNode whole = service.ask(CHAT, request);
        assertThat(ids(whole.get("prompt_token_ids"))).isEqualTo(expected.promptIds());
        assertThat(ids(whole.at("/choices/0/token_ids"))).isEqualTo(expected.greedyIds());
        assertThat(whole.at("/usage/prompt_tokens").intValue()).isEqualTo(expected.promptIds().length);
        assertThat(whole.at("/usage/completion_tokens").intValue()).isEqualTo(expected.greedyIds().length);

        StreamedReply stream = service.stream(CHAT, streamedWithUsage(request));
        assertThat(ids(stream.chunks().getFirst().get("prompt_token_ids"))).isEqualTo(expected.promptIds());
        int[] streamedIds = stream.choices(0).stream()
                .flatMapToInt(choice -> IntStream.of(ids(choice.get("token_ids"))))
                .toArray();
        assertThat(streamedIds).isEqualTo(expected.greedyIds());
        JsonNode message = whole.at("/choices/0/message");
        assertThat(stream.content(0)).isEqualTo(message.path("content").asString(""));
        assertThat(stream.reasoning(0))
                .isEqualTo(message.path("reasoning_content").asString(""));
        assertThat(stream.finishReason(0))
                .isEqualTo(whole.at("/choices/0/finish_reason").stringValue());
        assertThat(stream.chunks().getLast().get("usage").get("total_tokens"))
                .isEqualTo(whole.get("usage").get("total_tokens"));
    }

    private static int[] ids(JsonNode list) {
        return list.values().stream().mapToInt(JsonNode::intValue).toArray();
    }
}
