package io.dipper.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.chat.tokenizer.StreamDecoder;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DipperMiniTest {
    private static final JsonMapper JSON = new JsonMapper();

    private static ChatModelFiles model;

    @BeforeAll
    static void load() throws IOException {
        model = ChatModelFiles.load(Fixtures.dipperMini());
    }

    @AfterAll
    static void close() {
        model.tokenizer().close();
    }

    static Stream<JsonNode> cases() throws IOException {
        Path folder = Fixtures.dipperMini();
        List<String> lines = Files.readAllLines(folder.resolve("expected.jsonl"));
        List<String> more = Files.readAllLines(folder.resolve("expected-extra.jsonl"));
        return Stream.concat(lines.stream(), more.stream()).map(JSON::readTree);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void promptsAreRenderedAndCutAsInTheReference(JsonNode expected) {
        var variables = new HashMap<>(model.templateVariables());
        for (String name : List.of("messages", "tools", "enable_thinking")) {
            variables.put(name, expected.get(name));
        }
        variables.put("add_generation_prompt", true);
        String prompt = model.template().render(variables, Clock.systemUTC());
        assertThat(prompt).isEqualTo(expected.get("rendered_prompt").stringValue());
        assertThat(model.tokenizer().encode(prompt, false)).isEqualTo(ids(expected.get("prompt_ids")));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void answersDecodedTokenByTokenAreTheWholeAnswer(JsonNode expected) {
        int[] ids = ids(expected.get("greedy_ids"));
        var decoder = new StreamDecoder(model.tokenizer(), true);
        var text = new StringBuilder();
        for (int id : ids) {
            text.append(decoder.accept(id));
        }
        text.append(decoder.finish());
        assertThat(text.toString()).isEqualTo(model.tokenizer().decode(ids, true));
        assertThat(text.toString()).isEqualTo(expected.get("text").stringValue());
    }

    @Test
    void filesTellHowToTalkToTheModel() {
        assertThat(model.endIds()).containsExactly(4087, 4089);
        assertThat(model.contextLength()).isEqualTo(2048);
        assertThat(model.replyFormat().thinks()).isTrue();
        assertThat(model.replyFormat().calls()).isTrue();
        assertThat(model.templateVariables()).containsOnlyKeys("eos_token", "pad_token");
        assertThat(model.template().optionNames())
                .containsExactlyInAnyOrder("messages", "tools", "add_generation_prompt", "enable_thinking");
        assertThat(model.tokenizer().vocabularySize()).isEqualTo(4096);
    }

    private static int[] ids(JsonNode node) {
        return node.valueStream().mapToInt(JsonNode::intValue).toArray();
    }
}
