package io.dipper.openaiapi;

/// Carries a refusal out of nested readers to the nearest [Checked#of]. It has no stack trace: it
/// tells of the client's input and not of our code.
public final class RefusedException extends RuntimeException {
    private final transient ApiError error;

    public RefusedException(ApiError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    public ApiError error() {
        return error;
    }
}
