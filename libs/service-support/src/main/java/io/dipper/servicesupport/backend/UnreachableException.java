package io.dipper.servicesupport.backend;

/// No connection came about: the endpoint has seen nothing of the request.
public final class UnreachableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UnreachableException(String message, Throwable cause) {
        super(message, cause);
    }
}
