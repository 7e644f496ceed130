package io.dipper.operators.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/// The card that tests of CUDA forms run on; without one they are skipped.
public final class TestCard {
    private TestCard() {}

    public static CudaCard open() {
        assumeTrue(Files.exists(Path.of("/dev/nvidiactl")), "this machine has no NVIDIA card");
        return CudaCard.open(0);
    }
}
