package io.dipper.servicesupport.http;

import java.util.Map;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Closed by default: without a key that [Authenticator] knows, nothing but [OpenPaths] is reached,
/// and no body is read.
@Order(BearerFilter.ORDER)
public final class BearerFilter implements WebFilter {

    public static final int ORDER = RequestIdFilter.ORDER + 20;

    private static final String SCHEME = "Bearer ";

    private final Authenticator authenticator;
    private final OpenPaths open;

    public BearerFilter(Authenticator authenticator, OpenPaths open) {
        this.authenticator = authenticator;
        this.open = open;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        if (open.isOpen(exchange.getRequest())) {
            return chain.filter(exchange);
        }
        String header = exchange.getRequest().getHeaders().getFirst(HttpHeaders.AUTHORIZATION);
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Mono.error(unauthorized("give a key: Authorization: Bearer KEY"));
        }
        return authenticator
                .authenticate(header.substring(SCHEME.length()).strip())
                .switchIfEmpty(Mono.error(() -> unauthorized("this key is not valid")))
                .flatMap(caller -> {
                    caller.attachTo(exchange);
                    return chain.filter(exchange);
                });
    }

    private static ApiException unauthorized(String message) {
        return new ApiException(
                new ApiError(401, message, "invalid_request_error", null, "invalid_api_key"),
                Map.of(HttpHeaders.WWW_AUTHENTICATE, "Bearer"));
    }
}
