package io.dipper.inference.host;

import io.dipper.export.Target;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/// A host whose source knows no model: what is asked of it is told, and answered when a test lets it.
abstract class OnHostWithoutModels {
    static final String NAME = "a-model";
    static final Wanted MODEL = Wanted.of(NAME, Target.CPU_F32);
    static final Wanted OTHER = Wanted.of("another", Target.CPU_F32);

    final BlockingQueue<Wanted> asked = new LinkedBlockingQueue<>();
    final CountDownLatch answered = new CountDownLatch(1);

    ModelHost host() {
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
