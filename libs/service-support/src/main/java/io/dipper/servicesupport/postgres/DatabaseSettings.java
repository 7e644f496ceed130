package io.dipper.servicesupport.postgres;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.core.env.Environment;

/// Where PostgreSQL is. Without `dipper.database.url` a service runs the embedded one itself.
public record DatabaseSettings(String url, String username, String password) {

    /// With this profile a service never runs a database of its own.
    public static final String EXTERNAL_PROFILE = "external";

    private static final String URL = "dipper.database.url";
    private static final String USERNAME = "dipper.database.username";
    private static final String PASSWORD = "dipper.database.password";

    public static Optional<DatabaseSettings> from(Environment environment) {
        String url = environment.getProperty(URL);
        if (url == null || url.isBlank()) {
            if (environment.matchesProfiles(EXTERNAL_PROFILE)) {
                throw new IllegalArgumentException("profile " + EXTERNAL_PROFILE + " needs " + URL
                        + " (DIPPER_DATABASE_URL): jdbc:postgresql://HOST:PORT/DATABASE");
            }
            return Optional.empty();
        }
        if (!url.startsWith("jdbc:postgresql:")) {
            throw new IllegalArgumentException(URL + " must be jdbc:postgresql://HOST:PORT/DATABASE");
        }
        return Optional.of(new DatabaseSettings(
                url, environment.getProperty(USERNAME, "dipper"), environment.getProperty(PASSWORD, "")));
    }

    /// The properties that hand this database to a service.
    public Map<String, Object> asProperties() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put(URL, url);
        properties.put(USERNAME, username);
        properties.put(PASSWORD, password);
        return properties;
    }

    @Override
    public String toString() {
        return "DatabaseSettings[" + url + ", " + username + "]";
    }
}
