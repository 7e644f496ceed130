package io.dipper.cli.platform;

import io.dipper.cli.Failure;
import io.dipper.inference.host.ServedBefore;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.HomeLock;
import io.dipper.servicesupport.http.Readiness;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ConfigurableApplicationContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "serve",
        description = "One service in a JVM of its own, in the foreground. Properties come from the environment"
                + " (DIPPER_REGISTRY_URL, DIPPER_DATABASE_URL, DIPPER_SERVICE_TOKEN, …) or a file NAME.yaml in the home."
                + " Prints one line when /health/ready would say so: inference has its model loaded then.")
public final class ServeCommand implements Callable<Integer> {
    private static final int HIGHEST_PORT = 65_535;
    private static final long POLL_MILLIS = 50;

    @Spec
    CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this help")
    boolean help;

    @Parameters(paramLabel = "gateway|inference|registry|benchmark")
    Service service;

    @Option(names = "--port", paramLabel = "N", description = "default: 8080, 8081, 8082, 8083 in this order")
    Integer port;

    @Option(names = "--home", paramLabel = "DIR", description = "default: DIPPER_HOME or ~/.dipper")
    Path folder;

    @Option(
            names = "--with-process",
            paramLabel = "PID",
            description = "end in order when the process of that id has ended, as `up` asks of what it starts")
    Long other;

    @Override
    public Integer call() throws Exception {
        DipperHome home = folder == null ? DipperHome.standard() : new DipperHome(folder);
        int chosen = port == null ? service.port(8080) : port;
        if (chosen < 1 || chosen > HIGHEST_PORT) {
            throw Failure.badInput("--port must be 1 to " + HIGHEST_PORT + ", given: " + chosen);
        }
        StartChecks.requireWritable(home);
        StartChecks.requireFree(chosen, service);
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("server.port", chosen);
        properties.put("dipper.home", home.root().toString());
        properties.put("dipper.log-name", service.toString());
        var shutdown = new Shutdown(spec.commandLine().getErr());
        shutdown.install();
        try {
            var starting = new Starting<>(service.toString(), () -> start(properties));
            shutdown.add(service.toString(), () -> stop(starting, home));
            ConfigurableApplicationContext started = starting.begin().await();
            shutdown.add(service.toString(), started);
            if (service == Service.INFERENCE) {
                DeviceLoss.ends(shutdown, started);
            }
            if (other != null) {
                Companion.endWith(other);
            }
            awaitReady(started.getBean(Readiness.class));
        } catch (Exception | Error e) {
            return shutdown.endOf(e);
        }
        spec.commandLine().getOut().println("ready http://127.0.0.1:" + chosen);
        new CountDownLatch(1).await();
        return 0;
    }

    /// Whoever asked for a companion starts a successor, which is to have the same models, and takes the list away
    /// when there is to be none.
    private ConfigurableApplicationContext start(Map<String, Object> properties) {
        ConfigurableApplicationContext started = service.start(properties);
        if (other != null) {
            started.getBeanProvider(ServedBefore.class).ifAvailable(ServedBefore::keep);
        }
        return started;
    }

    /// An inference service may be loading models, and what it leaves behind would count that as a death. The
    /// others leave nothing unless they run PostgreSQL, and may wait for long for one that they do not.
    private void stop(Starting<?> starting, DipperHome home) throws Exception {
        if (service != Service.INFERENCE) {
            // It would complain that it was interrupted.
            LoggingSystem.get(getClass().getClassLoader()).setLogLevel("org.flywaydb", LogLevel.OFF);
            // Before the question: an interrupted thread does not get the home any more.
            starting.interrupt();
            if (!HomeLock.isHeldHere(home)) {
                return;
            }
        }
        starting.closeWhenStarted();
    }

    /// Says what is missing, once: a registry that never comes would look like a hang.
    private void awaitReady(Readiness readiness) throws InterruptedException {
        if (!readiness.isReady()) {
            spec.commandLine()
                    .getErr()
                    .println("waiting: " + String.join(", ", readiness.missing().values()));
        }
        while (!readiness.isReady()) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }
}
