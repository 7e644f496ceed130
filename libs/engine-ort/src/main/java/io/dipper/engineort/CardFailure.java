package io.dipper.engineort;

import io.dipper.engine.DeviceFullException;
import io.dipper.engine.DeviceLostException;
import io.dipper.operators.cuda.CudaFault;
import java.util.function.BooleanSupplier;

/// Failures on a card, in the engine's words.
final class CardFailure {
    private CardFailure() {}

    /// As below, by what the failure tells alone.
    static RuntimeException told(String device, RuntimeException failure) {
        return told(device, failure, () -> false);
    }

    /// The failure itself, unless it tells of the loss of the card's context or of missing memory, or the
    /// context says of itself that it is lost: cuBLAS, for one, has no more to tell than that it failed.
    static RuntimeException told(String device, RuntimeException failure, BooleanSupplier isLost) {
        CudaFault fault = CudaFault.of(failure);
        if (fault == CudaFault.ORDINARY && isLost.getAsBoolean()) {
            fault = CudaFault.CONTEXT_LOST;
        }
        return switch (fault) {
            case ORDINARY -> failure;
            case OUT_OF_MEMORY -> new DeviceFullException(device + " has not enough memory left", failure);
            case CONTEXT_LOST ->
                new DeviceLostException(
                        device,
                        "this process has lost its context on " + device + " (" + failure.getMessage() + ")",
                        failure);
        };
    }
}
