package io.dipper.operators.cuda;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// Tests of CUDA forms, which share a card from their first to their last.
abstract class OnCard {
    static @Nullable CudaCard card;

    @BeforeAll
    static void open() {
        card = TestCard.open();
    }

    /// What lies as bfloat16 in the first half of memory for float32.
    static float[] widened(float[] memory) {
        float[] values = new float[memory.length];
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToRawIntBits(memory[i / 2]);
            values[i] = Float.intBitsToFloat(i % 2 == 0 ? bits << 16 : bits & 0xffff0000);
        }
        return values;
    }

    @AfterAll
    static void close() {
        if (card != null) {
            card.close();
            card = null;
        }
    }
}
