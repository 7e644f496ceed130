package io.dipper.engineort.benchmarks;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class CardActivityTest {
    @Test
    void aKernelsRecordIsReadAsCuda13HasIt() {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(CardActivity.read(kernel(arena, 1_000, 1_500))).hasValueSatisfying(activity -> {
                assertThat(activity.name()).isEqualTo("few_rows");
                assertThat(activity.shape()).isEqualTo("132,2 x 256");
                assertThat(activity.ns()).isEqualTo(500);
                assertThat(activity.registers()).isEqualTo(96);
                assertThat(activity.graph()).isEqualTo(3);
                assertThat(activity.launch()).isEqualTo(77);
            });
        }
    }

    @Test
    void whatCannotBeAKernelIsShownByItsBytes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment record = kernel(arena, 2_000, 1_500);

            assertThatThrownBy(() -> CardActivity.read(record)).hasMessageContaining("0a 00 00 00 00 00 60 00");
        }
    }

    @Test
    void namesAreReadable() {
        assertThat(KernelNames.plain("rms_norm")).isEqualTo("rms_norm");
        assertThat(KernelNames.plain("_Z8few_rows7Product")).isEqualTo("few_rows");
        assertThat(KernelNames.plain("_ZN7cutlass6KernelI20cutlass_gemm_bf16_tnEEvv"))
                .isEqualTo("cutlass::Kernel");
        assertThat(KernelNames.plain("_ZN12_GLOBAL__N_14sortEPi")).isEqualTo("sort");
        assertThat(KernelNames.plain("x".repeat(200))).hasSize(72).endsWith("…");
    }

    private static MemorySegment kernel(Arena arena, long startNs, long endNs) {
        MemorySegment record = arena.allocate(216, 8);
        record.set(JAVA_INT, 0, 10);
        record.set(JAVA_SHORT, 6, (short) 96);
        record.set(JAVA_LONG, 16, startNs);
        record.set(JAVA_LONG, 24, endNs);
        int[] gridAndBlock = {132, 2, 1, 256, 1, 1};
        for (int i = 0; i < gridAndBlock.length; i++) {
            record.set(JAVA_INT, 52 + 4L * i, gridAndBlock[i]);
        }
        record.set(JAVA_INT, 92, 77);
        record.set(ADDRESS, 104, arena.allocateFrom("few_rows"));
        record.set(JAVA_INT, 156, 3);
        return record;
    }
}
