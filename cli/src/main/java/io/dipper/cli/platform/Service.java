package io.dipper.cli.platform;

import io.dipper.benchmark.BenchmarkApplication;
import io.dipper.gateway.GatewayApplication;
import io.dipper.inference.InferenceApplication;
import io.dipper.registry.RegistryApplication;
import java.util.Locale;
import java.util.Map;
import org.springframework.context.ConfigurableApplicationContext;

/// The four services and where their ports lie after the gateway's.
enum Service {
    GATEWAY(0),
    INFERENCE(1),
    REGISTRY(2),
    BENCHMARK(3);

    private final int portOffset;

    Service(int portOffset) {
        this.portOffset = portOffset;
    }

    ConfigurableApplicationContext start(Map<String, Object> properties) {
        return switch (this) {
            case GATEWAY -> GatewayApplication.start(properties);
            case INFERENCE -> InferenceApplication.start(properties);
            case REGISTRY -> RegistryApplication.start(properties);
            case BENCHMARK -> BenchmarkApplication.start(properties);
        };
    }

    /// As it is named on the command line and in file names.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The service's port, where the gateway has `gatewayPort`.
    int port(int gatewayPort) {
        return gatewayPort + portOffset;
    }

    String url(int gatewayPort) {
        return "http://127.0.0.1:" + port(gatewayPort);
    }
}
