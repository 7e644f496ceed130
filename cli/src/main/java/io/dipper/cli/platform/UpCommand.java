package io.dipper.cli.platform;

import io.dipper.cli.Failure;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.registry.ModelName;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "up",
        description = "The whole platform on this machine, in the foreground: PostgreSQL, four services, console."
                + " Prints one line when a chat would be answered.")
public final class UpCommand implements Callable<Integer> {
    private static final int HIGHEST_PORT = 65_535 - 3;

    @Spec
    CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this help")
    boolean help;

    @Option(names = "--port", defaultValue = "8080", paramLabel = "N", description = "the gateway's; the others follow")
    int port;

    @Option(names = "--home", paramLabel = "DIR", description = "default: DIPPER_HOME or ~/.dipper")
    Path folder;

    @Option(
            names = "--model",
            defaultValue = Up.DEMONSTRATION,
            paramLabel = "NAME|none",
            description = "what to serve (default: dipper-mini)")
    String model;

    @Option(
            names = "--inference-apart",
            negatable = true,
            description = "the inference service in a process of its own, started anew when it ends unasked;"
                    + " the default where there is an NVIDIA driver")
    Boolean apart;

    @Override
    public Integer call() throws Exception {
        if (port < 1 || port > HIGHEST_PORT) {
            throw Failure.badInput("--port must be 1 to " + HIGHEST_PORT + ", given: " + port);
        }
        if (!model.equals(Up.NO_MODEL) && !ModelName.isValid(Up.nameOf(model))) {
            throw Failure.badInput("--model: " + ModelName.RULE + "; given: " + model);
        }
        DipperHome home = folder == null ? DipperHome.standard() : new DipperHome(folder);
        StartChecks.requireWritable(home);
        StartChecks.requireUnused(home);
        boolean inferenceApart = apart == null ? CudaCard.isDriverPresent() : apart;
        if (inferenceApart) {
            StartChecks.awaitFree(Service.INFERENCE.port(port));
        }
        for (Service service : Service.values()) {
            StartChecks.requireFree(service.port(port), service);
        }
        var shutdown = new Shutdown(spec.commandLine().getErr());
        shutdown.install();
        try {
            new Up(
                            home,
                            port,
                            model,
                            inferenceApart,
                            shutdown,
                            spec.commandLine().getErr())
                    .start();
        } catch (Exception | Error e) {
            return shutdown.endOf(e);
        }
        spec.commandLine().getOut().println("ready http://127.0.0.1:" + port + " key-file " + home.adminKey());
        new CountDownLatch(1).await();
        return 0;
    }
}
