package io.dipper.engineort.prove;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.OperatorForms;
import io.dipper.checkpoint.Progress;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A design's graph without an operator of ours answers as the reference does, alone, in chunks and in company.
class StockProofTest {
    @TempDir
    Path folder;

    static java.util.List<String> goldens() throws java.io.IOException {
        return GoldenProofTest.goldens();
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void aGraphOfStockOperatorsAnswersAsTheReferenceDoes(String golden) throws Exception {
        Path export = folder.resolve("export");
        ExportResult result = Exporter.export(Fixtures.golden(golden), Target.ONNX_STANDARD, export, Progress.NONE);
        assertThat(result).as(result.message()).isInstanceOf(ExportResult.Exported.class);
        Manifest manifest = Manifest.open(export);
        assertThat(manifest.operators().values())
                .isNotEmpty()
                .extracting(OperatorForms::dipper)
                .containsOnly(0);
        Proof proof = Prover.prove(Fixtures.golden(golden), export, Proof.Limits.of(manifest));
        System.out.println("PROOF " + golden + " " + proof);
        assertThat(proof.verdict()).as("%s", proof).isEqualTo(Proof.Verdict.PASS);
    }
}
