package io.dipper.cli.platform;

import io.dipper.inference.host.ServedBefore;
import java.util.Optional;
import org.springframework.context.ConfigurableApplicationContext;

/// Another process whose end is this one's.
final class Companion {
    private Companion() {}

    /// Ends this process in order when that one has ended. What the service had is remembered then, as after
    /// any end that nobody asked for.
    static void endWith(long pid, ConfigurableApplicationContext service) {
        Runnable end = () -> {
            service.getBeanProvider(ServedBefore.class).ifAvailable(ServedBefore::keep);
            System.exit(0);
        };
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        if (process.isEmpty()) {
            end.run();
        } else {
            var _ = process.get().onExit().thenRun(end);
        }
    }
}
