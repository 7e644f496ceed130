package io.dipper.inference.web;

import io.dipper.openaiapi.ApiError;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Mono;

/// Paths, methods and their handlers. A path that is known but does not take the method answers 405
/// with `Allow`; an unknown one is left to whoever else routes.
public final class RouteTable implements RouterFunction<ServerResponse> {
    private static final byte[] NO_BODY = {};

    private final List<Route> routes = new ArrayList<>();
    private final VirtualThreadExchange exchanges;
    private final int maxBodyBytes;

    public RouteTable(Executor virtualThreads, int maxBodyBytes) {
        this.exchanges = new VirtualThreadExchange(virtualThreads);
        this.maxBodyBytes = maxBodyBytes;
    }

    /// Adds a route. A variable part of the pattern must be called `id`.
    public RouteTable add(HttpMethod method, String pattern, Handler handler) {
        for (Route route : routes) {
            if (route.pattern.getPatternString().equals(pattern)) {
                route.handlers.put(method, handler);
                return this;
            }
        }
        var route = new Route(PathPatternParser.defaultInstance.parse(pattern), new LinkedHashMap<>());
        route.handlers.put(method, handler);
        routes.add(route);
        return this;
    }

    @Override
    public Mono<HandlerFunction<ServerResponse>> route(ServerRequest request) {
        PathContainer path = request.requestPath().pathWithinApplication();
        for (Route route : routes) {
            PathPattern.PathMatchInfo match = route.pattern.matchAndExtract(path);
            if (match != null) {
                String id = match.getUriVariables().getOrDefault("id", "");
                // The rest of a path begins with the slash before it; a part of one may begin with its own.
                return Mono.just(handler(route, request.method(), route.takesRest() ? id.substring(1) : id));
            }
        }
        return Mono.empty();
    }

    private HandlerFunction<ServerResponse> handler(Route route, HttpMethod method, String id) {
        Handler handler = route.handlers.get(method);
        if (handler == null) {
            var allowed = route.handlers.keySet().stream().map(HttpMethod::name).toList();
            return response(exchange -> exchanges.answer(
                    exchange, Mono.just(NO_BODY), id, _ -> Answer.refusal(ApiError.methodNotAllowed(allowed))));
        }
        boolean hasBody = method.equals(HttpMethod.POST);
        return response(exchange -> exchanges.answer(
                exchange,
                hasBody ? RequestBody.read(exchange.getRequest(), maxBodyBytes) : Mono.just(NO_BODY),
                id,
                handler));
    }

    private static HandlerFunction<ServerResponse> response(
            java.util.function.Function<ServerWebExchange, Mono<Void>> write) {
        return _ -> ServerResponse.ok().build((exchange, _) -> write.apply(exchange));
    }

    private record Route(PathPattern pattern, Map<HttpMethod, Handler> handlers) {
        boolean takesRest() {
            return pattern.getPatternString().endsWith("{*id}");
        }
    }
}
