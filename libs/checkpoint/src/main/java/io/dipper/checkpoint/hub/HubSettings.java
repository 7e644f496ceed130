package io.dipper.checkpoint.hub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Where the hub is, who we are to it, and where its cache lies.
public record HubSettings(URI endpoint, Optional<String> token, boolean offline, Path cache) {
    /// The environment variables that [#from] reads.
    public static final Set<String> VARIABLES = Set.of(
            "HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME");

    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

    public HubSettings {
        String scheme = endpoint.getScheme();
        if (endpoint.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
            throw new IllegalArgumentException("HF_ENDPOINT: " + endpoint + " is no http or https address");
        }
    }

    /// As users of the hub's own tools know it.
    public static HubSettings from(Map<String, String> environment) {
        Path home = value(environment, "HF_HOME")
                .map(Path::of)
                .orElseGet(() -> value(environment, "XDG_CACHE_HOME")
                        .map(Path::of)
                        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("huggingface"));
        String endpoint = value(environment, "HF_ENDPOINT").orElse("https://huggingface.co");
        return new HubSettings(
                URI.create(endpoint.replaceAll("/+$", "")),
                value(environment, "HF_TOKEN").or(() -> storedToken(environment, home)),
                value(environment, "HF_HUB_OFFLINE")
                        .map(text -> TRUE.contains(text.toUpperCase(Locale.ROOT)))
                        .orElse(false),
                value(environment, "HF_HUB_CACHE").map(Path::of).orElseGet(() -> home.resolve("hub")));
    }

    /// What the hub's own login command leaves.
    private static Optional<String> storedToken(Map<String, String> environment, Path home) {
        Path file = value(environment, "HF_TOKEN_PATH").map(Path::of).orElseGet(() -> home.resolve("token"));
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    private static Optional<String> value(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(text -> !text.isEmpty());
    }

    /// Leaves the token out: settings end up in logs.
    @Override
    public String toString() {
        return "HubSettings[endpoint=" + endpoint + ", token=" + (token.isPresent() ? "set" : "none") + ", offline="
                + offline + ", cache=" + cache + "]";
    }
}
