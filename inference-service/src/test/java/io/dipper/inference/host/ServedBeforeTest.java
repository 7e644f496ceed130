package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.export.Target;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a process asks for that comes after another, where not all of it can be had.
@Timeout(60)
class ServedBeforeTest {
    private static final String NAME = "a-model";

    @TempDir
    Path folder;

    private final BlockingQueue<Wanted> asked = new LinkedBlockingQueue<>();
    private final CountDownLatch answered = new CountDownLatch(1);

    @Test
    void aNameWhoseModelDoesNotComeGoesToWhomItWasRefused() throws Exception {
        var cuda = Wanted.of(NAME, Target.CUDA_BF16);
        var cpu = Wanted.of(NAME, Target.CPU_F32);
        try (ModelHost host = host();
                var patient = new PatientLoad(host, cpu, Integer.MAX_VALUE, () -> {})) {
            host.load(cuda);
            assertThat(asked.take()).isEqualTo(cuda);
            patient.start();
            assertThat(host.find(NAME).orElseThrow().wanted()).isEqualTo(cuda);
            answered.countDown();
            assertThat(asked.take()).isEqualTo(cpu);
        }
    }

    @Test
    void anEntryThatMeansNothingHereLeavesTheOthersTheirTurn() throws Exception {
        answered.countDown();
        Path file = Files.writeString(folder.resolve("served-1.json"), """
                [{"model": "of-tomorrow", "target": "cpu-of-tomorrow"}, 7, null, {},
                 {"model": "", "target": "cpu-f32"}, {"model": "%s", "target": "cpu-f32"}]""".formatted(NAME));
        try (ModelHost host = host();
                var before = new ServedBefore(host, file)) {
            before.start();
            assertThat(asked.take()).isEqualTo(Wanted.of(NAME, Target.CPU_F32));
        }
    }

    private ModelHost host() {
        ModelSource none = wanted -> {
            asked.add(wanted);
            try {
                answered.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return Optional.empty();
        };
        RunnerFactory noRunners = (_, _) -> {
            throw new IOException("nothing is opened here");
        };
        var loader = new ModelLoader(noRunners, new CardTurn(), new SimpleMeterRegistry(), Clock.systemUTC());
        return new ModelHost(none, loader, Duration.ZERO);
    }
}
