package io.dipper.chat.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The template language, case by case: our templates, the reference's answers. The first line of
/// `language.jsonl` holds the variables. Where the reference fails, `error` is the kind of failure, or
/// the message if the template itself raised it.
class LanguageTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Clock CLOCK =
            Clock.fixed(LocalDateTime.of(2026, 3, 7, 9, 5, 3).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);

    record Case(String template, Map<String, Object> variables, JsonNode stated) {
        @Override
        public String toString() {
            return stated.get("group").stringValue() + ": " + template;
        }
    }

    static Stream<Case> cases() throws IOException {
        List<JsonNode> lines;
        try (var file = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(LanguageTest.class.getResourceAsStream("language.jsonl")),
                StandardCharsets.UTF_8))) {
            lines = file.lines().map(JSON::readTree).toList();
        }
        var variables = new HashMap<String, Object>();
        lines.getFirst()
                .get("variables")
                .properties()
                .forEach(entry -> variables.put(entry.getKey(), entry.getValue()));
        return lines.stream()
                .skip(1)
                .map(stated -> new Case(stated.get("template").stringValue(), variables, stated));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isTheReferences(Case one) {
        JsonNode expected = one.stated().get("expected");
        String rendered;
        try {
            rendered = ChatTemplate.compile(one.template()).render(one.variables(), CLOCK);
        } catch (TemplateException e) {
            assertThat(expected).as(e.getMessage()).isNull();
            boolean raised = e.kind() == TemplateException.Kind.RAISED;
            assertThat(raised ? e.getMessage() : e.kind().text())
                    .isEqualTo(one.stated().get("error").stringValue());
            return;
        }
        assertThat(expected).as("it renders as " + rendered).isNotNull();
        assertThat(rendered).isEqualTo(expected.stringValue());
    }
}
