package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamedWithUsage;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.SharedService;
import io.dipper.inference.support.StreamedReply;
import io.dipper.openaiapi.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The answer is "I am Dipper Mini, a 14-million-parameter demonstration model of the Dipper
/// platform.", in tokens of a word or less.
@ExtendWith(SharedService.class)
class StopTextsTest {
    private static final String ANSWER =
            "I am Dipper Mini, a 14-million-parameter demonstration model of the Dipper platform.";

    private final RunningService service;

    StopTextsTest(RunningService service) {
        this.service = service;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[\"Mini\"] | `I am Dipper `",
                "[\"per Mi\"] | `I am Dip`",
                "[\"ini, a 14-mill\"] | `I am Dipper M`",
                "[\"platform.\"] | `I am Dipper Mini, a 14-million-parameter demonstration model of the Dipper `",
                "[\"of the\", \"Mini\"] | `I am Dipper `",
                "[\"Mini, a 14-billion\", \"million\"] | `I am Dipper Mini, a 14-`",
                "[\"I\"] | ``",
            })
    void a_stop_text_cuts_exactly_before_it(String stop, String expected) throws Exception {
        ObjectNode request = request(stop);
        JsonNode whole = service.ask(CHAT, request);
        assertThat(whole.at("/choices/0/message/content").stringValue()).isEqualTo(expected);
        assertThat(whole.at("/choices/0/finish_reason").stringValue()).isEqualTo("stop");
        StreamedReply stream = service.stream(CHAT, streamedWithUsage(request));
        assertThat(stream.content(0)).isEqualTo(expected);
        assertThat(stream.finishReason(0)).isEqualTo("stop");
        assertThat(stream.chunks().getLast().get("usage")).isEqualTo(whole.get("usage"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"[]", "\"\"", "[\"\"]", "null", "[\"form.X\"]", "[\".!\"]", "[\"platform..\", \"zzz\"]"})
    void what_does_not_come_removes_nothing(String stop) throws Exception {
        ObjectNode request = request(stop);
        assertThat(service.ask(CHAT, request).at("/choices/0/message/content").stringValue())
                .isEqualTo(ANSWER);
        assertThat(service.stream(CHAT, streamedWithUsage(request)).content(0)).isEqualTo(ANSWER);
    }

    @Test
    void text_held_back_is_delivered_when_the_limit_ends_the_answer() throws Exception {
        ObjectNode request = request("[\"Mini, a 15\"]").put("max_tokens", 5);
        assertThat(service.ask(CHAT, request).at("/choices/0/message/content").stringValue())
                .isEqualTo("I am Dipper Mini,");
        assertThat(service.stream(CHAT, streamedWithUsage(request)).content(0)).isEqualTo("I am Dipper Mini,");
    }

    private static ObjectNode request(String stop) {
        ObjectNode request = chat("Hello! Who are you?").put("max_tokens", 50);
        request.set("stop", Json.tree(stop));
        return request;
    }
}
