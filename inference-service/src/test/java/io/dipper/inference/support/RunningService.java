package io.dipper.inference.support;

import io.dipper.engine.EngineStats;
import io.dipper.engine.Runner;
import io.dipper.fixtures.Fixtures;
import io.dipper.inference.InferenceApplication;
import io.dipper.inference.InferenceConfiguration;
import io.dipper.inference.host.ModelHost;
import io.dipper.inference.host.RunnerFactory;
import io.dipper.openaiapi.json.Json;
import io.dipper.servicesupport.ServiceBootstrap;
import io.dipper.servicesupport.WebService;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import tools.jackson.databind.JsonNode;

/// The service on a free port, with dipper-mini and a runner of the test's choice.
public final class RunningService implements AutoCloseable {
    public static final String MODEL = "dipper-mini";
    public static final String KEY = "a-service-token-for-tests";

    /// Given to the context that is being started: contexts are built from classes.
    private static final AtomicReference<Supplier<Runner>> NEXT = new AtomicReference<>();

    /// What is waited for here is another thread's progress, which has no condition to wait on.
    private static final long POLL_NS = 500_000;

    private static Path sharedHome;

    private final ConfigurableApplicationContext context;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port;

    @WebService
    @Import(InferenceConfiguration.class)
    static class TestApplication {
        @Bean
        RunnerFactory runnerFactory() {
            Supplier<Runner> runners = NEXT.getAndSet(null);
            return (_, _) -> runners.get();
        }
    }

    private RunningService(ConfigurableApplicationContext context) {
        this.context = context;
        this.port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    public static RunningService start(Runner runner) throws Exception {
        return start(runner, Map.of());
    }

    /// As [#start]; each time the model is loaded it gets a runner from `runners`.
    public static RunningService start(Supplier<Runner> runners) throws Exception {
        return start(runners, Map.of());
    }

    /// Returns when the model serves.
    public static RunningService start(Runner runner, Map<String, Object> more) throws Exception {
        return start(() -> runner, more);
    }

    /// As [#start], with properties of the test's own.
    public static synchronized RunningService start(Supplier<Runner> runners, Map<String, Object> more)
            throws Exception {
        NEXT.set(runners);
        return started(ServiceBootstrap.start(TestApplication.class, "inference", properties(more)));
    }

    /// The service as it is in production, on the real runtime. Returns when the model serves.
    public static synchronized RunningService startReal(Map<String, Object> more) throws Exception {
        return started(InferenceApplication.start(properties(more)));
    }

    private static Map<String, Object> properties(Map<String, Object> more) throws IOException {
        var properties = new HashMap<String, Object>(Map.of(
                "dipper.home",
                home().toString(),
                "dipper.service-token",
                KEY,
                "dipper.model",
                Fixtures.dipperMini().toString(),
                "server.port",
                0));
        properties.putAll(more);
        return properties;
    }

    private static RunningService started(ConfigurableApplicationContext context) throws Exception {
        var service = new RunningService(context);
        service.awaitReady();
        return service;
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    public int port() {
        return port;
    }

    public <T> T bean(Class<T> type) {
        return context.getBean(type);
    }

    public HttpClient http() {
        return http;
    }

    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri(path)).header("Authorization", "Bearer " + KEY);
    }

    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
    }

    public HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return http.send(json(path, body), HttpResponse.BodyHandlers.ofString());
    }

    /// Posts and expects 200.
    public JsonNode ask(String path, Object body) throws IOException, InterruptedException {
        HttpResponse<String> reply = post(path, Json.text(body));
        if (reply.statusCode() != 200) {
            throw new AssertionError(reply.statusCode() + " " + reply.body());
        }
        return Json.tree(reply.body());
    }

    /// Posts and reads the events of the answer to their end.
    public StreamedReply stream(String path, Object body) throws IOException, InterruptedException {
        HttpResponse<InputStream> reply =
                http.send(json(path, Json.text(body)), HttpResponse.BodyHandlers.ofInputStream());
        return StreamedReply.read(reply);
    }

    public HttpRequest json(String path, String body) {
        return request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    public EngineStats engineStats() {
        return bean(ModelHost.class).require(MODEL).engine().stats();
    }

    /// Waits until the engine is so, letting it do something meanwhile.
    public void awaitStats(Predicate<EngineStats> condition, Runnable meanwhile) {
        while (!condition.test(engineStats())) {
            meanwhile.run();
            LockSupport.parkNanos(POLL_NS);
            if (Thread.interrupted()) {
                throw new AssertionError("waited too long: " + engineStats());
            }
        }
    }

    /// The value of a series without labels but the model's.
    public double metric(String name) throws IOException, InterruptedException {
        String labelled = name + "{model_name=\"" + MODEL + "\"}";
        return get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(labelled + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + labelled));
    }

    @Override
    public void close() {
        context.close();
        http.close();
    }

    private void awaitReady() throws IOException, InterruptedException {
        while (get("/health/ready").statusCode() != 200) {
            LockSupport.parkNanos(POLL_NS);
            if (Thread.interrupted()) {
                throw new AssertionError("waited too long: " + engineStats());
            }
        }
    }

    /// Exports are made once for all tests.
    private static Path home() throws IOException {
        if (sharedHome == null) {
            sharedHome = Files.createDirectories(Fixtures.root().resolve("inference-service/target/test-home"));
        }
        return sharedHome;
    }
}
