package io.dipper.operators.cuda;

/// What CUDA could not do.
public final class CudaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public CudaException(String message) {
        super(message);
    }
}
