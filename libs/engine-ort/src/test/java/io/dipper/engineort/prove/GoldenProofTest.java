package io.dipper.engineort.prove;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Progress;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.nio.file.Path;
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
                "gemma3-wrapped"
            })
    void theServedGraphAnswersAsTheReferenceDoes(String golden) throws Exception {
        Path export = folder.resolve("export");
        assertThat(Exporter.export(Fixtures.golden(golden), Target.CPU_F32, export, Progress.NONE))
                .isInstanceOf(ExportResult.Exported.class);
        Proof proof = Prover.prove(Fixtures.golden(golden), export, Proof.Limits.CPU_F32);
        assertThat(proof.verdict()).as("%s", proof).isEqualTo(Proof.Verdict.PASS);
    }
}
