package io.dipper.cli.platform;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.SecretFile;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What each service is told at its start: where the others are, the secret that they share, the
/// home.
final class ServiceProperties {
    /// What an inference service in a process of its own is told; port and home are on its command line.
    private static final Set<String> OF_A_PROCESS =
            Set.of("dipper.service-token", "dipper.registry.url", "dipper.inference.url", "dipper.model");

    private final DipperHome home;
    private final int gatewayPort;
    private final String token;
    private final Map<String, Object> database;

    ServiceProperties(DipperHome home, int gatewayPort, Map<String, Object> database) {
        this.home = home;
        this.gatewayPort = gatewayPort;
        this.database = Map.copyOf(database);
        this.token = SecretFile.readOrCreate(home.serviceToken(), SecretFile::random);
    }

    String token() {
        return token;
    }

    /// The same for an inference service in a process of its own: in the environment, where nobody else sees
    /// the secret.
    static Map<String, String> environment(Map<String, Object> properties) {
        Map<String, String> environment = new LinkedHashMap<>();
        properties.forEach((name, value) -> {
            if (OF_A_PROCESS.contains(name)) {
                environment.put(name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_'), value.toString());
            }
        });
        return environment;
    }

    Map<String, Object> of(Service service) {
        Map<String, Object> properties = new LinkedHashMap<>(database);
        properties.put("server.port", service.port(gatewayPort));
        properties.put("dipper.home", home.root().toString());
        properties.put("dipper.service-token", token);
        properties.put("dipper.gateway.url", Service.GATEWAY.url(gatewayPort));
        properties.put("dipper.inference.url", Service.INFERENCE.url(gatewayPort));
        properties.put("dipper.registry.url", Service.REGISTRY.url(gatewayPort));
        properties.put("dipper.benchmark.url", Service.BENCHMARK.url(gatewayPort));
        return properties;
    }
}
