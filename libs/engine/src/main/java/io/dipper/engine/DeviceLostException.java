package io.dipper.engine;

import org.jspecify.annotations.Nullable;

/// A runner's device can do nothing more for this process: every call on it fails from now on, those of
/// other runners on the same device too. Only a new process helps.
public final class DeviceLostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String device;

    /// @param device as [Runner#device] calls it
    public DeviceLostException(String device, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.device = device;
    }

    public String device() {
        return device;
    }
}
