package io.dipper.transformer.fold;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Reading.Read;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Level 2: from every published configuration, the published numbers.
class FactsTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final JsonNode EXPECTED =
            MAPPER.readTree(Fixtures.configurations().resolve("facts.json").toFile());

    /// Told by people, not computed; the family's name is our own.
    private static final Set<String> KEPT_BY_HAND = Set.of(
            "source",
            "family",
            "vendor_total_claim",
            "vendor_active_claim",
            "second_sources",
            "open_disagreements",
            "verified_by",
            "notes");

    static Stream<String> checkpoints() {
        return EXPECTED.propertyNames().stream();
    }

    @Test
    void everyConfigurationHasItsFacts() throws IOException {
        try (Stream<Path> folders = Files.list(Fixtures.configurations())) {
            assertThat(folders.filter(Files::isDirectory)
                            .map(folder -> folder.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(EXPECTED.propertyNames());
        }
    }

    private static JsonNode config(String checkpoint) {
        return MAPPER.readTree(Fixtures.configurations()
                .resolve(checkpoint)
                .resolve("config.json")
                .toFile());
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void everyComputedFieldEqualsThePublishedOne(String checkpoint) {
        Reading reading = Families.read(config(checkpoint));
        assertThat(reading).isInstanceOf(Read.class);
        Read read = (Read) reading;
        JsonNode facts = Facts.of(read.model(), read.family(), read.files(), List.of());
        JsonNode expected = EXPECTED.get(checkpoint);
        for (String field : expected.propertyNames()) {
            if (!KEPT_BY_HAND.contains(field)) {
                assertSame(field, expected.get(field), facts.path(field));
            }
        }
    }

    private static void assertSame(String path, JsonNode expected, JsonNode actual) {
        if (expected.isObject()) {
            assertThat(actual.isObject()).as(path).isTrue();
            expected.propertyNames().forEach(key -> assertSame(path + "." + key, expected.get(key), actual.path(key)));
        } else if (expected.isNumber()) {
            assertThat(actual.isNumber()).as("%s is %s", path, actual).isTrue();
            assertThat(actual.doubleValue()).as(path).isEqualTo(expected.doubleValue());
        } else {
            assertThat(actual.toString()).as(path).isEqualTo(expected.toString());
        }
    }
}
