package io.dipper.gateway.web;

import io.dipper.gateway.relay.Upstream;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.ServiceToken;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// The other services' own paths, for administrators: what they send goes on with the service token
/// instead of their key.
@RestController
public class AdminController {

    private static final Logger LOG = LoggerFactory.getLogger(AdminController.class);
    private static final int RETRY_AFTER_SECONDS = 2;

    private final Upstream upstream;
    private final ServiceToken token;
    private final String registry;
    private final String inference;
    private final String benchmark;

    public AdminController(
            Upstream upstream,
            ServiceToken token,
            @Value("${dipper.registry.url:http://127.0.0.1:8082}") String registry,
            @Value("${dipper.inference.url:http://127.0.0.1:8081}") String inference,
            @Value("${dipper.benchmark.url:http://127.0.0.1:8083}") String benchmark) {
        this.upstream = upstream;
        this.token = token;
        this.registry = registry;
        this.inference = inference;
        this.benchmark = benchmark;
    }

    @RequestMapping("/api/registry/**")
    public Mono<Void> registry(ServerWebExchange exchange) {
        return pass(exchange, registry);
    }

    @RequestMapping("/api/inference/**")
    public Mono<Void> inference(ServerWebExchange exchange) {
        return pass(exchange, inference);
    }

    @RequestMapping("/api/benchmark/**")
    public Mono<Void> benchmark(ServerWebExchange exchange) {
        return pass(exchange, benchmark);
    }

    private Mono<Void> pass(ServerWebExchange exchange, String url) {
        Access.requireAdmin(exchange);
        String base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        return upstream.request(exchange, base, token.value())
                .body(BodyInserters.fromDataBuffers(exchange.getRequest().getBody()))
                .exchangeToMono(response -> answer(exchange, response))
                .onErrorMap(WebClientRequestException.class, fault -> {
                    LOG.warn("{} does not answer: {}", base, fault.toString());
                    return ApiException.unavailable(
                            "the service does not answer", "service_unavailable", RETRY_AFTER_SECONDS);
                });
    }

    private static Mono<Void> answer(ServerWebExchange exchange, ClientResponse response) {
        Upstream.head(response, exchange.getResponse());
        return exchange.getResponse()
                .writeAndFlushWith(response.bodyToFlux(DataBuffer.class).map(Mono::just));
    }
}
