package io.dipper.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.checkpoint.StepMemory.Bytes;
import io.dipper.checkpoint.StepMemory.Sizes;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepMemoryTest {
    private static final StepMemory STEP = new StepMemory(
            List.of(Bytes.perToken(512).plus(Bytes.fixed(256)), Bytes.perDraw(1 << 20)),
            List.of(new Bytes(1024, 0, 0, 0, 100)),
            1_000_000,
            10_000);

    @Test
    void ofWhatIsHeldAtDifferentTimesTheMostCounts() {
        assertThat(STEP.handedBytes(Sizes.largest(4096, 1))).isEqualTo(512 * 4096 + 256);
        assertThat(STEP.handedBytes(Sizes.largest(4096, 3))).isEqualTo(3 << 20);
    }

    @Test
    void tokensBeyondWhatAnOperatorTakesAtOnceUseTheSameMemory() {
        assertThat(STEP.scratchBytes(Sizes.largest(64, 1))).isEqualTo(1024 * 64);
        assertThat(STEP.scratchBytes(Sizes.largest(4096, 1))).isEqualTo(1024 * 100 + 0);
    }

    @Test
    void aStepHoldsAtLeastATokenOfEachSequence() {
        assertThat(Sizes.largest(64, 256)).isEqualTo(new Sizes(256, 256, 256));
    }

    @Test
    void librariesAndEachCapturedStepAreAdded() {
        assertThat(STEP.bytes(64, 4)).isEqualTo(1_000_000 + 3 * 10_000 + (4 << 20) + 1024 * 64);
    }

    @Test
    void graphsAreCapturedUpToTheFirstThatHoldsAllRows() {
        assertThat(StepMemory.capturedRows(1)).containsExactly(1);
        assertThat(StepMemory.capturedRows(5)).containsExactly(1, 2, 4, 8);
        assertThat(StepMemory.capturedRows(8)).containsExactly(1, 2, 4, 8);
        assertThat(StepMemory.capturedRows(1000).getLast()).isEqualTo(256);
    }

    @Test
    void bytesThatCannotBeAreRefusedAndThoseThatCannotBeCountedTold() {
        assertThatThrownBy(() -> new StepMemory(List.of(), List.of(), -1, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new StepMemory(List.of(), List.of(), 0, -1))
                .isInstanceOf(IllegalArgumentException.class);
        var hostile = new StepMemory(List.of(Bytes.fixed(1)), List.of(), 1, Long.MAX_VALUE);
        assertThatThrownBy(() -> hostile.bytes(1, 2)).isInstanceOf(ArithmeticException.class);
    }
}
