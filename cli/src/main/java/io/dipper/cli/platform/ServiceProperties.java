package io.dipper.cli.platform;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.SecretFile;
import java.util.LinkedHashMap;
import java.util.Map;

/// What each service is told at its start: where the others are, the secret that they share, the
/// home.
final class ServiceProperties {
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
