package io.dipper.engineort;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.Sampling;
import io.dipper.operators.cuda.CudaOperators;
import org.junit.jupiter.api.Test;

/// What a request may ask for is what a card's table of alternatives has room for.
class AlternativesTest {
    @Test
    void aCardGivesAsManyAsARequestMayWant() {
        assertThat(CudaOperators.MOST_ALTERNATIVES).isEqualTo(Sampling.MAX_TOP_LOGPROBS);
    }
}
