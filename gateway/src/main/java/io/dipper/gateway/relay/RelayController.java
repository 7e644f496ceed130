package io.dipper.gateway.relay;

import static org.springframework.web.bind.annotation.RequestMethod.DELETE;
import static org.springframework.web.bind.annotation.RequestMethod.GET;
import static org.springframework.web.bind.annotation.RequestMethod.HEAD;
import static org.springframework.web.bind.annotation.RequestMethod.PATCH;
import static org.springframework.web.bind.annotation.RequestMethod.PUT;

import io.dipper.gateway.GatewaySettings;
import io.dipper.gateway.routing.Router;
import io.dipper.servicesupport.backend.Endpoint;
import io.dipper.servicesupport.http.ApiError;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.Buffers;
import io.dipper.servicesupport.http.Caller;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.MethodNotAllowedException;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// OpenAI's paths. All but the list of models is passed on.
@RestController
public class RelayController {

    private static final String MODELS = "/v1/models/";
    private static final Set<String> ASKED_BY_POST =
            Set.of("/v1/chat/completions", "/v1/chat/completions/render", "/v1/completions");

    private final Relay relay;
    private final Router router;
    private final KeyLimits limits;
    private final int maxBody;

    RelayController(Relay relay, Router router, KeyLimits limits, GatewaySettings settings) {
        this.limits = limits;
        this.relay = relay;
        this.router = router;
        this.maxBody = Math.toIntExact(settings.maxBody().toBytes());
    }

    @PostMapping({"/v1/**", "/tokenize", "/detokenize"})
    public Mono<Void> relay(ServerWebExchange exchange) {
        if (!hasReadableType(exchange.getRequest().getHeaders())) {
            return Mono.error(new ApiException(new ApiError(
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE.value(),
                    "the body must be JSON: send it with 'Content-Type: application/json'",
                    "invalid_request_error",
                    null,
                    "unsupported_media_type")));
        }
        if (exchange.getRequest().getHeaders().getContentLength() > maxBody) {
            return Mono.error(tooLarge());
        }
        return DataBufferUtils.join(exchange.getRequest().getBody(), maxBody)
                .onErrorMap(DataBufferLimitException.class, _ -> tooLarge())
                .map(Buffers::drain)
                .defaultIfEmpty(new byte[0])
                .flatMap(body -> relay.relay(exchange, body))
                .transform(work -> limits.within(Caller.of(exchange), work));
    }

    /// Other methods than the ones above: what is there takes POST, all else is not there.
    @RequestMapping(
            path = {"/v1/**"},
            method = {GET, HEAD, PUT, PATCH, DELETE})
    public Mono<Void> refuse(ServerWebExchange exchange) {
        String path = exchange.getRequest().getPath().pathWithinApplication().value();
        return Mono.error(
                ASKED_BY_POST.contains(path)
                        ? new MethodNotAllowedException(exchange.getRequest().getMethod(), List.of(HttpMethod.POST))
                        : ApiException.notFound("there is nothing at this path", "not_found"));
    }

    /// What is no media type at all; which types are taken is for the endpoint to say.
    private static boolean hasReadableType(HttpHeaders headers) {
        try {
            headers.getContentType();
            return true;
        } catch (InvalidMediaTypeException e) {
            return false;
        }
    }

    @GetMapping("/v1/models")
    public Map<String, Object> models() {
        List<Map<String, Object>> data =
                router.readyModels().stream().map(RelayController::model).toList();
        return Map.of("object", "list", "data", data);
    }

    /// Names may hold slashes.
    @GetMapping("/v1/models/**")
    public Map<String, Object> model(ServerWebExchange exchange) {
        String name = exchange.getRequest().getURI().getPath().substring(MODELS.length());
        return router.readyModels().stream()
                .filter(endpoint -> endpoint.model().equals(name))
                .findFirst()
                .map(RelayController::model)
                .orElseThrow(() -> Router.noSuchModel(name));
    }

    private static Map<String, Object> model(Endpoint endpoint) {
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("id", endpoint.model());
        model.put("object", "model");
        model.put("created", endpoint.created());
        model.put("owned_by", endpoint.owner());
        if (endpoint.maxModelLen() != null) {
            model.put("max_model_len", endpoint.maxModelLen());
        }
        return model;
    }

    private ApiException tooLarge() {
        return new ApiException(new ApiError(
                HttpStatus.CONTENT_TOO_LARGE.value(),
                "the body has more than " + maxBody + " bytes",
                "invalid_request_error",
                null,
                "request_too_large"));
    }
}
