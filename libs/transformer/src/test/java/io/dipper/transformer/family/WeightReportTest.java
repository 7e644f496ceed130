package io.dipper.transformer.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Reading.Read;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every golden's tensors are exactly those that its configuration's tree asks for.
class WeightReportTest {
    private static final JsonMapper MAPPER = new JsonMapper();

    static Stream<String> goldens() throws IOException {
        try (Stream<Path> folders = Files.list(Fixtures.root().resolve("libs/fixtures/goldens"))) {
            return folders
                    .filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .filter(WeightReportTest::hasFamily)
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static JsonNode config(String golden) {
        return MAPPER.readTree(Fixtures.golden(golden).resolve("config.json").toFile());
    }

    private static boolean hasFamily(String golden) {
        return Families.modelTypes().contains(config(golden).get("model_type").stringValue());
    }

    private static Read read(String golden) {
        Reading reading = Families.read(config(golden));
        assertThat(reading).isInstanceOf(Read.class);
        return (Read) reading;
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void theTreeAsksForExactlyWhatTheFilesHold(String golden) {
        WeightReport report = WeightReport.of(read(golden), tensors(golden));
        assertThat(report.fits()).as(report.text()).isTrue();
    }

    @Test
    void towersAreLeftOutByName() {
        String golden = "mistral-small-3.1-wrapped";
        assertThat(WeightReport.of(read(golden), tensors(golden)).leftOut())
                .containsEntry("vision_tower.patch_conv.weight", "vision tower")
                .containsEntry("multi_modal_projector.linear_1.weight", "multimodal projector");
    }

    @Test
    void aTiedHeadThatIsStoredAgainIsLeftOut() {
        Map<String, List<Long>> tensors = tensors("qwen3");
        tensors.put("lm_head.weight", List.of(320L, 64L));
        WeightReport report = WeightReport.of(read("qwen3"), tensors);
        assertThat(report.fits()).isTrue();
        assertThat(report.leftOut()).containsEntry("lm_head.weight", "repeats the tied embedding");
    }

    @Test
    void oneReportNamesEverythingThatDoesNotFit() {
        Map<String, List<Long>> tensors = tensors("qwen3");
        tensors.remove("model.norm.weight");
        tensors.put("model.layers.0.self_attn.q_proj.weight", List.of(64L, 128L));
        tensors.put("model.layers.0.self_attn.surprise", List.of(1L));
        WeightReport report = WeightReport.of(read("qwen3"), tensors);
        assertThat(report.fits()).isFalse();
        assertThat(report.text()).isEqualTo("""
                        missing model.norm.weight
                        extra model.layers.0.self_attn.surprise
                        misshapen model.layers.0.self_attn.q_proj.weight: expected [128, 64], found [64, 128]
                        """);
    }

    /// Names and shapes from the headers of a folder's files.
    private static Map<String, List<Long>> tensors(String golden) {
        try (Stream<Path> files = Files.list(Fixtures.golden(golden))) {
            Map<String, List<Long>> tensors = new TreeMap<>();
            files.filter(file -> file.getFileName().toString().startsWith("model")
                            && file.toString().endsWith(".safetensors"))
                    .forEach(file -> tensors.putAll(header(file)));
            return tensors;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, List<Long>> header(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(length, 0);
            ByteBuffer json = ByteBuffer.allocate((int) length.getLong(0));
            channel.read(json, 8);
            JsonNode header = MAPPER.readTree(new String(json.array(), StandardCharsets.UTF_8));
            Map<String, List<Long>> tensors = new TreeMap<>();
            header.properties().stream()
                    .filter(entry -> !entry.getKey().equals("__metadata__"))
                    .forEach(entry -> tensors.put(
                            entry.getKey(),
                            entry.getValue()
                                    .get("shape")
                                    .valueStream()
                                    .map(JsonNode::longValue)
                                    .toList()));
            return tensors;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
