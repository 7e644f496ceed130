package io.dipper.servicesupport.http;

import io.dipper.openaiapi.RefusedException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.codec.DecodingException;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ContentTooLargeException;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.NotAcceptableStatusException;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebInputException;
import org.springframework.web.server.UnsupportedMediaTypeStatusException;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;
import reactor.netty.channel.AbortedException;

/// Every error of a service leaves through here, as OpenAI-shaped JSON. What is not an answer of
/// ours is a 500 that tells the client nothing but where to look: the cause is in the log, under
/// the request's id.
@Order(Ordered.HIGHEST_PRECEDENCE)
public final class ErrorHandler implements WebExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ErrorHandler.class);

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable fault) {
        ServerHttpResponse response = exchange.getResponse();
        if (response.isCommitted()) {
            return Mono.error(fault);
        }
        if (AbortedException.isConnectionReset(fault)) {
            LOG.debug("the client of request {} has hung up", RequestIdFilter.idOf(exchange));
            return Mono.empty();
        }
        HttpHeaders headers = response.getHeaders();
        ApiError error = describe(exchange, fault, headers);
        return write(exchange, error, Map.of());
    }

    /// Answers with `error` now; the response must not be committed yet.
    public static Mono<Void> write(ServerWebExchange exchange, ApiError error, Map<String, String> headers) {
        ServerHttpResponse response = exchange.getResponse();
        response.setStatusCode(HttpStatusCode.valueOf(error.status()));
        headers.forEach(response.getHeaders()::set);
        byte[] body = error.toJson();
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        response.getHeaders().setContentLength(body.length);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
    }

    private static ApiError describe(ServerWebExchange exchange, Throwable fault, HttpHeaders headers) {
        return switch (fault) {
            case ApiException e -> {
                e.headers().forEach(headers::set);
                yield e.error();
            }
            case RefusedException e -> {
                e.error().headers().forEach(headers::set);
                yield refused(e.error());
            }
            case MethodNotAllowedException e -> {
                headers.setAllow(e.getSupportedMethods());
                yield invalid(405, "this path does not take " + safe(e.getHttpMethod()), "method_not_allowed");
            }
            case UnsupportedMediaTypeStatusException _ ->
                invalid(415, "the body must be application/json", "unsupported_media_type");
            case NotAcceptableStatusException _ ->
                invalid(406, "only application/json is produced here", "not_acceptable");
            case ContentTooLargeException _ -> tooLarge();
            case DataBufferLimitException _ -> tooLarge();
            case ServerWebInputException e ->
                e.getCause() instanceof DecodingException decoding
                                && decoding.getCause() instanceof DataBufferLimitException
                        ? tooLarge()
                        : UnreadableInput.describe(e);
            case ResponseStatusException e -> status(e, headers);
            default -> {
                LOG.error("request {} failed", RequestIdFilter.idOf(exchange), fault);
                yield internal(exchange);
            }
        };
    }

    private static ApiError status(ResponseStatusException e, HttpHeaders headers) {
        headers.addAll(e.getHeaders());
        int status = e.getStatusCode().value();
        if (status == HttpStatus.NOT_FOUND.value()) {
            return invalid(404, "there is nothing at this path", "not_found");
        }
        HttpStatus known = HttpStatus.resolve(status);
        String reason = known == null ? "request refused" : known.getReasonPhrase();
        return status < 500 ? invalid(status, reason, null) : new ApiError(status, reason, "server_error", null, null);
    }

    private static ApiError refused(io.dipper.openaiapi.ApiError error) {
        return new ApiError(error.status(), error.message(), error.type(), error.param(), error.code());
    }

    private static ApiError tooLarge() {
        return invalid(413, "the request's body is too large", "request_too_large");
    }

    private static ApiError invalid(int status, String message, String code) {
        return new ApiError(status, message, "invalid_request_error", null, code);
    }

    private static ApiError internal(ServerWebExchange exchange) {
        return new ApiError(
                500,
                "internal error, request " + RequestIdFilter.idOf(exchange),
                "server_error",
                null,
                "internal_error");
    }

    /// Methods are free text on the wire; only a short plain one is repeated.
    private static String safe(String method) {
        return method.matches("[A-Z]{1,16}") ? method : "that method";
    }
}
