package io.dipper.engineort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Progress;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.MemoryPlan;
import io.dipper.export.MemoryPlan.Load;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the plan says before a model is loaded is what the running engine reserves and holds.
class MemoryPredictionTest {
    private static final Load LOAD = new Load(4, 192, 64);

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
    void keysAndValuesAreReservedAsPlannedAndThePeakIsWithinFivePercent(String golden) throws Exception {
        Path checkpoint = Fixtures.golden(golden);
        Path export = folder.resolve("export");
        ExportResult result = Exporter.export(checkpoint, Target.CPU_F32, export, Progress.NONE);
        assertThat(result).as(result.message()).isInstanceOf(ExportResult.Exported.class);
        Read read = (Read) Families.read(Checkpoint.readConfig(checkpoint));
        int context = Math.min(LOAD.contextTokens(), read.model().contextLength());
        Load load = new Load(LOAD.sequences(), context, LOAD.stepTokens());
        MemoryPlan plan = MemoryPlan.of(read.model(), Target.CPU_F32, load);
        MeasuredLoad measured = MeasuredLoad.of(export, load, 1);
        assertThat(plan.keyValueBytes()).isEqualTo(measured.kvBytes());
        assertThat(plan.totalBytes()).isCloseTo(measured.totalBytes(), withinPercentage(5));
    }

    @ParameterizedTest
    @ValueSource(longs = {150_000, 400_000, 1_000_000_000})
    void aLimitOfKeysAndValuesIsPlannedAsTheEngineKeepsIt(long kvBytes) throws Exception {
        Path checkpoint = Fixtures.golden("gemma3");
        Path export = folder.resolve("export");
        Exporter.export(checkpoint, Target.CPU_F32, export, Progress.NONE);
        Read read = (Read) Families.read(Checkpoint.readConfig(checkpoint));
        int context = read.model().contextLength();
        MemoryPlan plan = MemoryPlan.of(read.model(), Target.CPU_F32, new Load(4, context, 64, kvBytes));
        try (var runner = OrtRunner.open(export, new RunnerOptions(kvBytes, 4, 64, 1, null))) {
            assertThat(plan.keyValueBytes()).isPositive().isEqualTo(runner.kvReservedBytes());
        }
    }
}
