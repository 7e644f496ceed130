package io.dipper.gateway.keys;

import io.dipper.gateway.web.Access;
import io.dipper.servicesupport.http.ApiException;
import io.dipper.servicesupport.http.PlainText;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

/// Keys over HTTP, for administrators. A key is shown once: in the answer that makes it.
@RestController
@RequestMapping("/api/keys")
public class KeyController {

    private static final Set<String> ROLES = Set.of("user", "admin");
    private static final int MAX_NAME = 100;

    /// The wanted name and role.
    public record NewKey(String name, String role) {}

    /// The one time a key is seen.
    public record MadeKey(String id, String name, String role, String key) {}

    private final KeyStore keys;
    private final KeyAuthenticator authenticator;

    public KeyController(KeyStore keys, KeyAuthenticator authenticator) {
        this.keys = keys;
        this.authenticator = authenticator;
    }

    @GetMapping
    public Map<String, List<KeyInfo>> list(ServerWebExchange exchange) {
        Access.requireAdmin(exchange);
        return Map.of("data", keys.all());
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    public MadeKey make(@RequestBody NewKey wanted, ServerWebExchange exchange) {
        Access.requireAdmin(exchange);
        String name = wanted.name() == null ? "" : wanted.name().strip();
        if (name.isEmpty() || name.length() > MAX_NAME || !PlainText.isPlain(name)) {
            throw ApiException.badRequest(
                    "name must have 1 to " + MAX_NAME + " characters, none of them a control character", "name");
        }
        String role = wanted.role() == null ? "user" : wanted.role();
        if (!ROLES.contains(role)) {
            throw ApiException.badRequest("role must be user or admin", "role");
        }
        String key = KeyStore.newKey();
        return new MadeKey(keys.add(name, role, key), name, role, key);
    }

    /// Revokes: from the answer on, the key opens nothing. Revoking twice is no error.
    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    public void revoke(@PathVariable String id, ServerWebExchange exchange) {
        Access.requireAdmin(exchange);
        if (!keys.revoke(id) && !keys.exists(id)) {
            throw ApiException.notFound("there is no key " + id, "key_not_found");
        }
        authenticator.forget();
    }
}
