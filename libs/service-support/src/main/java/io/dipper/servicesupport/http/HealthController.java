package io.dipper.servicesupport.http;

import java.util.Map;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/// Liveness is apart from readiness: a service that waits for its model or drains is alive, and
/// killing it would not help.
@RestController
public final class HealthController {

    private final Readiness readiness;

    public HealthController(Readiness readiness) {
        this.readiness = readiness;
    }

    @GetMapping("/health")
    public Mono<Map<String, String>> health() {
        return Mono.just(Map.of("status", "ok"));
    }

    @GetMapping("/health/ready")
    public Mono<ResponseEntity<Map<String, Object>>> ready() {
        Map<String, String> missing = readiness.missing();
        return Mono.just(
                missing.isEmpty()
                        ? ResponseEntity.ok(Map.of("status", "ready"))
                        : ResponseEntity.status(503).body(Map.of("status", "not ready", "missing", missing)));
    }
}
