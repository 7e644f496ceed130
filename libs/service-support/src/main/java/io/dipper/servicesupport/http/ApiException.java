package io.dipper.servicesupport.http;

import java.io.Serial;
import java.util.Map;
import org.springframework.http.HttpStatus;

/// A refusal on its way to the client, who sees exactly these fields. No stack trace: it is an
/// answer, not a fault.
public final class ApiException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1L;

    private final transient ApiError error;
    private final transient Map<String, String> headers;

    public ApiException(ApiError error) {
        this(error, Map.of());
    }

    public ApiException(ApiError error, Map<String, String> headers) {
        super(error.message(), null, false, false);
        this.error = error;
        this.headers = Map.copyOf(headers);
    }

    public static ApiException badRequest(String message, String param) {
        return new ApiException(new ApiError(400, message, "invalid_request_error", param, null));
    }

    public static ApiException notFound(String message, String code) {
        return new ApiException(new ApiError(404, message, "invalid_request_error", null, code));
    }

    public static ApiException forbidden(String message) {
        return new ApiException(new ApiError(403, message, "invalid_request_error", null, "insufficient_permissions"));
    }

    public static ApiException conflict(String message) {
        return new ApiException(new ApiError(409, message, "invalid_request_error", null, "conflict"));
    }

    public static ApiException tooManyRequests(String message, String code, int retryAfterSeconds) {
        return new ApiException(
                new ApiError(429, message, "rate_limit_error", null, code), retryAfter(retryAfterSeconds));
    }

    public static ApiException unavailable(String message, String code, int retryAfterSeconds) {
        return new ApiException(new ApiError(503, message, "server_error", null, code), retryAfter(retryAfterSeconds));
    }

    public ApiError error() {
        return error;
    }

    public HttpStatus status() {
        return HttpStatus.valueOf(error.status());
    }

    public Map<String, String> headers() {
        return headers;
    }

    private static Map<String, String> retryAfter(int seconds) {
        return Map.of("Retry-After", Integer.toString(seconds));
    }
}
