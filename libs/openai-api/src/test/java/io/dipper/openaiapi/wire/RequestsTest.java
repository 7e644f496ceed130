package io.dipper.openaiapi.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.Checked;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestsTest {
    @Test
    void parts_and_a_text_have_the_same_meaning() {
        ChatRequest parts = chat("\"messages\":[{\"role\":\"user\",\"content\":"
                + "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]");
        assertThat(parts.messages().getFirst().content()).isEqualTo("ab");
    }

    @Test
    void both_names_of_the_limit_mean_one_thing() {
        assertThat(chat("\"max_tokens\":5").generation().maxTokens()).isEqualTo(5);
        GenerationFields both =
                chat("\"max_tokens\":5,\"max_completion_tokens\":6").generation();
        assertThat(both.maxTokens()).isEqualTo(6);
        assertThat(both.maxTokensField()).isEqualTo("max_completion_tokens");
    }

    @Test
    void calls_of_earlier_turns_are_read() {
        ChatMessage message =
                chat("\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\","
                                + "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}]")
                        .messages()
                        .getFirst();
        assertThat(message.content()).isNull();
        assertThat(message.toolCalls()).containsExactly(new ChatMessage.ToolCall("c", "f", "{"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "messages | \"messages\":{}",
                "messages[0] | \"messages\":[1]",
                "messages[0] | \"messages\":[null]",
                "messages[0].role | \"messages\":[{}]",
                "messages[0].role | \"messages\":[{\"role\":1}]",
                "messages[0].content | \"messages\":[{\"role\":\"user\",\"content\":1}]",
                "messages[0].content[0] | \"messages\":[{\"role\":\"user\",\"content\":[\"a\"]}]",
                "messages[0].content[0].type | \"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"a\"}]}]",
                "messages[0].content[0].type | \"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]",
                "messages[0].content[0].text | \"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}]",
                "messages[0].tool_calls[0].function | \"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]",
                "model | \"model\":7",
                "temperature | \"temperature\":\"hot\"",
                "seed | \"seed\":1e30",
                "n | \"n\":true",
                "max_tokens | \"max_tokens\":1.5",
                "max_completion_tokens | \"max_completion_tokens\":\"ten\"",
                "stop | \"stop\":5",
                "stop[1] | \"stop\":[\"a\",5]",
                "stream | \"stream\":\"true\"",
                "stream_options | \"stream_options\":true",
                "stream_options.include_usage | \"stream_options\":{\"include_usage\":1}",
                "logit_bias | \"logit_bias\":[1]",
                "logit_bias | \"logit_bias\":{\"1\":\"a\"}",
                "tools | \"tools\":{}",
                "tools[0] | \"tools\":[1]",
                "response_format | \"response_format\":\"text\"",
                "chat_template_kwargs | \"chat_template_kwargs\":[]",
            })
    void a_wrong_type_is_refused_by_the_fields_name(String param, String fields) {
        assertThat(refusal(ChatRequest.read(body(fields))).param()).isEqualTo(param);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "prompt | \"prompt\":5",
                "prompt | \"prompt\":{}",
                "prompt[1] | \"prompt\":[\"a\",1]",
                "prompt[1] | \"prompt\":[1,\"a\"]",
                "prompt[1] | \"prompt\":[[1],\"a\"]",
                "prompt[0][1] | \"prompt\":[[1,1.5]]",
                "prompt[0] | \"prompt\":[true]",
                "echo | \"echo\":1",
                "logprobs | \"logprobs\":true",
            })
    void a_wrong_prompt_is_refused_by_its_place(String param, String fields) {
        assertThat(refusal(CompletionRequest.read(body(fields))).param()).isEqualTo(param);
    }

    private static ChatRequest chat(String fields) {
        return ChatRequest.read(body(fields)).orThrow();
    }

    private static byte[] body(String fields) {
        return ("{" + fields + "}").getBytes(StandardCharsets.UTF_8);
    }

    private static ApiError refusal(Checked<?> checked) {
        return ((Checked.Refused<?>) checked).error();
    }
}
