package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.SharedService;
import io.dipper.openaiapi.json.Json;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@ExtendWith(SharedService.class)
class ChatReplyTest {
    private final RunningService service;

    ChatReplyTest(RunningService service) {
        this.service = service;
    }

    @Test
    void a_reply_has_all_its_keys() throws Exception {
        JsonNode reply = service.ask(CHAT, chat("Hello! Who are you?").put("max_tokens", 50));
        assertThat(reply.propertyNames())
                .containsExactlyInAnyOrder(
                        "id", "object", "created", "model", "system_fingerprint", "choices", "usage");
        assertThat(reply.get("id").stringValue()).startsWith("chatcmpl-");
        assertThat(reply.get("object").stringValue()).isEqualTo("chat.completion");
        assertThat(reply.get("model").stringValue()).isEqualTo("dipper-mini");
        assertThat(reply.get("created").longValue()).isBetween(1_700_000_000L, 100_000_000_000L);
        JsonNode choice = reply.get("choices").get(0);
        assertThat(choice.propertyNames()).containsExactlyInAnyOrder("index", "message", "logprobs", "finish_reason");
        assertThat(choice.get("logprobs").isNull()).isTrue();
        assertThat(choice.get("finish_reason").stringValue()).isEqualTo("stop");
        JsonNode message = choice.get("message");
        assertThat(message.propertyNames()).containsExactlyInAnyOrder("role", "content", "refusal");
        assertThat(message.get("content").stringValue())
                .isEqualTo("I am Dipper Mini, a 14-million-parameter demonstration model of the Dipper platform.");
        JsonNode usage = reply.get("usage");
        assertThat(usage.get("prompt_tokens").intValue()).isEqualTo(19);
        assertThat(usage.get("completion_tokens").intValue()).isEqualTo(25);
        assertThat(usage.get("total_tokens").intValue()).isEqualTo(44);
        assertThat(usage.at("/prompt_tokens_details/cached_tokens").isInt()).isTrue();
        assertThat(usage.at("/completion_tokens_details/reasoning_tokens").intValue())
                .isZero();
    }

    @Test
    void ids_are_unique() throws Exception {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            ids.add(service.ask(CHAT, chat("Hello").put("max_tokens", 1))
                    .get("id")
                    .stringValue());
        }
        assertThat(ids).hasSize(20);
    }

    @Test
    void a_limit_cuts_under_both_its_names() throws Exception {
        for (String name : new String[] {"max_tokens", "max_completion_tokens"}) {
            ObjectNode request = chat("Hello! Who are you?");
            request.remove("max_tokens");
            JsonNode reply = service.ask(CHAT, request.put(name, 5));
            assertThat(reply.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
            assertThat(reply.at("/usage/completion_tokens").intValue()).isEqualTo(5);
            assertThat(content(reply)).isEqualTo("I am Dipper Mini,");
        }
    }

    @Test
    void a_limit_past_the_context_is_cut_to_it() throws Exception {
        JsonNode reply = service.ask(CHAT, with(chat("Go on"), "\"max_tokens\":1000000,\"ignore_eos\":true"));
        assertThat(reply.at("/usage/total_tokens").intValue()).isEqualTo(2048);
        assertThat(reply.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
    }

    @Test
    void parts_and_a_text_give_the_same_answer() throws Exception {
        ObjectNode parts = with(
                chat(""),
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hello! \"},"
                        + "{\"type\":\"text\",\"text\":\"Who are you?\"}]}]");
        assertThat(content(service.ask(CHAT, parts)))
                .isEqualTo(content(service.ask(CHAT, chat("Hello! Who are you?"))));
    }

    @Test
    void fields_sent_as_null_and_fields_without_use_change_nothing() throws Exception {
        ObjectNode request = chat("Tell me something");
        String plain = content(service.ask(CHAT, request));
        for (String field : new String[] {
            "top_p",
            "top_k",
            "min_p",
            "n",
            "stop",
            "seed",
            "stream",
            "stream_options",
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "presence_penalty",
            "frequency_penalty",
            "repetition_penalty",
            "tools",
            "tool_choice",
            "response_format",
            "user",
            "parallel_tool_calls",
            "max_completion_tokens",
            "min_tokens",
            "ignore_eos",
            "chat_template_kwargs",
            "functions"
        }) {
            request.putNull(field);
        }
        assertThat(content(service.ask(CHAT, request))).isEqualTo(plain);
        JsonNode reply = service.ask(
                CHAT,
                with(
                        chat("Tell me something"),
                        "\"user\":\"u\",\"metadata\":{\"a\":\"b\"},\"store\":true,\"service_tier\":\"auto\","
                                + "\"safety_identifier\":\"s\",\"prompt_cache_key\":\"k\",\"unheard_of\":1"));
        assertThat(content(reply)).isEqualTo(plain);
    }

    @Test
    void a_seed_repeats_and_other_seeds_differ() throws Exception {
        ObjectNode request = chat("Surprise me").put("temperature", 1).put("seed", 42);
        Set<String> same = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            same.add(content(service.ask(CHAT, request)));
        }
        assertThat(same).hasSize(1);
        assertThat(content(service.ask(CHAT, request.deepCopy().put("seed", -43))))
                .isNotIn(same);
        assertThat(content(service.ask(CHAT, request.deepCopy().put("seed", Long.MIN_VALUE))))
                .isNotEmpty();
    }

    @Test
    void choices_draw_their_own_streams_and_the_first_is_the_single_one() throws Exception {
        ObjectNode request = chat("Surprise me").put("temperature", 1).put("seed", 7);
        JsonNode single = service.ask(CHAT, request);
        JsonNode three = service.ask(CHAT, request.deepCopy().put("n", 3));
        Set<String> texts = new HashSet<>();
        for (int index = 0; index < 3; index++) {
            JsonNode choice = three.get("choices").get(index);
            assertThat(choice.get("index").intValue()).isEqualTo(index);
            texts.add(choice.at("/message/content").stringValue());
        }
        assertThat(texts).hasSize(3).contains(content(single));
        assertThat(three.at("/usage/prompt_tokens")).isEqualTo(single.at("/usage/prompt_tokens"));
        assertThat(three.at("/usage/completion_tokens").intValue())
                .isGreaterThan(single.at("/usage/completion_tokens").intValue())
                .isLessThanOrEqualTo(72);
    }

    @Test
    void a_banned_token_does_not_come() throws Exception {
        JsonNode reply = service.ask(CHAT, with(chat("Hello! Who are you?"), "\"logit_bias\":{\"40\":-100}"));
        assertThat(content(reply)).doesNotStartWith("I");
    }

    @Test
    void token_ids_come_when_asked_for_with_the_end_token() throws Exception {
        JsonNode reply =
                service.ask(CHAT, with(chat("Hello! Who are you?"), "\"max_tokens\":50,\"return_token_ids\":true"));
        assertThat(reply.get("prompt_token_ids").size()).isEqualTo(19);
        JsonNode ids = reply.at("/choices/0/token_ids");
        assertThat(ids.size()).isEqualTo(25);
        assertThat(ids.get(24).intValue()).isEqualTo(4089);
    }

    @Test
    void render_shows_what_the_model_sees() throws Exception {
        JsonNode rendered = service.ask(CHAT + "/render", chat("Hello! Who are you?"));
        assertThat(rendered.propertyNames()).containsExactlyInAnyOrder("prompt", "token_ids");
        assertThat(rendered.get("prompt").stringValue()).isEqualTo("""
                        <|im_start|>user
                        Hello! Who are you?<|im_end|>
                        <|im_start|>assistant
                        <think>

                        </think>

                        """);
        assertThat(rendered.get("token_ids").size()).isEqualTo(19);
    }

    @Test
    void a_request_id_is_kept_and_a_connection_too() throws Exception {
        for (String body : new String[] {
            Json.text(chat("Hello")), "{", Json.text(chat("Hello").put("stream", true))
        }) {
            HttpResponse<String> reply = service.http()
                    .send(
                            service.request(CHAT + "?beta=true")
                                    .header("x-request-id", "mine-1")
                                    .header("x-stainless-lang", "java")
                                    .header("Content-Type", "application/json; charset=utf-8")
                                    .POST(HttpRequest.BodyPublishers.ofString(body))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(reply.headers().firstValue("x-request-id")).hasValue("mine-1");
        }
    }

    private static String content(JsonNode reply) {
        return reply.at("/choices/0/message/content").stringValue();
    }
}
