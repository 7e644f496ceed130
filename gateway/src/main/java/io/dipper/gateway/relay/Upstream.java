package io.dipper.gateway.relay;

import io.dipper.servicesupport.backend.Call;
import io.dipper.servicesupport.http.RequestIdFilter;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
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

    /// The headers of a client's request that may be passed on.
    public static HttpHeaders onward(HttpHeaders from) {
        var headers = new HttpHeaders();
        copy(from, headers, ONWARD);
        return headers;
    }

    /// The headers of an answer that may be passed back.
    public static HttpHeaders harmless(HttpHeaders from) {
        var headers = new HttpHeaders();
        copy(from, headers, BACK);
        return headers;
    }

    /// A path as the client sent it, with its query.
    public static String path(ServerHttpRequest request) {
        String query = request.getURI().getRawQuery();
        return request.getURI().getRawPath() + (query == null ? "" : "?" + query);
    }

    /// A call, addressed to `base`, without its body.
    public WebClient.RequestBodySpec request(Call call, String base, @Nullable String bearer) {
        return request(call.method(), base + call.path(), call.headers(), call.requestId(), bearer);
    }

    /// The client's request, addressed to `base`, without its body.
    public WebClient.RequestBodySpec request(ServerWebExchange exchange, String base, @Nullable String bearer) {
        ServerHttpRequest request = exchange.getRequest();
        return request(
                request.getMethod(),
                base + path(request),
                onward(request.getHeaders()),
                RequestIdFilter.idOf(exchange),
                bearer);
    }

    private WebClient.RequestBodySpec request(
            HttpMethod method, String target, HttpHeaders onward, String requestId, @Nullable String bearer) {
        return http.method(method).uri(URI.create(target)).headers(headers -> {
            headers.addAll(onward);
            headers.set(RequestIdFilter.HEADER, requestId);
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
