package io.dipper.servicesupport.http;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServer;

/// A client that begins a body and does not go on must not hold a connection, and a permit, for ever:
/// after a silence within it the answer is 408, and whoever trickles is cut off after some of those.
final class SlowBodies implements WebFilter, NettyServerCustomizer, Ordered {
    private static final int SILENCES = 10;

    private final Duration silence;

    SlowBodies(Duration silence) {
        this.silence = silence;
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE + 1;
    }

    @Override
    public HttpServer apply(HttpServer server) {
        return server.requestTimeout(silence.multipliedBy(SILENCES));
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        ServerHttpRequest request = exchange.getRequest();
        boolean bodiless = request.getHeaders().getContentLength() <= 0
                && !request.getHeaders().containsHeader(HttpHeaders.TRANSFER_ENCODING);
        if (bodiless) {
            return chain.filter(exchange);
        }
        var impatient = new ServerHttpRequestDecorator(request) {
            @Override
            public Flux<DataBuffer> getBody() {
                return super.getBody().timeout(silence).onErrorMap(TimeoutException.class, _ -> tooLate(exchange));
            }
        };
        return chain.filter(exchange.mutate().request(impatient).build());
    }

    private static ApiException tooLate(ServerWebExchange exchange) {
        // What may still come of the body must not be taken for the next request.
        exchange.getResponse().getHeaders().set(HttpHeaders.CONNECTION, "close");
        return new ApiException(new ApiError(
                408, "the request's body did not arrive in time", "invalid_request_error", null, "request_timeout"));
    }
}
