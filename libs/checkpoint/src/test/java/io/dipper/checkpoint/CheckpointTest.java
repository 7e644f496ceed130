package io.dipper.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
    @TempDir
    Path folder;

    @BeforeEach
    void writeConfig() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"tiny\"}");
    }

    @ParameterizedTest
    @CsvSource({
        "llama3, llama, model.embed_tokens.weight",
        "gemma3-wrapped, gemma3, language_model.model.embed_tokens.weight",
        "deepseek-v3-fp8, deepseek_v3, model.layers.0.self_attn.kv_b_proj.weight_scale_inv"
    })
    void goldensOpen(String golden, String modelType, String tensor) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.golden(golden))) {
            assertThat(checkpoint.config().get("model_type").stringValue()).isEqualTo(modelType);
            TensorInfo info = checkpoint.tensors().get(tensor);
            assertThat(checkpoint.map(info).byteSize()).isEqualTo(info.bytes());
        }
    }

    @Test
    void expectedAnswersAreReadLikeAnyTensors() throws IOException {
        try (SafetensorsFile expected =
                SafetensorsFile.open(Fixtures.golden("qwen3").resolve("expected.safetensors"))) {
            assertThat(expected.tensor("greedy_ids").type()).isEqualTo(StoredType.I64);
            assertThat(expected.tensor("greedy_ids").shape()).containsExactly(12);
            float[] logits = Floats.decode(StoredType.F32, expected.map(expected.tensor("logits")));
            assertThat(logits).hasSize(24 * 320);
            for (float logit : logits) {
                assertThat(logit).isFinite();
            }
        }
    }

    @Test
    void shardsAreFoundThroughTheIndex() throws IOException {
        shard("model-00001-of-00002.safetensors", "a");
        shard("model-00002-of-00002.safetensors", "b");
        index("{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}");

        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.tensors().sequencedKeySet()).containsExactly("a", "b");
        }
        assertThat(CheckpointFiles.list(folder))
                .containsExactly(
                        "config.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors",
                        "model.safetensors.index.json");
    }

    @Test
    void aListedShardThatIsMissingIsNamed() throws IOException {
        shard("one.safetensors", "a");
        index("{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}");

        assertRefused("two.safetensors: is missing");
    }

    @Test
    void aTensorThatIsOnlyInTheIndexIsNamed() throws IOException {
        shard("one.safetensors", "a");
        index("{\"a\":\"one.safetensors\",\"b\":\"one.safetensors\",\"c\":\"one.safetensors\"}");

        assertRefused("model.safetensors.index.json: tensor 'b': weight_map: is not in one.safetensors (and 1 more)");
    }

    @Test
    void aTensorInAnotherShardThanTheIndexSaysIsNamed() throws IOException {
        shard("one.safetensors", "a");
        shard("two.safetensors", "b");
        index("{\"a\":\"two.safetensors\",\"b\":\"one.safetensors\"}");

        assertRefused("tensor 'a': weight_map: is not in two.safetensors");
    }

    @Test
    void aTensorInTwoShardsIsRefused() throws IOException {
        shard("one.safetensors", "a", "both");
        shard("two.safetensors", "b", "both");
        index("{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}");

        assertRefused("two.safetensors: tensor 'both': name: is also in one.safetensors");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../one.safetensors", "/etc/passwd", "one.bin", "a/b.safetensors", ".safetensors", ""})
    void anIndexCannotReachOutsideItsFolder(String name) throws IOException {
        shard("one.safetensors", "a");
        index("{\"a\":\"" + name + "\"}");

        assertRefused("tensor 'a': weight_map: '" + name + "' is no plain name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "5", "null"})
    void anIndexWithoutTensorsIsRefused(String weightMap) throws IOException {
        index(weightMap);

        assertRefused("model.safetensors.index.json: weight_map");
    }

    @Test
    void aFolderWithoutWeightsSaysWhatIsMissing() {
        assertRefused("model.safetensors: is missing, and so is model.safetensors.index.json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\":1,\"a\":2}| Duplicate",
                "{\"a\":1| not valid JSON",
                "[]| is not a JSON object",
                "{} {}| not valid JSON"
            })
    void aBrokenConfigIsRefusedByName(String config, String problem) throws IOException {
        Files.writeString(folder.resolve("config.json"), config);

        assertRefused("config.json: ", problem);
    }

    @Test
    void theDigestFollowsContentAndNamesAlone(@TempDir Path other) throws IOException {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), Map.of(), List.of(tensor("a")), Progress.NONE);
        String digest = Digests.ofCheckpoint(folder, Progress.NONE);
        for (String name : CheckpointFiles.list(folder)) {
            Files.copy(folder.resolve(name), other.resolve(name));
        }
        Files.writeString(other.resolve("README.md"), "a card changes nothing");
        assertThat(Digests.ofCheckpoint(other, Progress.NONE)).isEqualTo(digest);

        Files.writeString(other.resolve("tokenizer.json"), "{}");
        assertThat(Digests.ofCheckpoint(other, Progress.NONE)).isNotEqualTo(digest);
    }

    private void assertRefused(String... parts) {
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(folder.toString())
                .hasMessageContainingAll(parts);
    }

    private void index(String weightMap) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"weight_map\":" + weightMap + "}");
    }

    private void shard(String name, String... tensors) throws IOException {
        SafetensorsWriter.write(
                folder.resolve(name),
                Map.of(),
                List.of(tensors).stream().map(CheckpointTest::tensor).toList(),
                Progress.NONE);
    }

    private static SafetensorsWriter.Tensor tensor(String name) {
        return new SafetensorsWriter.Tensor(
                name, StoredType.F32, new long[] {2}, SafetensorsWriter.Content.of(StoredType.F32, 1, 2));
    }
}
