package io.dipper.cli.platform;

import io.dipper.cli.ExitCode;
import io.dipper.inference.host.ModelHost;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.context.ConfigurableApplicationContext;

/// What follows when the inference service of this process has lost a device: the process ends, in order as
/// it does when it is told to, but with an exit code by which its supervisor knows that a new one helps.
final class DeviceLoss {
    private static final Duration DRAIN = Duration.ofSeconds(45);

    /// For all that comes after the requests in flight.
    private static final Duration MARGIN = Duration.ofSeconds(30);

    private DeviceLoss() {}

    static void ends(Shutdown shutdown, ConfigurableApplicationContext inference) {
        Duration drain = inference.getEnvironment().getProperty("dipper.drain-timeout", Duration.class, DRAIN);
        inference.getBean(ModelHost.class).whenDeviceLost(message -> {
            if (shutdown.isStopping()) {
                return;
            }
            System.err.println("dipper: " + message + ": this process ends with exit code " + ExitCode.DEVICE_LOST
                    + ", for only a new one can use the card");
            shutdown.failed(ExitCode.DEVICE_LOST);
            Thread.ofPlatform().name("device-lost").daemon().start(() -> System.exit(ExitCode.DEVICE_LOST));
            Thread.ofPlatform().name("device-lost-at-last").daemon().start(() -> haltAfter(drain.plus(MARGIN)));
        });
    }

    /// A thread may hang in a call on what is lost, and so may the end in order.
    private static void haltAfter(Duration limit) {
        try {
            TimeUnit.NANOSECONDS.sleep(limit.toNanos());
            System.err.println("dipper: the end in order took too long");
            Runtime.getRuntime().halt(ExitCode.DEVICE_LOST);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
