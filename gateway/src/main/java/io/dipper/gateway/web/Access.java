package io.dipper.gateway.web;

import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.Caller;
import io.dipper.servicesupport.http.OpenPaths;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;

/// Which paths need which key.
public final class Access {

    private Access() {}

    /// Whether a path belongs to the API: all others are the console's pages.
    public static boolean isApi(String path) {
        return isUnder(path, "/v1")
                || isUnder(path, "/api")
                || isUnder(path, "/metrics")
                || isUnder(path, "/health")
                || isUnder(path, "/tokenize")
                || isUnder(path, "/detokenize");
    }

    /// Health, and the console's pages, which hold no data.
    static boolean isOpen(ServerHttpRequest request) {
        return OpenPaths.HEALTH_ONLY.isOpen(request)
                || (OpenPaths.reads(request)
                        && !isApi(request.getPath().pathWithinApplication().value()));
    }

    public static void requireAdmin(ServerWebExchange exchange) {
        if (!Caller.of(exchange).mayAdminister()) {
            throw ApiException.forbidden("this needs an administrator's key");
        }
    }

    private static boolean isUnder(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder + "/");
    }
}
