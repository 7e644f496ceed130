package io.dipper.inference.web;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.servicesupport.http.Buffers;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Mono;

/// Reads a request's body as bytes, no more than allowed.
final class RequestBody {
    private static final byte[] NONE = {};

    private RequestBody() {}

    /// Fails with a [RefusedException] if the body is not declared to be JSON (415) or is too large
    /// (413).
    static Mono<byte[]> read(ServerHttpRequest request, int limitBytes) {
        HttpHeaders headers = request.getHeaders();
        if (!isJson(headers)) {
            return Mono.error(new RefusedException(ApiError.unsupportedMediaType()));
        }
        if (headers.getContentLength() > limitBytes) {
            return Mono.error(tooLarge(limitBytes));
        }
        return DataBufferUtils.join(request.getBody(), limitBytes)
                .map(Buffers::drain)
                .defaultIfEmpty(NONE)
                .onErrorMap(DataBufferLimitException.class, _ -> tooLarge(limitBytes));
    }

    /// A body without a declared type is taken for what this API has: JSON.
    private static boolean isJson(HttpHeaders headers) {
        try {
            MediaType type = headers.getContentType();
            return type == null || MediaType.APPLICATION_JSON.includes(type.removeQualityValue());
        } catch (InvalidMediaTypeException e) {
            return false;
        }
    }

    private static RefusedException tooLarge(int limitBytes) {
        return new RefusedException(ApiError.bodyTooLarge(limitBytes));
    }
}
