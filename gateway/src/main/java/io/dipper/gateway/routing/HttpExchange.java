package io.dipper.gateway.routing;

import io.dipper.gateway.relay.Upstream;
import io.dipper.servicesupport.backend.Call;
import io.dipper.servicesupport.backend.Reply;
import io.dipper.servicesupport.backend.UnreachableException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.core.publisher.Mono;

/// A call sent on over HTTP, bodies and frames unchanged.
final class HttpExchange {

    private final Upstream upstream;

    HttpExchange(Upstream upstream) {
        this.upstream = upstream;
    }

    /// @param base address without a path
    /// @param bearer what opens it
    Mono<Void> to(String base, @Nullable String bearer, Call call, Function<Reply, Mono<Void>> reader) {
        return Mono.fromCallable(() -> upstream.request(call, base, bearer).bodyValue(call.body()))
                .onErrorMap(fault -> new UnreachableException("no request can be made of the target", fault))
                .flatMap(request -> request.exchangeToMono(response -> reader.apply(new Reply(
                        response.statusCode(),
                        Upstream.harmless(response.headers().asHttpHeaders()),
                        response.bodyToFlux(DataBuffer.class)))))
                .onErrorMap(HttpExchange::isUnreached, fault -> new UnreachableException("no connection", fault));
    }

    private static boolean isUnreached(Throwable fault) {
        // A host or port that is none: the client gives up before it connects.
        if (fault instanceof WebClientRequestException && fault.getCause() instanceof IllegalArgumentException) {
            return true;
        }
        for (Throwable at = fault; at != null; at = at.getCause()) {
            // Netty's time limit of connecting is a ConnectException, too.
            if (at instanceof ConnectException || at instanceof UnknownHostException) {
                return true;
            }
        }
        return false;
    }
}
