package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.export.MemoryPlan.Load;
import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.tree.Model;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
    private static Model model(String checkpoint) throws IOException {
        return ((Read) Families.read(
                        Checkpoint.readConfig(Fixtures.configurations().resolve(checkpoint))))
                .model();
    }

    private static long bytes(MemoryPlan plan, String what) {
        return plan.rows().stream()
                .filter(row -> row.what().equals(what))
                .mapToLong(MemoryPlan.Row::bytes)
                .sum();
    }

    @Test
    void weightsAndCacheOfAFullAttentionModelAreWhatItsShapeSays() throws IOException {
        MemoryPlan plan = MemoryPlan.of(model("Qwen--Qwen3-0.6B"), Target.CPU_F32, new Load(2, 4096, 512));
        assertThat(bytes(plan, "weights")).isEqualTo(596_049_920L * 4);
        assertThat(bytes(plan, "KV, all tokens")).isEqualTo(2L * 4096 * 28 * 2 * 8 * 128 * 4);
    }

    @Test
    void windowLayersReserveTheirWindow() throws IOException {
        Model gemma = model("google--gemma-3-1b-it");
        MemoryPlan plan = MemoryPlan.of(gemma, Target.CPU_F32, new Load(1, 32_768, 512));
        assertThat(bytes(plan, "KV, all tokens")).isEqualTo(32_768L * 4 * 2 * 256 * 4);
        assertThat(bytes(plan, "KV, last 512 tokens")).isEqualTo(33L * 32 * 22 * 2 * 256 * 4);
    }

    @Test
    void perLayerEmbeddingsStayInTheirFileAndSharedCachesReserveNothing() throws IOException {
        Model gemma = model("google--gemma-3n-E2B");
        MemoryPlan plan = MemoryPlan.of(gemma, Target.CPU_F32, new Load(1, 32_768, 512));
        long table = 262_144L * 30 * 256 * 4;
        long idle = 10L * 2 * 2048 * 512 * 4 + 10L * 256 * 4;
        assertThat(plan.mapped()).containsExactly(new MemoryPlan.Row("per-layer embeddings", table));
        assertThat(bytes(plan, "weights")).isEqualTo(4_456_156_768L * 4 - table - idle);
        assertThat(bytes(plan, "KV, all tokens")).isEqualTo(32_768L * 4 * 2 * 512 * 4);
        assertThat(bytes(plan, "KV, last 512 tokens")).isEqualTo(33L * 32 * 16 * 2 * 512 * 4);
    }

    @Test
    void whatFitsIsFoundToTheToken() throws IOException {
        Model qwen = model("Qwen--Qwen3-0.6B");
        Load load = new Load(4, 1024, 512);
        long memory = MemoryPlan.of(qwen, Target.CPU_F32, load).totalBytes();
        assertThat(MemoryPlan.longestContext(qwen, Target.CPU_F32, load, memory))
                .isEqualTo(1024);
        assertThat(MemoryPlan.mostSequences(qwen, Target.CPU_F32, load, memory, 64))
                .isEqualTo(4);
        assertThat(MemoryPlan.longestContext(qwen, Target.CPU_F32, load, 1 << 20))
                .isZero();
    }

    @Test
    void whatCannotBeCountedNeverFits() throws IOException {
        Model qwen = model("Qwen--Qwen3-0.6B");
        Load beyond = new Load(Integer.MAX_VALUE, Integer.MAX_VALUE, 512);
        assertThatExceptionOfType(ArithmeticException.class)
                .isThrownBy(() -> MemoryPlan.of(qwen, Target.CPU_F32, beyond).fits(Long.MAX_VALUE));
        int most = MemoryPlan.mostSequences(qwen, Target.CPU_F32, beyond, Long.MAX_VALUE, Integer.MAX_VALUE);
        assertThat(most).isPositive();
        assertThat(MemoryPlan.of(qwen, Target.CPU_F32, new Load(most, Integer.MAX_VALUE, 512))
                        .fits(Long.MAX_VALUE))
                .isTrue();
        assertThatExceptionOfType(ArithmeticException.class)
                .isThrownBy(() -> MemoryPlan.of(qwen, Target.CPU_F32, new Load(most + 1, Integer.MAX_VALUE, 512))
                        .totalBytes());
    }
}
