package io.dipper.chat.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Templates that models were published with, against what the reference renders. They are
/// third-party texts and not part of the tree.
class ReferenceTemplatesTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Clock CLOCK =
            Clock.fixed(LocalDateTime.of(2026, 3, 7, 9, 5, 3).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);

    @Test
    void everyPublishedTemplateRendersAsInTheReference() throws IOException {
        Optional<Path> folder = Fixtures.referenceData().map(root -> root.resolve("chat-templates"));
        assumeTrue(folder.isPresent(), "DIPPER_REFERENCE_DATA names no reference data");
        List<String> lines = Files.readAllLines(folder.get().resolve("cases.jsonl"));
        var wrong = new ArrayList<String>();
        for (String line : lines) {
            JsonNode stated = JSON.readTree(line);
            Path file = folder.get()
                    .resolve("templates")
                    .resolve(stated.get("template").stringValue() + ".jinja");
            Map<String, Object> answer = RenderCases.render(Files.readString(file), stated, CLOCK);
            if (!agrees(stated.get("expected"), answer)) {
                wrong.add(stated.get("id").stringValue() + "\n  expected "
                        + JSON.writeValueAsString(stated.get("expected")) + "\n  but was  "
                        + JSON.writeValueAsString(answer.getOrDefault("text", answer)));
            }
        }
        assertThat(lines).isNotEmpty();
        assertThat(wrong).as(String.join("\n", wrong)).isEmpty();
    }

    private static boolean agrees(JsonNode expected, Map<String, Object> answer) {
        if (expected.isString()) {
            return expected.stringValue().equals(answer.get("text"));
        }
        boolean raised = expected.get("kind").stringValue().equals("raise_exception");
        return expected.get("kind").stringValue().equals(answer.get("kind"))
                && (!raised || expected.get("error").stringValue().equals(answer.get("error")));
    }
}
