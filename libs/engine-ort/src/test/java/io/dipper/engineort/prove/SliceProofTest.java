package io.dipper.engineort.prove;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.SafetensorsWriter;
import io.dipper.checkpoint.SafetensorsWriter.Content;
import io.dipper.checkpoint.SafetensorsWriter.Tensor;
import io.dipper.checkpoint.StoredType;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.SliceWriter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// A smaller model cut out of a larger one answers as plain loops over the larger one's own tensors
/// do.
class SliceProofTest {
    private static final int STEPS = 8;
    private static final int VOCABULARY = 320;
    private static final int[] PROMPT = {7, 91, 3, 250, 118, 44, 300, 12, 61, 200, 5, 77, 8, 9};

    @TempDir
    Path folder;

    @Test
    void thePlainLoopsThemselvesAnswerAsTheReferenceDoes() throws IOException {
        Path golden = Fixtures.golden("gemma3n");
        Reference reference = Reference.find(golden, VOCABULARY);
        try (Checkpoint checkpoint = Checkpoint.open(golden)) {
            var plain = new PlainGemma3n(checkpoint, List.of(0, 1, 2, 3, 4, 5), Collections.nCopies(6, 160));
            for (int length : new int[] {1, 9, reference.prompt().length}) {
                float[] expected = reference.logits()[length - 1];
                float[] logits = plain.logits(Arrays.copyOf(reference.prompt(), length));
                for (int i = 0; i < expected.length; i++) {
                    assertThat(Math.abs(logits[i] - expected[i])).isLessThan(2e-4f);
                }
            }
        }
    }

    @Test
    void aSliceOfWidthsAndLayersIsProven() throws Exception {
        proven(
                "{\"intermediate_size\": [96, 160, 40, 8], \"skipped_layers\": [0, 4]}",
                List.of(1, 2, 3, 5),
                List.of(96, 160, 40, 8));
    }

    @Test
    void aSliceOfOneWidthIsProven() throws Exception {
        proven("{\"intermediate_size\": 80}", List.of(0, 1, 2, 3, 4, 5), Collections.nCopies(6, 80));
    }

    private void proven(String slice, List<Integer> layers, List<Integer> widths) throws Exception {
        Path golden = Fixtures.golden("gemma3n");
        Path cut = folder.resolve("cut");
        assertThat(SliceWriter.write(golden, JsonMapper.shared().readTree(slice), cut, Progress.NONE))
                .isEmpty();
        try (Checkpoint checkpoint = Checkpoint.open(golden)) {
            expect(new PlainGemma3n(checkpoint, layers, widths), cut.resolve("expected.safetensors"));
        }
        Path export = folder.resolve("export");
        ExportResult result = Exporter.export(cut, Target.CPU_F32, export, Progress.NONE);
        assertThat(result).as(result.message()).isInstanceOf(ExportResult.Exported.class);
        Proof proof = Prover.prove(cut, export, Proof.Limits.CPU_F32);
        assertThat(proof.verdict()).as("%s", proof).isEqualTo(Proof.Verdict.PASS);
        assertThat(proof.reference()).isNotNull();
    }

    /// Writes the plain loops' answers as a reference.
    private static void expect(PlainGemma3n plain, Path file) throws IOException {
        float[][] logits = new float[PROMPT.length][];
        for (int t = 0; t < PROMPT.length; t++) {
            logits[t] = plain.logits(Arrays.copyOf(PROMPT, t + 1));
        }
        int[] text = PROMPT;
        float[][] greedyLogits = new float[STEPS][];
        for (int step = 0; step < STEPS; step++) {
            greedyLogits[step] = plain.logits(text);
            text = Arrays.copyOf(text, text.length + 1);
            text[text.length - 1] = largest(greedyLogits[step]);
        }
        SafetensorsWriter.write(
                file,
                Map.of(),
                List.of(
                        ids("input_ids", PROMPT, 1, PROMPT.length),
                        floats("logits", logits),
                        ids("greedy_ids", Arrays.copyOfRange(text, PROMPT.length, text.length), STEPS),
                        floats("greedy_logits", greedyLogits)),
                Progress.NONE);
    }

    private static Tensor ids(String name, int[] values, long... shape) {
        long[] wide = Arrays.stream(values).asLongStream().toArray();
        return new Tensor(name, StoredType.I64, shape, Content.of(MemorySegment.ofArray(wide)));
    }

    private static Tensor floats(String name, float[][] rows) {
        float[] flat = new float[rows.length * rows[0].length];
        for (int row = 0; row < rows.length; row++) {
            System.arraycopy(rows[row], 0, flat, row * rows[0].length, rows[0].length);
        }
        long[] shape = {rows.length, rows[0].length};
        return new Tensor(name, StoredType.F32, shape, Content.of(StoredType.F32, flat));
    }

    private static int largest(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }
}
