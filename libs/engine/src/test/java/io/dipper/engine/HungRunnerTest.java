package io.dipper.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.Event.Failed;
import io.dipper.engine.Event.Failure;
import io.dipper.engine.loop.EngineThread;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A runner that does not come back from a step: whoever closes the engine, or tells it that its device is lost,
/// sees to it that every request ends all the same, and only once.
@Timeout(20)
class HungRunnerTest {
    private static final EngineLimits LIMITS = new EngineLimits(2, 8, 10_000, 32, 8, 256);
    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final int COUNT = 5;

    private final Semaphore steps = new Semaphore(0);
    private final RememberingRunner runner = new RememberingRunner(RememberingRunner.shape(64), steps);
    private final Engine engine = new Engine("test", runner, LIMITS, System::nanoTime, PATIENCE);

    @AfterEach
    void letGo() {
        steps.release(1_000);
    }

    @Test
    void closingEndsWhatRunsAndWhatWaits() throws Exception {
        List<Outbox> outboxes = hanging();
        engine.close();
        for (Outbox outbox : outboxes) {
            assertEnds(outbox, Failure.CLOSED, "the engine was closed");
        }
        assertThat(runner.closed).as("its thread may still use it").isFalse();
    }

    @Test
    void aLostDeviceEndsThemAsSuchBeforeAnybodyCloses() throws Exception {
        List<Outbox> outboxes = hanging();
        engine.loseDevice("the card's context is lost");
        for (Outbox outbox : outboxes) {
            assertEnds(outbox, Failure.DEVICE_LOST, "the card's context is lost");
        }
        engine.close();
    }

    @Test
    void whoeverWaitsForItsEndItIsSaidOnceThatItIsLeftBehind() throws Exception {
        List<String> said = new CopyOnWriteArrayList<>();
        Logger log = Logger.getLogger(EngineThread.class.getName());
        var handler = new StreamHandler() {
            @Override
            public void publish(LogRecord told) {
                said.add(told.getMessage());
            }
        };
        log.addHandler(handler);
        try {
            hanging();
            Thread other = Thread.ofPlatform().start(engine::close);
            engine.close();
            other.join();
        } finally {
            log.removeHandler(handler);
        }
        assertThat(said).filteredOn(line -> line.contains("left behind")).hasSize(1);
    }

    @Test
    void aStepThatComesBackAfterAllAddsNothingAndItsThreadClosesTheRunner() throws Exception {
        List<Outbox> outboxes = hanging();
        engine.close();
        steps.release(1_000);
        while (!runner.closed) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        for (Outbox outbox : outboxes) {
            assertEnds(outbox, Failure.CLOSED, "the engine was closed");
        }
        assertThat(engine.stats().failed()).isEqualTo(COUNT);
    }

    /// Requests of which the first have one token each, and whose next step hangs.
    private List<Outbox> hanging() throws InterruptedException {
        List<Outbox> outboxes = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            var request = new Submission(new int[] {3, 4}, Sampling.greedy(), 20, new int[0]);
            outboxes.add(((Submitted.Accepted) engine.submit(request)).outbox());
        }
        steps.release();
        assertThat(outboxes.getFirst().take()).isInstanceOf(Event.Token.class);
        while (!steps.hasQueuedThreads()) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return outboxes;
    }

    private static void assertEnds(Outbox outbox, Failure failure, String message) throws InterruptedException {
        Event event = outbox.take();
        while (event instanceof Event.Token) {
            event = outbox.take();
        }
        assertThat(event).isInstanceOfSatisfying(Failed.class, failed -> {
            assertThat(failed.failure()).isEqualTo(failure);
            assertThat(failed.message()).isEqualTo(message);
        });
    }
}
