package io.dipper.inference;

import static io.dipper.inference.support.Requests.COMPLETIONS;
import static io.dipper.inference.support.Requests.completion;
import static io.dipper.inference.support.Requests.streamedWithUsage;
import static io.dipper.inference.support.Requests.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.SharedService;
import io.dipper.inference.support.StreamedReply;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@ExtendWith(SharedService.class)
class CompletionsTest {
    private final RunningService service;

    CompletionsTest(RunningService service) {
        this.service = service;
    }

    @Test
    void a_reply_has_all_its_keys_and_sixteen_tokens_by_default() throws Exception {
        JsonNode reply = service.ask(COMPLETIONS, completion("Once upon a time"));
        assertThat(reply.propertyNames())
                .containsExactlyInAnyOrder(
                        "id", "object", "created", "model", "system_fingerprint", "choices", "usage");
        assertThat(reply.get("id").stringValue()).startsWith("cmpl-");
        assertThat(reply.get("object").stringValue()).isEqualTo("text_completion");
        assertThat(reply.at("/choices/0").propertyNames())
                .containsExactlyInAnyOrder("index", "text", "logprobs", "finish_reason");
        assertThat(reply.at("/usage/completion_tokens").intValue()).isLessThanOrEqualTo(16);
    }

    @Test
    void several_prompts_equal_single_calls() throws Exception {
        List<String> prompts = List.of("One", "Two words", "Three little words");
        ObjectNode batch = completion("").put("n", 2).put("temperature", 1).put("seed", 9);
        var list = batch.putArray("prompt");
        prompts.forEach(list::add);
        JsonNode together = service.ask(COMPLETIONS, batch);
        assertThat(together.get("choices").size()).isEqualTo(6);
        int promptTokens = 0;
        for (int i = 0; i < prompts.size(); i++) {
            JsonNode single = service.ask(COMPLETIONS, batch.deepCopy().put("prompt", prompts.get(i)));
            promptTokens += single.at("/usage/prompt_tokens").intValue();
            for (int choice = 0; choice < 2; choice++) {
                JsonNode same = together.get("choices").get(2 * i + choice);
                assertThat(same.get("index").intValue()).isEqualTo(2 * i + choice);
                assertThat(same.get("text"))
                        .isEqualTo(single.get("choices").get(choice).get("text"));
            }
        }
        assertThat(together.at("/usage/prompt_tokens").intValue()).isEqualTo(promptTokens);
    }

    @Test
    void token_ids_equal_their_text_alone_and_in_lists() throws Exception {
        JsonNode text = service.ask(COMPLETIONS, completion("Once upon a time"));
        JsonNode ids = service.ask("/tokenize", completion("Once upon a time")).get("tokens");
        ObjectNode request = completion("");
        request.set("prompt", ids);
        assertThat(service.ask(COMPLETIONS, request).at("/choices/0/text")).isEqualTo(text.at("/choices/0/text"));
        request.putArray("prompt").add(ids).add(ids);
        JsonNode two = service.ask(COMPLETIONS, request);
        assertThat(two.at("/choices/1/text")).isEqualTo(text.at("/choices/0/text"));
    }

    @Test
    void echo_puts_the_prompt_before_the_answer() throws Exception {
        String answer = service.ask(COMPLETIONS, completion("Once upon"))
                .at("/choices/0/text")
                .stringValue();
        JsonNode echoed = service.ask(COMPLETIONS, completion("Once upon").put("echo", true));
        assertThat(echoed.at("/choices/0/text").stringValue()).isEqualTo("Once upon" + answer);
    }

    @Test
    void no_tokens_with_echo_give_the_prompt_and_its_scores() throws Exception {
        ObjectNode request = with(completion("Once upon a time"), "\"echo\":true,\"max_tokens\":0");
        JsonNode plain = service.ask(COMPLETIONS, request);
        assertThat(plain.at("/choices/0/text").stringValue()).isEqualTo("Once upon a time");
        assertThat(plain.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
        assertThat(plain.at("/usage/completion_tokens").intValue()).isZero();
        JsonNode scored = service.ask(COMPLETIONS, with(request, "\"logprobs\":2"));
        JsonNode logprobs = scored.at("/choices/0/logprobs");
        assertThat(logprobs.get("tokens").size())
                .isEqualTo(scored.at("/usage/prompt_tokens").intValue());
        assertThat(logprobs.at("/token_logprobs/0").isNull()).isTrue();
        assertThat(logprobs.at("/token_logprobs/1").isNumber()).isTrue();
    }

    @Test
    void a_stream_says_what_the_whole_reply_says() throws Exception {
        for (String fields : List.of(
                "\"max_tokens\":12",
                "\"n\":2,\"temperature\":1,\"seed\":4",
                "\"echo\":true,\"logprobs\":2",
                "\"prompt\":[\"a\",\"b\"],\"return_token_ids\":true")) {
            ObjectNode request = with(completion("Once upon"), fields);
            JsonNode whole = service.ask(COMPLETIONS, request);
            StreamedReply stream = service.stream(COMPLETIONS, streamedWithUsage(request));
            for (JsonNode choice : whole.get("choices").values()) {
                var text = new StringBuilder();
                int scores = 0;
                int ids = 0;
                for (JsonNode piece : stream.choices(choice.get("index").intValue())) {
                    text.append(piece.get("text").stringValue());
                    scores += piece.at("/logprobs/tokens").size();
                    ids += piece.at("/token_ids").size();
                }
                assertThat(text.toString()).isEqualTo(choice.get("text").stringValue());
                assertThat(scores).isEqualTo(choice.at("/logprobs/tokens").size());
                assertThat(ids).isEqualTo(choice.at("/token_ids").size());
                assertThat(stream.finishReason(choice.get("index").intValue()))
                        .isEqualTo(choice.get("finish_reason").stringValue());
            }
            List<JsonNode> chunks = stream.chunks();
            assertThat(chunks.getLast().get("usage")).isEqualTo(whole.get("usage"));
            assertThat(chunks.getLast().get("choices").isEmpty()).isTrue();
            assertThat(chunks)
                    .allMatch(chunk -> chunk.get("object").stringValue().equals("text_completion"));
        }
    }

    @Test
    void tokens_of_any_script_come_back() throws Exception {
        for (String text : List.of("Hello", "größer", "你好，世界", "🦊 🚀", "a\nb\t c", "<|im_end|>", "مرحبا", "")) {
            JsonNode tokens = service.ask("/tokenize", completion(text));
            assertThat(tokens.propertyNames()).containsExactlyInAnyOrder("tokens", "count", "max_model_len");
            assertThat(tokens.get("count").intValue())
                    .isEqualTo(tokens.get("tokens").size());
            assertThat(tokens.get("max_model_len").intValue()).isEqualTo(2048);
            JsonNode back = service.ask("/detokenize", ((ObjectNode) tokens).put("model", "dipper-mini"));
            assertThat(back.get("prompt").stringValue()).isEqualTo(text);
        }
    }

    @Test
    void counts_agree_with_usage() throws Exception {
        int count = service.ask("/tokenize", completion("Once upon a time"))
                .get("count")
                .intValue();
        assertThat(service.ask(COMPLETIONS, completion("Once upon a time"))
                        .at("/usage/prompt_tokens")
                        .intValue())
                .isEqualTo(count);
    }

    @Test
    void models_are_listed_and_found_by_id() throws Exception {
        JsonNode list =
                io.dipper.openaiapi.json.Json.tree(service.get("/v1/models").body());
        assertThat(list.get("object").stringValue()).isEqualTo("list");
        JsonNode model = list.at("/data/0");
        assertThat(model.propertyNames())
                .containsExactlyInAnyOrder("id", "object", "created", "owned_by", "max_model_len");
        assertThat(io.dipper.openaiapi.json.Json.tree(
                        service.get("/v1/models/dipper-mini").body()))
                .isEqualTo(model);
    }
}
