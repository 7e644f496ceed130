package io.dipper.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
    /// What the first two versions do not have.
    private static final String OPERATORS = "(?s),\\s*\"operators\" : \\{.*?\\}\\s*\\}";

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        StoredFile weights;
        try (OutputFile out = OutputFile.create(folder.resolve("weights.bin"))) {
            out.write(new byte[20]);
            out.align(64);
            out.write(new byte[8]);
            weights = out.finish();
        }
        Manifest.of(
                        "cpu-f32",
                        "llama",
                        "0".repeat(64),
                        new Manifest.Sizes(320, 64, 256, 16),
                        List.of(new Manifest.KvGroup(0), new Manifest.KvGroup(8)),
                        List.of(new Manifest.KvLayer("kv.0", 1, 128)),
                        List.of(new Manifest.Tensor(
                                "head",
                                "weights.bin",
                                64,
                                8,
                                StoredType.F32,
                                new long[] {2, 1},
                                Manifest.Place.DEVICE)),
                        new StepMemory(
                                List.of(StepMemory.Bytes.perToken(1000)), List.of(StepMemory.Bytes.perDraw(8)), 0, 0),
                        List.of(weights),
                        List.of("token_ids", "kv.0"),
                        List.of("ids"),
                        new TreeMap<>(Map.of("Linear", new OperatorForms(2, 0))))
                .write(folder);
    }

    @Test
    void aManifestIsReadBackAsItWasWritten() throws IOException {
        Manifest manifest = Manifest.open(folder);

        assertThat(manifest.format()).isEqualTo("dipper-export");
        assertThat(manifest.kvLayers()).containsExactly(new Manifest.KvLayer("kv.0", 1, 128));
        assertThat(manifest.tensors().getFirst().shape()).containsExactly(2, 1);
        assertThat(manifest.files()).extracting(StoredFile::bytes).containsExactly(72L);
        manifest.verify(folder, Progress.NONE);
    }

    @Test
    void aManifestOfVersion1HasItsWeightsOnTheDevice() throws IOException {
        Manifest written = Manifest.open(folder);
        Path file = folder.resolve("manifest.json");
        String text = Files.readString(file)
                .replace("\"version\" : 3", "\"version\" : 1")
                .replaceFirst(OPERATORS, "");
        Files.writeString(file, text.replaceFirst(",\\s*\"place\" : \"DEVICE\"", ""));
        assertThat(Files.readString(file)).doesNotContain("place");

        Manifest manifest = Manifest.open(folder);
        assertThat(manifest.version()).isEqualTo(Manifest.VERSION);
        assertThat(manifest.tensors())
                .usingRecursiveFieldByFieldElementComparator()
                .isEqualTo(written.tensors());
    }

    @Test
    void aManifestOfTheVersionBeforeTellsNoOperators() throws IOException {
        Path file = folder.resolve("manifest.json");
        String text = Files.readString(file);
        String before = text.replace("\"version\" : 3", "\"version\" : 2").replaceFirst(OPERATORS, "");
        assertThat(before).doesNotContain("operators");
        Files.writeString(file, before);

        assertThat(Manifest.open(folder).operators()).isEmpty();
        assertThat(Manifest.open(folder).version()).isEqualTo(3);
    }

    @Test
    void whatAStepTakesIsKeptAndUnknownInOlderManifests() throws IOException {
        var sizes = StepMemory.Sizes.largest(256, 4);
        StepMemory step = Manifest.open(folder).step();
        assertThat(step.handedBytes(sizes)).isEqualTo(256_000);
        assertThat(step.scratchBytes(sizes)).isEqualTo(256);

        Path file = folder.resolve("manifest.json");
        String text = Files.readString(file);
        Files.writeString(file, text.replaceFirst("(?s)\"step\" : .*?\"files\"", "\"files\""));
        assertThat(Manifest.open(folder).step()).isEqualTo(StepMemory.UNKNOWN);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dipper-export| other| format: 'other'",
                "\"version\" : 3| \"version\" : 4| version: 4 is not 3",
                "\"version\" : 3| \"version\" : 0| version: 0 is not 3",
                "\"version\" : 3| \"version\" : 1| version: 1 is not 3",
                "\"version\" : 3| \"version\" : 3, \"extra\" : 1| extra",
                "\"blockTokens\" : 16,| ''| blockTokens",
                "\"blockTokens\" : 16| \"blockTokens\" : 0| blockTokens: is 0",
                "\"blockTokens\" : 16| \"blockTokens\" : null| blockTokens",
                "\"group\" : 1| \"group\" : 2| kvLayers: kv.0 is of group 2 of 2",
                "\"offset\" : 64| \"offset\" : 65| tensors: head reaches past the end of weights.bin",
                "\"offset\" : 64| \"offset\" : 9223372036854775807| tensors: head reaches past",
                "\"bytes\" : 8| \"bytes\" : 4| tensors: head has 4 bytes for F32[2, 1]",
                "weights.bin| ../weights.bin| no name of a file"
            })
    void aManifestThatCannotBeIsRefusedByField(String from, String to, String problem) throws IOException {
        Path file = folder.resolve("manifest.json");
        String text = Files.readString(file);
        assertThat(text).contains(from);
        Files.writeString(file, text.replace(from, to));

        assertThatThrownBy(() -> Manifest.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(problem);
    }

    @Test
    void aCutOrMissingFileIsSeenWhenOpening() throws IOException {
        Path weights = folder.resolve("weights.bin");
        Files.write(weights, new byte[71]);
        assertThatThrownBy(() -> Manifest.open(folder)).hasMessage(weights + ": has 71 bytes, manifest.json says 72");

        Files.delete(weights);
        assertThatThrownBy(() -> Manifest.open(folder)).hasMessageContaining("weights.bin: is missing");
    }

    @Test
    void aChangedByteIsSeenWhenVerifying() throws IOException {
        byte[] changed = new byte[72];
        changed[71] = 1;
        Files.write(folder.resolve("weights.bin"), changed);
        Manifest manifest = Manifest.open(folder);

        assertThatThrownBy(() -> manifest.verify(folder, Progress.NONE))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("weights.bin: has SHA-256");
    }

    @Test
    void aFolderWithoutManifestIsNoExport() throws IOException {
        Files.delete(folder.resolve("manifest.json"));
        assertThatThrownBy(() -> Manifest.open(folder)).hasMessageContaining("manifest.json: is missing");
    }
}
