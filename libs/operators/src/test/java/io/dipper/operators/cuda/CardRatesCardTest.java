package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A read rate means something only if all was read.
@Tag("card")
class CardRatesCardTest {
    @ParameterizedTest
    @ValueSource(ints = {16, 4096, 16 * 1_000_003})
    void theKernelThatIsTimedReadsEveryWordOnce(int bytes) {
        int blocks = 24;
        try (CudaCard card = TestCard.open();
                CudaStream stream = card.newStream();
                Arena arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocate(bytes, 16);
            int expected = 0;
            for (int i = 0; i < bytes / Integer.BYTES; i++) {
                int value = i * 7919 + 13;
                words.setAtIndex(ValueLayout.JAVA_INT, i, value);
                expected += value;
            }
            long memory = CudaMemory.allocate(bytes);
            stream.copyToDevice(memory, words);
            MemorySegment partial = arena.allocate(ValueLayout.JAVA_INT, blocks);
            stream.copyToHost(partial, CardRates.sum(card, memory, bytes, blocks, stream));
            stream.await();
            int sum = 0;
            for (int i = 0; i < blocks; i++) {
                sum += partial.getAtIndex(ValueLayout.JAVA_INT, i);
            }
            CudaMemory.free(memory);
            assertThat(sum).isEqualTo(expected);
        }
    }
}
