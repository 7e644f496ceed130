package io.dipper.servicesupport.http;

import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/// Gives every request an id: the client's own where it is harmless, else a new one. It is returned
/// with every reply, kept in Reactor's context, and passed on by whoever calls another service.
@Order(RequestIdFilter.ORDER)
public final class RequestIdFilter implements WebFilter {

    public static final String HEADER = "x-request-id";
    public static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 10;

    private static final String KEY = RequestIdFilter.class.getName();
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String offered = exchange.getRequest().getHeaders().getFirst(HEADER);
        String id = offered != null && HARMLESS.matcher(offered).matches() ? offered : newId();
        exchange.getAttributes().put(KEY, id);
        exchange.getResponse().getHeaders().set(HEADER, id);
        return chain.filter(exchange).contextWrite(context -> context.put(KEY, id));
    }

    public static String idOf(ServerWebExchange exchange) {
        return exchange.getAttributeOrDefault(KEY, "unknown");
    }

    /// The id of the request being served, or a new one outside of any.
    public static String idOf(ContextView context) {
        return context.<String>getOrEmpty(KEY).orElseGet(RequestIdFilter::newId);
    }

    static String newId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return "req-%016x%016x".formatted(random.nextLong(), random.nextLong());
    }
}
