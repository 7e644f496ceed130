package io.dipper.gateway;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ConfigurableApplicationContext;

/// A gateway with a real database, between an upstream and a registry that tests script.
final class TestGateway implements AutoCloseable {
    static final String TOKEN = "a-token-for-tests-only";

    final EmbeddedPostgres postgres;
    final FakeUpstream upstream;
    final FakeUpstream registry;
    final HttpClient http = HttpClient.newHttpClient();
    private final ConfigurableApplicationContext context;

    /// @param leases what the registry lists, given the upstream's address
    /// @param settings given the upstream's address, over the usual ones
    TestGateway(Path home, Function<String, List<String>> leases, Function<String, Map<String, String>> settings)
            throws IOException {
        upstream = new FakeUpstream();
        registry = new FakeUpstream();
        postgres = EmbeddedPostgres.start(new DipperHome(home.resolve("database")));
        String listed = "{\"data\":[" + String.join(",", leases.apply(upstream.url())) + "]}";
        registry.answers(exchange -> FakeUpstream.reply(exchange, 200, listed));
        Map<String, Object> properties = new HashMap<>(postgres.settings().asProperties());
        properties.put("dipper.home", home.toString());
        properties.put("dipper.service-token", TOKEN);
        properties.put("dipper.registry.url", registry.url());
        properties.put("spring.ai.model.chat", "none");
        properties.put("server.port", 0);
        properties.putAll(settings.apply(upstream.url()));
        context = GatewayApplication.start(properties);
    }

    static String lease(String id, String model, String url, String state, int running) {
        return """
                {"id":"%s","model":"%s","url":"%s","service":"inference","state":"%s","ttlSeconds":15,"running":%d,
                "waiting":0,"capacity":8,"maxModelLen":4096,"createdSeconds":1700000000,"memory":null}""".formatted(id, model, url, state, running);
    }

    /// A request for JSON, with a key or without.
    HttpRequest.Builder request(String path, @Nullable String key) {
        String port = context.getEnvironment().getProperty("local.server.port");
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", "application/json");
        return key == null ? request : request.header("Authorization", "Bearer " + key);
    }

    @Override
    public void close() {
        http.shutdownNow();
        context.close();
        upstream.close();
        registry.close();
        postgres.close();
    }
}
