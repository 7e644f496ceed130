package io.dipper.openaiapi;

import io.dipper.openaiapi.json.Json;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A refusal or a fault as the client sees it. The static methods are the catalogue: one for each
/// kind of answer, so that a status always goes with the same type and code.
///
/// Messages name field, limit and value. They never repeat a text that the client sent and show
/// nothing of the inside.
///
/// @param headers what the answer carries besides, such as `Retry-After`
public record ApiError(
        int status,
        String type,
        String message,
        @Nullable String param,
        @Nullable String code,
        Map<String, String> headers) {

    public static final String INVALID_REQUEST = "invalid_request_error";
    public static final String CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded";

    private static final String SERVER_ERROR = "server_error";
    private static final String OVERLOADED = "overloaded_error";

    public ApiError {
        headers = Map.copyOf(headers);
    }

    private ApiError(int status, String type, String message, @Nullable String param, @Nullable String code) {
        this(status, type, message, param, code, Map.of());
    }

    /// 400: the field has a wrong type, is out of range or missing; without `param`, the body as a
    /// whole is at fault.
    public static ApiError invalid(@Nullable String param, String message) {
        return new ApiError(400, INVALID_REQUEST, message, param, null);
    }

    /// 400: the field is known but means something that is not served.
    public static ApiError unsupported(String param, String message) {
        return new ApiError(400, INVALID_REQUEST, message, param, "unsupported_value");
    }

    /// 400: prompt, or prompt and answer, do not fit the model.
    public static ApiError contextLengthExceeded(String param, String message) {
        return new ApiError(400, INVALID_REQUEST, message, param, CONTEXT_LENGTH_EXCEEDED);
    }

    /// 401
    public static ApiError invalidApiKey() {
        return new ApiError(
                401,
                INVALID_REQUEST,
                "a valid key is needed: send it as 'Authorization: Bearer KEY'",
                null,
                "invalid_api_key",
                Map.of("WWW-Authenticate", "Bearer"));
    }

    /// 403: the key is valid, but not for this.
    public static ApiError forbidden(String message) {
        return new ApiError(403, "permission_error", message, null, "insufficient_permissions");
    }

    /// 404: no such path or id.
    public static ApiError notFound(String message) {
        return new ApiError(404, INVALID_REQUEST, message, null, "not_found");
    }

    /// 404: the model is not served here.
    public static ApiError modelNotFound() {
        return new ApiError(
                404,
                INVALID_REQUEST,
                "no such model is served here; GET /v1/models lists those that are",
                "model",
                "model_not_found");
    }

    /// 405
    public static ApiError methodNotAllowed(Collection<String> allowed) {
        String allow = String.join(", ", allowed);
        return new ApiError(
                405, INVALID_REQUEST, "this path takes " + allow, null, "method_not_allowed", Map.of("Allow", allow));
    }

    /// 409: what is asked for does not fit the present state.
    public static ApiError conflict(String message, String code) {
        return new ApiError(409, INVALID_REQUEST, message, null, code);
    }

    /// 413
    public static ApiError bodyTooLarge(long limitBytes) {
        return new ApiError(
                413, INVALID_REQUEST, "the body must be at most " + limitBytes + " bytes", null, "body_too_large");
    }

    /// 415
    public static ApiError unsupportedMediaType() {
        return new ApiError(
                415,
                INVALID_REQUEST,
                "the body must be JSON: send it with 'Content-Type: application/json'",
                null,
                "unsupported_media_type");
    }

    /// 429: too many requests wait already, or a key's limit is reached.
    public static ApiError tooManyRequests(String message, int retryAfterSeconds) {
        return new ApiError(
                429, "rate_limit_error", message, null, "rate_limit_exceeded", retryAfter(retryAfterSeconds));
    }

    /// 500: our own fault. What it was stands in the log under the request's id.
    public static ApiError internal() {
        return new ApiError(500, SERVER_ERROR, "the server failed on this request", null, "internal_error");
    }

    /// 500: the engine failed in a step that worked on this request; others may be answered.
    public static ApiError engineFailed() {
        return new ApiError(500, SERVER_ERROR, "the model's engine failed on this request", null, "engine_failed");
    }

    /// 502: the backend broke off or answered what cannot be passed on.
    public static ApiError badGateway(String message) {
        return new ApiError(502, SERVER_ERROR, message, null, "bad_gateway");
    }

    /// 503: not now. The code says why: `draining`, `loading`, `no_endpoint`, …
    public static ApiError unavailable(String message, String code, int retryAfterSeconds) {
        return new ApiError(503, OVERLOADED, message, null, code, retryAfter(retryAfterSeconds));
    }

    /// 503: a step that worked on this request needed more memory than its device has left.
    public static ApiError outOfMemory(int retryAfterSeconds) {
        return unavailable(
                "the device that computes this model has not enough memory left for this request",
                "out_of_memory",
                retryAfterSeconds);
    }

    /// 503: the device, as a card, can do nothing more for the service's process.
    public static ApiError deviceLost(int retryAfterSeconds) {
        return unavailable(
                "the service has lost its context on the card that computes this model, and starts anew",
                "device_lost",
                retryAfterSeconds);
    }

    /// 504: a time limit passed.
    public static ApiError timeout(String message) {
        return new ApiError(504, SERVER_ERROR, message, null, "timeout");
    }

    /// The answer's body: `{"error":{"message","type","param","code"}}`.
    public byte[] toJson() {
        return Json.bytes(new Body(new Detail(message, type, param, code)));
    }

    /// All four keys are always there.
    public record Body(Detail error) {}

    public record Detail(
            String message,
            String type,
            @Nullable String param,
            @Nullable String code) {}

    private static Map<String, String> retryAfter(int seconds) {
        return Map.of("Retry-After", Integer.toString(Math.max(1, seconds)));
    }
}
