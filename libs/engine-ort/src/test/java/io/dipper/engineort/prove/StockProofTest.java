package io.dipper.engineort.prove;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engine.Event;
import io.dipper.engine.Outbox;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.Submitted;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.RunnerOptions;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A graph without an operator of ours answers as the reference does: alone, in chunks and in company.
class StockProofTest {
    /// One of each kind of part; the system property `dipper.stock=all` takes every golden and variant.
    private static final List<String> KINDS =
            List.of("qwen3", "gpt2", "gemma2", "gemma3n", "llama4", "gpt-oss", "glm4-moe", "deepseek-v3", "qwen3-next");

    private static final List<String> KINDS_OF_VARIANTS =
            List.of("deepseek-v2-groups", "mistral-window", "phi3-partial");

    @TempDir
    Path folder;

    static Stream<Path> checkpoints() throws IOException {
        boolean all = "all".equals(System.getProperty("dipper.stock"));
        return Stream.concat(
                (all ? GoldenProofTest.goldens() : KINDS).stream().map(Fixtures::golden),
                (all ? GoldenProofTest.variants() : KINDS_OF_VARIANTS).stream().map(Fixtures::variant));
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void aGraphOfStockOperatorsAnswersAsTheReferenceDoes(Path checkpoint) throws Exception {
        Path export = export(checkpoint);
        Proof proof = Prover.prove(checkpoint, export, Proof.Limits.of(Manifest.open(export)));
        assertThat(proof.verdict()).as("%s", proof).isEqualTo(Proof.Verdict.PASS);
        assertThat(proof.operators()).containsEntry("Linear", "stock").containsEntry("Sample", "dipper (java)");
        assertThat(ProofReport.of(proof).get("operators").get("Linear").stringValue())
                .isEqualTo("stock");
    }

    @Test
    void idsAreDrawnAsFromAGraphOfOurOperators() throws Exception {
        Path stock = export(Fixtures.golden("qwen3"));
        Path ours = folder.resolve("ours");
        Exporter.export(Fixtures.golden("qwen3"), Target.CPU_F32, ours, Progress.NONE);
        assertThat(drawn(stock)).hasSize(20).isEqualTo(drawn(ours));
    }

    private Path export(Path checkpoint) throws IOException {
        Path export = folder.resolve("export");
        ExportResult result = Exporter.export(checkpoint, Target.ONNX_STANDARD, export, Progress.NONE);
        assertThat(result).as(result.message()).isInstanceOf(ExportResult.Exported.class);
        return export;
    }

    /// What a request draws at a temperature, with a seed of its own and a penalty.
    private static List<Integer> drawn(Path export) throws Exception {
        var sampling = new Sampling(
                0.9f, 0.95f, 40, 0, 0.2f, 0.1f, 1.1f, 7, new int[0], new float[0], 0, Sampling.NO_LOGPROBS);
        var limits = new EngineLimits(1, 1, Long.MAX_VALUE, 64, 64, 64);
        var options = new RunnerOptions(16 << 20, 1, 64, 1, null);
        try (var engine = new Engine("drawn", OrtRunner.open(export, options), limits)) {
            var request = new Submission(new int[] {5, 9, 200, 31}, sampling, 20, new int[0], false, false, 0);
            Outbox outbox = ((Submitted.Accepted) engine.submit(request)).outbox();
            List<Integer> ids = new ArrayList<>();
            for (Event event = outbox.take(); event instanceof Event.Token token; event = outbox.take()) {
                ids.add(token.id());
            }
            return ids;
        }
    }
}
