package io.dipper.servicesupport.http;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Refuses U+0000 in paths and queries: PostgreSQL stores and compares no text with it, so nothing
/// that is asked for so can be there.
@Order(NulFilter.ORDER)
final class NulFilter implements WebFilter {

    static final int ORDER = BearerFilter.ORDER + 10;

    /// The only spelling that a URI has for it.
    private static final String ESCAPED = "%00";

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        URI uri = exchange.getRequest().getURI();
        if (uri.getRawPath().contains(ESCAPED)) {
            return Mono.error(ApiException.badRequest("the path must not hold the character U+0000", null));
        }
        if (uri.getRawQuery() != null && uri.getRawQuery().contains(ESCAPED)) {
            return Mono.error(inQuery(exchange.getRequest().getQueryParams()));
        }
        return chain.filter(exchange);
    }

    private static ApiException inQuery(Map<String, List<String>> query) {
        return query.entrySet().stream()
                .filter(entry -> entry.getKey().matches("[A-Za-z0-9_]{1,40}"))
                .filter(entry -> entry.getValue().stream().anyMatch(value -> value != null && value.indexOf(0) >= 0))
                .findFirst()
                .map(entry ->
                        ApiException.badRequest(entry.getKey() + " must not hold the character U+0000", entry.getKey()))
                .orElseGet(() -> ApiException.badRequest("the query must not hold the character U+0000", null));
    }
}
