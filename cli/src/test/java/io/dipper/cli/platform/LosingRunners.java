package io.dipper.cli.platform;

import io.dipper.engine.DeviceLostException;
import io.dipper.engine.Runner;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.engineort.RunnerOptions;
import io.dipper.inference.host.OrtRunners;
import io.dipper.inference.host.RunnerFactory;
import io.dipper.servicesupport.home.DipperHome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/// The service's runners, until a file appears in the home: then the next step loses the device. Named in
/// the home's `inference.properties`, so that the processes of a test are those of the product.
@Configuration(proxyBeanMethods = false)
public class LosingRunners {
    private static final String TRIGGER = "lose-device";

    /// Makes the services of a home lose their device when [#trigger] is called.
    static void installIn(DipperHome home) throws IOException {
        Files.createDirectories(home.root());
        Files.writeString(
                home.root().resolve("inference.properties"), "spring.main.sources=" + LosingRunners.class.getName());
    }

    static void trigger(DipperHome home) throws IOException {
        Files.createFile(home.root().resolve(TRIGGER));
    }

    @Bean
    @Primary
    RunnerFactory losingRunnerFactory(DipperHome home) {
        var real = new OrtRunners(RunnerOptions.withKvBytes(64 << 20), RunnerOptions.onCard(0, 0), List.of());
        Path trigger = home.root().resolve(TRIGGER);
        return (export, card) -> new Losing(real.open(export, card), trigger);
    }

    private record Losing(Runner real, Path trigger) implements Runner {
        @Override
        public RunnerShape shape() {
            return real.shape();
        }

        @Override
        public Tokens run(Plan plan) {
            try {
                if (Files.deleteIfExists(trigger)) {
                    throw new DeviceLostException(device(), "this process has lost its context on a test's device", null);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return real.run(plan);
        }

        @Override
        public void close() {
            real.close();
        }
    }
}
