package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.COMPLETIONS;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.completion;
import static io.dipper.inference.support.Requests.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.ExpectedCase;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.SharedService;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

@ExtendWith(SharedService.class)
class LogprobsTest {
    private final RunningService service;

    LogprobsTest(RunningService service) {
        this.service = service;
    }

    @Test
    void there_is_an_entry_a_token_and_bytes_joined_are_the_text() throws Exception {
        for (ExpectedCase expected : ExpectedCase.all().subList(60, 68)) {
            JsonNode choice = service.ask(
                            CHAT, with(expected.request("dipper-mini"), "\"logprobs\":true,\"top_logprobs\":5"))
                    .at("/choices/0");
            JsonNode entries = choice.at("/logprobs/content");
            assertThat(entries.size()).isEqualTo(expected.greedyIds().length - 1);
            assertThat(joinedBytes(entries)).isEqualTo(expected.text());
            for (JsonNode entry : entries.values()) {
                assertThat(entry.get("logprob").doubleValue()).isLessThanOrEqualTo(0);
                assertAlternatives(entry, 5);
            }
        }
    }

    @Test
    void without_alternatives_the_list_is_empty_and_the_text_the_same() throws Exception {
        JsonNode plain = service.ask(CHAT, chat("Hello! Who are you?"));
        JsonNode scored = service.ask(CHAT, with(chat("Hello! Who are you?"), "\"logprobs\":true"));
        assertThat(scored.at("/choices/0/message")).isEqualTo(plain.at("/choices/0/message"));
        assertThat(scored.at("/choices/0/logprobs/content/0/top_logprobs").isEmpty())
                .isTrue();
        JsonNode off = service.ask(CHAT, with(chat("Hello! Who are you?"), "\"logprobs\":false"));
        assertThat(off.at("/choices/0/logprobs").isNull()).isTrue();
    }

    @Test
    void a_stop_text_is_not_told_by_the_logprobs_either() throws Exception {
        JsonNode choice = service.ask(CHAT, with(chat("Hello! Who are you?"), "\"logprobs\":true,\"stop\":\"per Mi\""))
                .at("/choices/0");
        assertThat(choice.at("/message/content").stringValue()).isEqualTo("I am Dip");
        assertThat(joinedBytes(choice.at("/logprobs/content"))).isEqualTo("I am Dip");
        assertThat(choice.at("/logprobs").toString()).doesNotContain("Mini");
    }

    @Test
    void a_limit_within_a_character_leaves_no_half_of_it() throws Exception {
        ExpectedCase fox = ExpectedCase.all().stream()
                .filter(expected -> expected.id().equals("extra-05"))
                .findFirst()
                .orElseThrow();
        for (int limit = 1; limit < fox.greedyIds().length; limit++) {
            JsonNode choice = service.ask(
                            CHAT, with(fox.request("dipper-mini"), "\"logprobs\":true,\"max_tokens\":" + limit))
                    .at("/choices/0");
            String text = choice.at("/message/content").stringValue();
            assertThat(fox.text()).startsWith(text);
            assertThat(joinedBytes(choice.at("/logprobs/content"))).isEqualTo(text);
            assertThat(choice.at("/logprobs/content").size()).isEqualTo(limit);
        }
    }

    @Test
    void a_completions_lists_are_of_equal_length_and_offsets_count_characters() throws Exception {
        for (boolean echo : new boolean[] {false, true}) {
            JsonNode choice = service.ask(
                            COMPLETIONS,
                            with(completion("The 🦊 and the bär"), "\"logprobs\":3,\"max_tokens\":9,\"echo\":" + echo))
                    .at("/choices/0");
            String text = choice.get("text").stringValue();
            JsonNode logprobs = choice.get("logprobs");
            int size = logprobs.get("tokens").size();
            assertThat(logprobs.get("token_logprobs").size()).isEqualTo(size);
            assertThat(logprobs.get("top_logprobs").size()).isEqualTo(size);
            assertThat(logprobs.get("text_offset").size()).isEqualTo(size);
            assertThat(logprobs.at("/token_logprobs/0").isNull()).isEqualTo(echo);
            for (int i = echo ? 1 : 0; i < size; i++) {
                assertThat(logprobs.get("token_logprobs").get(i).doubleValue()).isLessThanOrEqualTo(0);
                assertThat(logprobs.get("top_logprobs").get(i).size()).isEqualTo(3);
            }
            for (int i = 0; i < size; i++) {
                String token = logprobs.get("tokens").get(i).stringValue();
                int offset = text.offsetByCodePoints(
                        0, logprobs.get("text_offset").get(i).intValue());
                if (!token.startsWith("bytes:")) {
                    assertThat(text.substring(offset)).startsWith(token);
                }
            }
        }
    }

    private static void assertAlternatives(JsonNode entry, int count) {
        JsonNode alternatives = entry.get("top_logprobs");
        assertThat(alternatives.size()).isEqualTo(count);
        assertThat(alternatives.get(0).get("token")).isEqualTo(entry.get("token"));
        double sum = 0;
        double last = 0;
        for (JsonNode alternative : alternatives.values()) {
            double logprob = alternative.get("logprob").doubleValue();
            assertThat(logprob).isLessThanOrEqualTo(last);
            last = logprob;
            sum += Math.exp(logprob);
        }
        assertThat(sum).isLessThanOrEqualTo(1.5);
    }

    private static String joinedBytes(JsonNode entries) {
        var bytes = new ByteArrayOutputStream();
        for (JsonNode entry : entries.values()) {
            entry.get("bytes").values().forEach(value -> bytes.write(value.intValue()));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
