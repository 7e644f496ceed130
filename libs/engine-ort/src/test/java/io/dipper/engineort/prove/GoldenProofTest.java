package io.dipper.engineort.prove;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenProofTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama3",
                "qwen3",
                "mistral-small-3.1",
                "mistral-small-3.1-wrapped",
                "mistral-7b-v0.1",
                "gpt2",
                "olmo2",
                "olmo3",
                "smollm3",
                "gemma2",
                "gemma3",
                "gemma3-wrapped",
                "gemma3n",
                "gemma3n-wrapped",
                "qwen3-moe",
                "minimax-m2",
                "glm4-moe",
                "llama4",
                "llama4-wrapped",
                "deepseek-v3",
                "deepseek-v3-fp8",
                "kimi-k2",
                "kimi-k2-fp8",
                "gpt-oss",
                "gpt-oss-mxfp4",
                "qwen3-next"
            })
    void theServedGraphAnswersAsTheReferenceDoes(String golden) throws Exception {
        passes(Fixtures.golden(golden));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama-biased",
                "llama-yarn",
                "llama-linear",
                "mistral-window",
                "qwen2-windows",
                "qwen3-biased",
                "gpt2-scaled",
                "olmo2-biased",
                "smollm3-windows",
                "phi3-partial",
                "gemma2-uncapped",
                "gemma3-capped",
                "gemma3n-unshared",
                "mixtral-window",
                "qwen3-moe-sparse",
                "deepseek-v2-groups",
                "deepseek-v2-greedy",
                "deepseek-v3-plain",
                "glm4-moe-normed",
                "minimax-m2-untied",
                "llama4-plain",
                "gpt-oss-plain",
                "qwen3-next-dense"
            })
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
        var same = new Proof.Comparison(0, true, false);
        assertThat(new Proof(new int[0], same, 0, 0, Proof.Limits.CPU_F32).verdict())
                .isEqualTo(Proof.Verdict.PASS);
        assertThat(new Proof(new int[0], null, Double.NaN, 0, Proof.Limits.CPU_F32).verdict())
                .isEqualTo(Proof.Verdict.FAIL);
        var lost = new Proof.Comparison(Double.NaN, true, false);
        assertThat(new Proof(new int[0], lost, 0, 0, Proof.Limits.CPU_F32).verdict())
                .isEqualTo(Proof.Verdict.FAIL);
        var tie = new Proof.Comparison(1e-5, false, true);
        assertThat(new Proof(new int[0], tie, 0, 0, Proof.Limits.CPU_F32).verdict())
                .isEqualTo(Proof.Verdict.AMBIGUOUS);
    }
}
