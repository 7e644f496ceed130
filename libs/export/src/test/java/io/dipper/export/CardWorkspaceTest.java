package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.StepMemory;
import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a step takes of a card is what an H100 was seen to take.
class CardWorkspaceTest {
    private static final StepMemory.Sizes SIZES = StepMemory.Sizes.largest(2048, 32);

    /// The arena's most in use, and scratch in pieces of 2 MiB, of steps of 2,048 tokens of 32 sequences.
    @ParameterizedTest
    @CsvSource({
        "Qwen--Qwen3-0.6B, 84942080, 54525952",
        "mistralai--Mistral-Small-3.1-24B-Base-2503, 441452800, 557842432",
        "Qwen--Qwen3-30B-A3B, 144836608, 169869312"
    })
    void theLargestStepTakesWhatWasMeasured(String configuration, long handed, long scratch) throws IOException {
        var read = (Read)
                Families.read(Checkpoint.readConfig(Fixtures.configurations().resolve(configuration)));
        var ready = (Lowered.Ready) Lowering.lower(read.model(), Target.CUDA_BF16);
        StepMemory step = CardWorkspace.of(ready.graph());
        assertThat(step.handedBytes(SIZES)).isCloseTo(handed, withinPercentage(1));
        assertThat(step.scratchBytes(SIZES)).isCloseTo(scratch, withinPercentage(2));
    }
}
