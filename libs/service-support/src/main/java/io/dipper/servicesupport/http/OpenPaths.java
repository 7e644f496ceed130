package io.dipper.servicesupport.http;

import java.util.Set;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.ServerHttpRequest;

/// What is served without a key. Every service opens its health; only the gateway adds to it.
@FunctionalInterface
public interface OpenPaths {

    Set<String> HEALTH = Set.of("/health", "/health/ready");

    Set<HttpMethod> READS = Set.of(HttpMethod.GET, HttpMethod.HEAD);

    OpenPaths HEALTH_ONLY =
            request -> reads(request) && HEALTH.contains(request.getPath().value());

    boolean isOpen(ServerHttpRequest request);

    static boolean reads(ServerHttpRequest request) {
        return READS.contains(request.getMethod());
    }
}
