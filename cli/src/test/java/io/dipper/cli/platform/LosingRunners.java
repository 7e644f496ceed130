package io.dipper.cli.platform;

import io.dipper.engine.DeviceLostException;
import io.dipper.engine.Runner;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.inference.host.RunnerFactory;
import io.dipper.servicesupport.home.DipperHome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;

/// The service's runners, until a file `lose-DEVICE` (as `lose-cpu`, `lose-cuda:0`) appears in the home:
/// before the next step there the device is lost. A card is lost by a kernel that writes where nothing is, so
/// that all that follows is what a real fault brings. Named in the home's `inference.properties`, so that the
/// processes of a test are those of the product.
@Configuration(proxyBeanMethods = false)
public class LosingRunners {
    /// Of the operators' tests, which are on the class path where there is a card.
    private static final String FAULT = "io.dipper.operators.cuda.CardFault";

    private static final String DEADLY = "die-at-load";

    /// Where exports are of models that were given by their folder.
    private static final String GIVEN = ".direct";

    /// As a process ends that calls abort.
    private static final int ABORTED = 134;

    /// Makes the services of a home lose their device when [#trigger] is called.
    static void installIn(DipperHome home) throws IOException {
        Files.createDirectories(home.root());
        Files.writeString(
                home.root().resolve("inference.properties"), "spring.main.sources=" + LosingRunners.class.getName());
    }

    static void trigger(DipperHome home) throws IOException {
        Files.createFile(home.root().resolve("lose-" + Runner.HOST));
    }

    /// From now on a process dies when it loads a model that was given by its folder; until [#letLive].
    static void killLoads(DipperHome home) throws IOException {
        Files.createFile(home.root().resolve(DEADLY));
    }

    static void letLive(DipperHome home) throws IOException {
        Files.delete(home.root().resolve(DEADLY));
    }

    @Bean
    @Primary
    RunnerFactory losingRunnerFactory(@Qualifier("runnerFactory") RunnerFactory real, DipperHome home) {
        return (export, card) -> {
            if (Files.exists(home.root().resolve(DEADLY))
                    && export.startsWith(home.models().resolve(GIVEN))) {
                Runtime.getRuntime().halt(ABORTED);
            }
            Runner runner = real.open(export, card);
            return new Losing(runner, home.root().resolve("lose-" + runner.device()));
        };
    }

    private record Losing(Runner real, Path trigger) implements Runner {
        private void loseIfAsked() {
            try {
                if (Files.deleteIfExists(trigger)) {
                    lose();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void lose() {
            if (device().equals(Runner.HOST)) {
                throw new DeviceLostException(device(), "this process has lost its context on a test's device", null);
            }
            int card = Integer.parseInt(device().substring(device().indexOf(':') + 1));
            try {
                Class.forName(FAULT).getMethod("lose", int.class).invoke(null, card);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public RunnerShape shape() {
            return real.shape();
        }

        @Override
        public String device() {
            return real.device();
        }

        @Override
        public void prepare() {
            real.prepare();
        }

        @Override
        public Tokens run(Plan plan) {
            loseIfAsked();
            return real.run(plan);
        }

        @Override
        public boolean queues() {
            return real.queues();
        }

        @Override
        public boolean mayContinue(Plan started) {
            return real.mayContinue(started);
        }

        @Override
        public void start(Plan plan) {
            loseIfAsked();
            real.start(plan);
        }

        @Override
        public Tokens finish(Plan plan) {
            return real.queues() ? real.finish(plan) : run(plan);
        }

        @Override
        public long kvReservedBytes() {
            return real.kvReservedBytes();
        }

        @Override
        public void close() {
            real.close();
        }
    }
}
