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

    @AfterAll
    static void close() {
        if (card != null) {
            card.close();
            card = null;
        }
    }
}
