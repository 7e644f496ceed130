package io.dipper.gateway.relay;

import io.dipper.gateway.GatewaySettings;
import io.dipper.gateway.routing.Guard;
import io.dipper.gateway.routing.Router;
import io.dipper.gateway.routing.Router.Candidate;
import io.dipper.servicesupport.backend.Call;
import io.dipper.servicesupport.backend.Reply;
import io.dipper.servicesupport.backend.UnreachableException;
import io.dipper.servicesupport.http.ApiError;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.Buffers;
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
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/// Passes one request to an endpoint and the answer back, as one chain: backpressure goes through
/// it in one direction, and a hang-up of the client in the other. Another endpoint is tried only
/// where the first saw nothing of the request, or said that it has no room for it.
final class Relay {

    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    private static final int ATTEMPTS = 3;
    private static final int RETRY_AFTER_SECONDS = 2;
    private static final int BAD_GATEWAY = 502;
    private static final int TOO_MANY = 429;
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

    /// An endpoint that has no room, while another one may have.
    private static final class NoRoom extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoRoom(int status) {
            super("status " + status, null, false, false);
        }
    }

    /// An answer that broke off on the endpoint's side.
    private static final class EndpointTrouble extends RuntimeException {
        private static final long serialVersionUID = 1L;

        EndpointTrouble(Throwable cause) {
            super(cause.toString(), cause, false, false);
        }
    }

    /// One client's request on its way.
    ///
    /// @param broken whether its answer is an error of ours, or not whole
    private record Passage(ServerWebExchange exchange, Call call, long startNs, AtomicBoolean broken) {}

    private final Router router;
    private final GatewaySettings settings;
    private final RelayMeters meters;

    Relay(Router router, GatewaySettings settings, RelayMeters meters) {
        this.router = router;
        this.settings = settings;
        this.meters = meters;
    }

    Mono<Void> relay(ServerWebExchange exchange, byte[] body) {
        RequestFacts facts = RequestFacts.read(body);
        var request = exchange.getRequest();
        var call = new Call(
                request.getMethod(),
                Upstream.path(request),
                Upstream.onward(request.getHeaders()),
                body,
                RequestIdFilter.idOf(exchange),
                facts.model(),
                facts.stream());
        List<Candidate> candidates = router.candidates(facts.model());
        var passage = new Passage(exchange, call, System.nanoTime(), new AtomicBoolean());
        return attempt(passage, candidates, 0)
                .doOnError(fault -> passage.broken().set(true))
                // The model is an endpoint's: unknown ones were refused above.
                .doFinally(signal ->
                        meters.ended(call.model(), outcome(passage, signal), System.nanoTime() - passage.startNs()));
    }

    private static String outcome(Passage passage, SignalType signal) {
        if (signal == SignalType.CANCEL) {
            return "cancelled";
        }
        var status = passage.exchange().getResponse().getStatusCode();
        return passage.broken().get() || status == null ? "failed" : Integer.toString(status.value());
    }

    private Mono<Void> attempt(Passage passage, List<Candidate> candidates, int failures) {
        for (int i = 0; i < candidates.size(); i++) {
            Candidate candidate = candidates.get(i);
            Guard.Permit permit = router.guard(candidate.endpoint()).tryAcquire();
            if (permit != null) {
                List<Candidate> others = candidates.subList(i + 1, candidates.size());
                boolean mayRetry = failures + 1 < ATTEMPTS && !others.isEmpty();
                return ask(passage, candidate, permit, mayRetry)
                        .onErrorResume(
                                fault -> mayRetry && wasNotBegun(passage, fault),
                                _ -> attempt(passage, others, failures + 1))
                        .onErrorMap(fault -> answer(passage, candidate, fault));
            }
        }
        return Mono.error(ApiException.unavailable(
                "all endpoints of the model `" + passage.call().model() + "` are busy or failing",
                "no_endpoint",
                RETRY_AFTER_SECONDS));
    }

    private Mono<Void> ask(Passage passage, Candidate candidate, Guard.Permit permit, boolean mayRetry) {
        var begun = new AtomicBoolean();
        Duration limit = passage.call().stream() ? settings.firstByte() : settings.reply();
        Mono<Long> tooLate = Mono.delay(limit).filter(_ -> !begun.get()).switchIfEmpty(Mono.never());
        return candidate
                .exchange(passage.call(), reply -> {
                    begun.set(true);
                    int status = reply.status().value();
                    if (mayRetry && (status == UNAVAILABLE || status == TOO_MANY)) {
                        return Mono.error(new NoRoom(status));
                    }
                    meters.firstByte(passage.call().model(), System.nanoTime() - passage.startNs());
                    return pass(passage, reply, permit);
                })
                .timeout(tooLate)
                .doOnSuccess(_ -> permit.succeeded())
                .doOnError(fault -> {
                    // What goes wrong once an answer began, and was not the endpoint's trouble, is the client's.
                    if (begun.get() && !(fault instanceof EndpointTrouble)) {
                        permit.abandoned();
                    } else {
                        permit.failed(fault);
                    }
                })
                .doOnCancel(permit::abandoned);
    }

    private Mono<Void> pass(Passage passage, Reply reply, Guard.Permit permit) {
        if (reply.status().is5xxServerError() && reply.status().value() != UNAVAILABLE) {
            permit.failed(new ServerTrouble(reply.status().value()));
        }
        var response = passage.exchange().getResponse();
        response.setStatusCode(reply.status());
        response.getHeaders().putAll(reply.headers());
        MediaType type = reply.headers().getContentType();
        Flux<DataBuffer> body = Silence.limit(reply.body(), settings.idle()).onErrorMap(EndpointTrouble::new);
        if (type == null || !MediaType.TEXT_EVENT_STREAM.isCompatibleWith(type)) {
            return response.writeWith(body);
        }
        response.getHeaders().remove(HttpHeaders.CONTENT_LENGTH);
        response.getHeaders().set("X-Accel-Buffering", "no");
        return response.writeAndFlushWith(frames(passage, body, permit).map(Mono::just));
    }

    private Flux<DataBuffer> frames(Passage passage, Flux<DataBuffer> body, Guard.Permit permit) {
        DataBufferFactory buffers = passage.exchange().getResponse().bufferFactory();
        var whole = new WholeFrames();
        return body.map(buffer -> whole.accept(Buffers.drain(buffer)))
                .concatWith(Mono.fromSupplier(whole::rest))
                .onErrorResume(fault -> {
                    permit.failed(fault);
                    passage.broken().set(true);
                    LOG.warn("{}: a stream broke off: {}", passage.call().requestId(), fault.toString());
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

    private static boolean wasNotBegun(Passage passage, Throwable fault) {
        return !passage.exchange().getResponse().isCommitted()
                && (fault instanceof UnreachableException || fault instanceof NoRoom);
    }

    private static Throwable answer(Passage passage, Candidate candidate, Throwable fault) {
        if (fault instanceof ApiException || passage.exchange().getResponse().isCommitted()) {
            return fault;
        }
        LOG.warn("{}: {} failed: {}", passage.call().requestId(), candidate.endpoint(), fault.toString());
        return isTimeout(fault) || isConnectionTrouble(fault) ? new ApiException(explain(fault)) : fault;
    }

    private static ApiError explain(Throwable fault) {
        if (isTimeout(fault)) {
            return new ApiError(TIMED_OUT, "the endpoint took too long", "server_error", null, "timeout");
        }
        String how =
                fault instanceof UnreachableException ? "the endpoint cannot be reached" : "the endpoint broke off";
        return new ApiError(BAD_GATEWAY, how, "server_error", null, "bad_gateway");
    }

    private static boolean isTimeout(Throwable fault) {
        return causes(fault, TimeoutException.class);
    }

    private static boolean isConnectionTrouble(Throwable fault) {
        return fault instanceof UnreachableException || causes(fault, IOException.class);
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
