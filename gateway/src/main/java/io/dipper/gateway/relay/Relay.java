package io.dipper.gateway.relay;

import io.dipper.gateway.GatewaySettings;
import io.dipper.gateway.routing.Endpoint;
import io.dipper.gateway.routing.Guard;
import io.dipper.gateway.routing.Router;
import io.dipper.servicesupport.http.ApiError;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.RequestIdFilter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Passes one request to an endpoint and the answer back, as one chain: backpressure goes through
/// it in one direction, and a hang-up of the client in the other. Another endpoint is tried only
/// while nothing of an answer was seen.
final class Relay {

    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    private static final int ATTEMPTS = 3;
    private static final int RETRY_AFTER_SECONDS = 2;
    private static final int BAD_GATEWAY = 502;
    private static final int UNAVAILABLE = 503;
    private static final int TIMED_OUT = 504;

    /// An endpoint that answers 5xx: nothing is wrong with the connection, but its circuit should
    /// know.
    private static final class ServerTrouble extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ServerTrouble(int status) {
            super("status " + status, null, false, false);
        }
    }

    private final Router router;
    private final Upstream upstream;
    private final GatewaySettings settings;

    Relay(Router router, Upstream upstream, GatewaySettings settings) {
        this.router = router;
        this.upstream = upstream;
        this.settings = settings;
    }

    Mono<Void> relay(ServerWebExchange exchange, byte[] body) {
        RequestFacts facts = RequestFacts.read(body);
        return attempt(exchange, body, facts, router.candidates(facts.model()), 0);
    }

    private Mono<Void> attempt(
            ServerWebExchange exchange, byte[] body, RequestFacts facts, List<Endpoint> candidates, int failures) {
        for (int i = 0; i < candidates.size(); i++) {
            Endpoint endpoint = candidates.get(i);
            Guard.Permit permit = router.guard(endpoint).tryAcquire();
            if (permit != null) {
                List<Endpoint> others = candidates.subList(i + 1, candidates.size());
                return ask(exchange, body, facts, endpoint, permit)
                        .onErrorResume(
                                fault -> mayRetry(exchange, fault) && failures + 1 < ATTEMPTS && !others.isEmpty(),
                                _ -> attempt(exchange, body, facts, others, failures + 1))
                        .onErrorMap(fault -> answer(exchange, endpoint, fault));
            }
        }
        return Mono.error(ApiException.unavailable(
                "all endpoints of the model `" + facts.model() + "` are busy or failing",
                "no_endpoint",
                RETRY_AFTER_SECONDS));
    }

    private Mono<Void> ask(
            ServerWebExchange exchange, byte[] body, RequestFacts facts, Endpoint endpoint, Guard.Permit permit) {
        var begun = new AtomicBoolean();
        Duration limit = facts.stream() ? settings.firstByte() : settings.reply();
        Mono<Long> tooLate = Mono.delay(limit).filter(_ -> !begun.get()).switchIfEmpty(Mono.never());
        return upstream.request(exchange, endpoint.url(), endpoint.bearer())
                .bodyValue(body)
                .exchangeToMono(response -> {
                    begun.set(true);
                    return pass(exchange, response, permit);
                })
                .timeout(tooLate)
                .doOnSuccess(_ -> permit.succeeded())
                .doOnError(permit::failed)
                .doOnCancel(permit::abandoned);
    }

    private Mono<Void> pass(ServerWebExchange exchange, ClientResponse response, Guard.Permit permit) {
        if (response.statusCode().is5xxServerError() && response.statusCode().value() != UNAVAILABLE) {
            permit.failed(new ServerTrouble(response.statusCode().value()));
        }
        Upstream.head(response, exchange.getResponse());
        boolean events = response.headers()
                .contentType()
                .filter(MediaType.TEXT_EVENT_STREAM::isCompatibleWith)
                .isPresent();
        Flux<DataBuffer> body = IdleLimit.on(response.bodyToFlux(DataBuffer.class), settings.idle());
        if (!events) {
            return exchange.getResponse().writeWith(body);
        }
        exchange.getResponse().getHeaders().remove(HttpHeaders.CONTENT_LENGTH);
        exchange.getResponse().getHeaders().set("X-Accel-Buffering", "no");
        return exchange.getResponse()
                .writeAndFlushWith(frames(exchange, body, permit).map(Mono::just));
    }

    private Flux<DataBuffer> frames(ServerWebExchange exchange, Flux<DataBuffer> body, Guard.Permit permit) {
        DataBufferFactory buffers = exchange.getResponse().bufferFactory();
        var whole = new WholeFrames();
        return body.map(buffer -> whole.accept(bytes(buffer)))
                .concatWith(Mono.fromSupplier(whole::rest))
                .onErrorResume(fault -> {
                    permit.failed(fault);
                    LOG.warn("{}: a stream broke off: {}", RequestIdFilter.idOf(exchange), fault.toString());
                    return Mono.just(lastWords(fault));
                })
                .filter(bytes -> bytes.length > 0)
                .map(buffers::wrap);
    }

    /// A client that reads frames learns that the answer is not whole, and need not wait for more.
    private static byte[] lastWords(Throwable fault) {
        String json = new String(explain(fault).toJson(), StandardCharsets.UTF_8);
        return ("data: " + json + "\n\ndata: [DONE]\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }

    private static boolean mayRetry(ServerWebExchange exchange, Throwable fault) {
        return !exchange.getResponse().isCommitted() && !isTimeout(fault) && isConnectionTrouble(fault);
    }

    private static Throwable answer(ServerWebExchange exchange, Endpoint endpoint, Throwable fault) {
        if (fault instanceof ApiException || exchange.getResponse().isCommitted()) {
            return fault;
        }
        LOG.warn("{}: {} failed: {}", RequestIdFilter.idOf(exchange), endpoint, fault.toString());
        return isTimeout(fault) || isConnectionTrouble(fault) ? new ApiException(explain(fault)) : fault;
    }

    private static ApiError explain(Throwable fault) {
        return isTimeout(fault)
                ? new ApiError(TIMED_OUT, "the endpoint took too long", "server_error", null, "timeout")
                : new ApiError(BAD_GATEWAY, "the endpoint broke off", "server_error", null, "bad_gateway");
    }

    private static boolean isTimeout(Throwable fault) {
        return causes(fault, TimeoutException.class);
    }

    private static boolean isConnectionTrouble(Throwable fault) {
        return causes(fault, IOException.class);
    }

    private static boolean causes(Throwable fault, Class<? extends Throwable> kind) {
        for (Throwable at = fault; at != null; at = at.getCause()) {
            if (kind.isInstance(at)) {
                return true;
            }
        }
        return false;
    }
}
