package io.dipper.transformer.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.fold.Facts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Whatever stands in whichever key of a golden's or a variant's configuration: reading it answers, and never
/// throws.
class HostileConfigurationTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final List<String> HOSTILE = List.of(
            "null", "true", "\"x\"", "-1", "0", "1", "3", "2147483647", "1e300", "-0.5", "[]", "[1]", "[\"x\"]", "{}");

    static Stream<Path> checkpoints() throws IOException {
        List<Path> folders = new ArrayList<>();
        for (String kind : List.of("goldens", "variants")) {
            try (Stream<Path> all =
                    Files.list(Fixtures.root().resolve("libs/fixtures").resolve(kind))) {
                all.filter(Files::isDirectory).sorted().forEach(folders::add);
            }
        }
        return folders.stream();
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void everyKeyMaySayAnything(Path checkpoint) {
        Path file = checkpoint.resolve("config.json");
        ObjectNode config = (ObjectNode) MAPPER.readTree(file.toFile());
        List<String> thrown = new ArrayList<>();
        mutate(config, config, "", thrown);
        assertThat(thrown).isEmpty();
    }

    /// But Grok 2, whose files say `git`: the reference does not know it.
    @Test
    void everyModelTypeHasACheckpointWithTheReferencesAnswers() throws IOException {
        Set<String> proven = checkpoints()
                .map(checkpoint ->
                        MAPPER.readTree(checkpoint.resolve("config.json").toFile()))
                .flatMap(config -> Stream.of(config, config.path("text_config")))
                .map(config -> config.path("model_type").asString(""))
                .collect(Collectors.toSet());
        assertThat(Families.modelTypes().stream().filter(type -> !proven.contains(type)))
                .containsExactly("git");
    }

    private static void mutate(ObjectNode whole, ObjectNode object, String path, List<String> thrown) {
        for (String key : List.copyOf(object.propertyNames())) {
            JsonNode original = object.get(key);
            for (String value : HOSTILE) {
                object.set(key, MAPPER.readTree(value));
                try {
                    if (Families.read(whole) instanceof Reading.Read read) {
                        assertThat(Facts.of(read.model(), read.family(), read.files(), List.of()))
                                .isNotEmpty();
                    }
                } catch (RuntimeException e) {
                    thrown.add(path + key + " = " + value + ": " + e);
                }
            }
            object.set(key, original);
            if (original instanceof ObjectNode nested) {
                mutate(whole, nested, path + key + ".", thrown);
            }
        }
    }
}
