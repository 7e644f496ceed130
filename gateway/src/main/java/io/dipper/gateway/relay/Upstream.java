package io.dipper.gateway.relay;

import io.dipper.servicesupport.http.RequestIdFilter;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.server.ServerWebExchange;
import reactor.netty.http.client.HttpClient;

/// Requests as they go on to another server, and the heads of its answers as they come back: only
/// headers that are known to be harmless pass, neither the client's key nor anything hop-by-hop.
public final class Upstream {

    private static final List<String> ONWARD =
            List.of(HttpHeaders.CONTENT_TYPE, HttpHeaders.ACCEPT, "traceparent", "tracestate");
    private static final List<String> BACK = List.of(
            HttpHeaders.CONTENT_TYPE,
            HttpHeaders.CONTENT_LENGTH,
            HttpHeaders.CONTENT_DISPOSITION,
            HttpHeaders.CACHE_CONTROL,
            HttpHeaders.ETAG,
            HttpHeaders.LOCATION,
            HttpHeaders.RETRY_AFTER,
            HttpHeaders.ALLOW);

    private final WebClient http;

    public Upstream(HttpClient http) {
        this.http = WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(http))
                .build();
    }

    /// The client's request, addressed to `base`, without its body.
    public WebClient.RequestBodySpec request(ServerWebExchange exchange, String base, @Nullable String bearer) {
        ServerHttpRequest request = exchange.getRequest();
        String query = request.getURI().getRawQuery();
        URI target = URI.create(base + request.getURI().getRawPath() + (query == null ? "" : "?" + query));
        return http.method(request.getMethod()).uri(target).headers(headers -> {
            copy(request.getHeaders(), headers, ONWARD);
            headers.set(RequestIdFilter.HEADER, RequestIdFilter.idOf(exchange));
            if (bearer != null && !bearer.isEmpty()) {
                headers.setBearerAuth(bearer);
            }
        });
    }

    /// Takes over an answer's status and headers.
    public static void head(ClientResponse from, ServerHttpResponse to) {
        to.setStatusCode(from.statusCode());
        copy(from.headers().asHttpHeaders(), to.getHeaders(), BACK);
    }

    private static void copy(HttpHeaders from, HttpHeaders to, List<String> names) {
        for (String name : names) {
            List<String> values = from.get(name);
            if (values != null) {
                to.put(name, List.copyOf(values));
            }
        }
    }
}
