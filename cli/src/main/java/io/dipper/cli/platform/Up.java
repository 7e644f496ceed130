package io.dipper.cli.platform;

import io.dipper.cli.Failure;
import io.dipper.cli.online.ImportJob;
import io.dipper.cli.online.Platform;
import io.dipper.export.Target;
import io.dipper.inference.host.ServedFile;
import io.dipper.inference.host.Wanted;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.SecretFile;
import io.dipper.servicesupport.postgres.EmbeddedPostgres;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/// Starts everything, in the order of need: PostgreSQL, registry, then gateway, benchmark and the first
/// import side by side, and inference once there is a model; in one JVM, but for inference where that uses
/// cards.
final class Up {
    static final String DEMONSTRATION = "dipper-mini";
    static final String NO_MODEL = "none";
    private static final long POLL_MILLIS = 50;

    private final DipperHome home;
    private final int port;
    private final String model;
    private final boolean apart;
    private final Shutdown shutdown;
    private final PrintWriter messages;

    /// @param apart whether the inference service is a process of its own
    Up(DipperHome home, int port, String model, boolean apart, Shutdown shutdown, PrintWriter messages) {
        this.home = home;
        this.port = port;
        this.model = model;
        this.apart = apart;
        this.shutdown = shutdown;
        this.messages = messages;
    }

    void start() throws Exception {
        Files.createDirectories(home.logs());
        System.setProperty("dipper.home", home.root().toString());
        var postgres = new Starting<>("postgres", () -> EmbeddedPostgres.start(home));
        shutdown.add("PostgreSQL", () -> {
            postgres.interrupt();
            postgres.closeWhenStarted();
        });
        var properties = new ServiceProperties(
                home, port, postgres.begin().await().settings().asProperties());
        var registry = new Starting<>("registry", () -> Service.REGISTRY.start(properties.of(Service.REGISTRY)));
        shutdown.add("registry", registry::closeWhenStarted);
        registry.begin().await();
        var gateway = new Starting<>("gateway", () -> Service.GATEWAY.start(properties.of(Service.GATEWAY)));
        shutdown.add("gateway", gateway::closeWhenStarted);
        gateway.begin();
        importModel(new Platform(URI.create(Service.REGISTRY.url(port)), properties.token()));
        Callable<AutoCloseable> start = inference(properties);
        var inference = new Starting<>("inference", start);
        if (!apart) {
            // It may be loading models, and what it leaves behind would count that as a death.
            shutdown.add("inference", inference::closeWhenStarted);
        }
        inference.begin();
        ConfigurableApplicationContext gatewayContext = gateway.await();
        Map<String, Object> benchmark = properties.of(Service.BENCHMARK);
        benchmark.put("dipper.gateway.key", SecretFile.read(home.adminKey()).orElse(""));
        var benchmarks = new Starting<>("benchmark", () -> Service.BENCHMARK.start(benchmark));
        shutdown.add("benchmark", benchmarks::closeWhenStarted);
        benchmarks.begin().await();
        // Again, in the order in which they are to stop; what is closed can be closed.
        shutdown.add("inference", inference.await());
        shutdown.add("gateway", gatewayContext);
        awaitModel();
    }

    /// What starts the inference service and returns when that takes requests.
    private Callable<AutoCloseable> inference(ServiceProperties properties) {
        Map<String, Object> inference = properties.of(Service.INFERENCE);
        inference.put("dipper.model", model);
        if (apart) {
            int its = Service.INFERENCE.port(port);
            var process = new InferenceProcess(
                    InferenceProcess.command(home, its, ServiceProperties.environment(inference)),
                    its,
                    ServedFile.of(home, its),
                    shutdown::isStopping,
                    messages);
            // It can be closed while it starts.
            shutdown.add("inference", process);
            return () -> {
                process.start();
                return process;
            };
        }
        return () -> {
            ConfigurableApplicationContext context = Service.INFERENCE.start(inference);
            DeviceLoss.ends(shutdown, context);
            return context;
        };
    }

    private void importModel(Platform registry) throws InterruptedException {
        if (model.equals(DEMONSTRATION)) {
            Path folder = Path.of(System.getProperty("dipper.install", ""))
                    .resolve("models")
                    .resolve(DEMONSTRATION);
            if (!Files.isDirectory(folder)) {
                throw Failure.badInput("the demonstration model is missing: " + folder);
            }
            ImportJob.run(registry, model, "path:" + folder.toAbsolutePath(), null, messages);
        }
    }

    /// Waits until the gateway lists the model: then a chat would be answered.
    private void awaitModel() throws InterruptedException {
        if (model.equals(NO_MODEL)) {
            return;
        }
        String key = SecretFile.read(home.adminKey())
                .orElseThrow(() -> Failure.badInput("the gateway wrote no key file: " + home.adminKey()));
        var gateway = new Platform(URI.create(Service.GATEWAY.url(port)), key);
        String name = nameOf(model);
        while (!lists(gateway.get("/v1/models"), name)) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /// What a model, or the path of a checkpoint's folder, is served as.
    static String nameOf(String model) {
        return Wanted.of(model, Target.CPU_F32).name();
    }

    private static boolean lists(JsonNode models, String name) {
        for (JsonNode listed : models.path("data")) {
            if (listed.path("id").asString("").equals(name)) {
                return true;
            }
        }
        return false;
    }
}
