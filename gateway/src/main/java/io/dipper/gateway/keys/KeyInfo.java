package io.dipper.gateway.keys;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;

/// What may be told of a key: never the key itself.
///
/// @param prefix the key's first characters, by which its owner knows it again
/// @param revokedAt null while the key is valid
@JsonInclude(JsonInclude.Include.ALWAYS)
public record KeyInfo(String id, String name, String role, String prefix, Instant createdAt, Instant revokedAt) {}
