package io.dipper.engineort.prove;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenProofTest {
    @TempDir
    Path folder;

    static List<String> goldens() throws IOException {
        return folders("libs/fixtures/goldens");
    }

    static List<String> variants() throws IOException {
        return folders("libs/fixtures/variants");
    }

    private static List<String> folders(String within) throws IOException {
        try (Stream<Path> all = Files.list(Fixtures.root().resolve(within))) {
            return all.filter(Files::isDirectory)
                    .map(checkpoint -> checkpoint.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void theServedGraphAnswersAsTheReferenceDoes(String golden) throws Exception {
        passes(Fixtures.golden(golden));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void everyFlagOfADesignDoesWhatItDoesInTheReference(String variant) throws Exception {
        passes(Fixtures.variant(variant));
    }

    private void passes(Path checkpoint) throws Exception {
        Path export = folder.resolve("export");
        ExportResult result = Exporter.export(checkpoint, Target.CPU_F32, export, Progress.NONE);
        assertThat(result).as(result.message()).isInstanceOf(ExportResult.Exported.class);
        Proof proof = Prover.prove(checkpoint, export, Proof.Limits.of(Manifest.open(export)));
        assertThat(proof.verdict()).as("%s", proof).isEqualTo(Proof.Verdict.PASS);
    }

    @Test
    void aModelWithoutAReferenceIsComparedWithItself() throws Exception {
        Path export = folder.resolve("export");
        assertThat(Exporter.export(Fixtures.dipperMini(), Target.CPU_F32, export, Progress.NONE))
                .isInstanceOf(ExportResult.Exported.class);
        Proof proof = Prover.prove(Fixtures.dipperMini(), export, Proof.Limits.CPU_F32, 1);
        assertThat(proof.verdict()).as("%s", proof).isEqualTo(Proof.Verdict.PASS);
        assertThat(proof.reference()).isNull();
        assertThat(proof.greedyIds()).hasSize(16);
        var report = ProofReport.of(proof);
        assertThat(report.get("max_logit_diff").isNull()).isTrue();
        assertThat(report.get("greedy_match").isNull()).isTrue();
        assertThat(report.get("batch_diff").doubleValue()).isBetween(0.0, 1e-4);
    }

    @Test
    void logitsThatAreNoNumbersFail() {
        var same = new Proof.Comparison(0, 0, 0, 24, 0, 0, true, false);
        assertThat(new Proof(new int[0], same, 0, 0, Proof.Limits.CPU_F32).verdict())
                .isEqualTo(Proof.Verdict.PASS);
        assertThat(new Proof(new int[0], null, Double.NaN, 0, Proof.Limits.CPU_F32).verdict())
                .isEqualTo(Proof.Verdict.FAIL);
        var lost = new Proof.Comparison(Double.NaN, 0, 24, 24, 0, 0, true, false);
        assertThat(new Proof(new int[0], lost, 0, 0, Proof.Limits.CPU_F32).verdict())
                .isEqualTo(Proof.Verdict.FAIL);
        var tie = new Proof.Comparison(1e-5, 0, 0, 24, 0, 0, false, true);
        assertThat(new Proof(new int[0], tie, 0, 0, Proof.Limits.CPU_F32).verdict())
                .isEqualTo(Proof.Verdict.AMBIGUOUS);
    }

    @Test
    void aRoundedModelMayBeFarAtFewPositions() {
        assertThat(farAt(2, 0, Proof.Limits.CUDA_BF16)).isEqualTo(Proof.Verdict.AMBIGUOUS);
        assertThat(farAt(1, 1, Proof.Limits.CUDA_BF16)).isEqualTo(Proof.Verdict.AMBIGUOUS);
        assertThat(farAt(3, 0, Proof.Limits.CUDA_BF16)).isEqualTo(Proof.Verdict.FAIL);
        assertThat(farAt(0, 3, Proof.Limits.CUDA_BF16)).isEqualTo(Proof.Verdict.FAIL);
        assertThat(farAt(2, 0, Proof.Limits.CPU_F32)).isEqualTo(Proof.Verdict.FAIL);
    }

    private static Proof.Verdict farAt(int ofPrompt, int ofAnswer, Proof.Limits limits) {
        var comparison = new Proof.Comparison(3, 3, ofPrompt, 24, 0, ofAnswer, true, false);
        return new Proof(new int[0], comparison, 0, 0, limits).verdict();
    }
}
