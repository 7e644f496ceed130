package io.dipper.servicesupport.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import reactor.core.publisher.Mono;

/// Knows whom a key belongs to. A service has exactly one: the service token by default, users'
/// keys in the gateway.
@FunctionalInterface
public interface Authenticator {

    /// Whom `key` belongs to; empty when it opens nothing.
    Mono<Caller> authenticate(String key);

    /// Accepts the one token that the services of a platform share.
    static Authenticator serviceToken(String token) {
        byte[] expected = token.getBytes(StandardCharsets.UTF_8);
        return key -> MessageDigest.isEqual(expected, key.getBytes(StandardCharsets.UTF_8))
                ? Mono.just(Caller.SERVICE)
                : Mono.empty();
    }
}
