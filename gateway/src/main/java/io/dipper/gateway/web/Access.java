package io.dipper.gateway.web;

import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.Caller;
import io.dipper.servicesupport.http.OpenPaths;
import java.util.Set;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/// Which paths need which key.
public final class Access {
    private static final Set<String> API = Set.of("v1", "api", "metrics", "health", "tokenize", "detokenize");

    private Access() {}

    /// Whether a path belongs to the API: all others are the console's pages. Judged by what routes are
    /// matched by, decoded and without parameters, so that no spelling of a path is one thing here and
    /// another there.
    public static boolean isApi(PathContainer path) {
        return path.elements().stream()
                .filter(PathContainer.PathSegment.class::isInstance)
                .map(segment -> ((PathContainer.PathSegment) segment).valueToMatch())
                .filter(segment -> !segment.isEmpty())
                .findFirst()
                .filter(API::contains)
                .isPresent();
    }

    /// Health, and the console's pages, which hold no data.
    static boolean isOpen(ServerHttpRequest request) {
        return OpenPaths.HEALTH_ONLY.isOpen(request)
                || (OpenPaths.reads(request) && !isApi(request.getPath().pathWithinApplication()));
    }

    public static void requireAdmin(ServerWebExchange exchange) {
        if (!Caller.of(exchange).mayAdminister()) {
            throw ApiException.forbidden("this needs an administrator's key");
        }
    }
}
