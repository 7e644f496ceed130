package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CudaCardTest {
    @Test
    void aMachineWithoutACardIsToldWhatIsMissing() {
        assumeFalse(Files.exists(Path.of("/dev/nvidiactl")), "this machine has a card");
        assertThatThrownBy(() -> CudaCard.open(0))
                .isInstanceOf(CudaException.class)
                .hasMessageContaining("the NVIDIA driver is missing")
                .hasMessageContaining("DIPPER_CUDA_LIBRARIES");
    }
}
