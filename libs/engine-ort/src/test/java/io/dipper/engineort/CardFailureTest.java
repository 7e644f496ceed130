package io.dipper.engineort;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.DeviceFullException;
import io.dipper.engine.DeviceLostException;
import org.junit.jupiter.api.Test;

class CardFailureTest {
    @Test
    void anOrdinaryFailureStaysWhatItIs() {
        var failure = new IllegalStateException("launching a kernel failed with CUDA error 1");
        assertThat(CardFailure.told("cuda:0", failure)).isSameAs(failure);
    }

    @Test
    void aLossIsToldWithTheDeviceAndWhatHappened() {
        var failure = new IllegalStateException("the card's work failed with CUDA error 700");
        assertThat(CardFailure.told("cuda:1", failure))
                .isInstanceOf(DeviceLostException.class)
                .hasMessageContaining("cuda:1")
                .hasMessageContaining("CUDA error 700")
                .hasCause(failure);
    }

    @Test
    void whereTheFailureSaysLittleTheContextIsAsked() {
        var failure = new IllegalStateException("a matrix product failed with status 13 of cuBLAS");
        assertThat(CardFailure.told("cuda:0", failure, () -> true)).isInstanceOf(DeviceLostException.class);
        assertThat(CardFailure.told("cuda:0", failure, () -> false)).isSameAs(failure);
    }

    @Test
    void missingMemoryIsNoLoss() {
        var failure = new IllegalStateException("CUDA failure 2: out of memory ; GPU=0");
        assertThat(CardFailure.told("cuda:0", failure)).isInstanceOf(DeviceFullException.class);
    }
}
