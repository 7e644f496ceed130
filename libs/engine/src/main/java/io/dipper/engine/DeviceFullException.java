package io.dipper.engine;

/// A step needed more of the device's memory than was free. The next one may need less.
public final class DeviceFullException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DeviceFullException(String message, Throwable cause) {
        super(message, cause);
    }
}
