package io.dipper.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.engine.Event.Failed;
import io.dipper.engine.Event.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A device that is lost takes all with it that is in the engine, and each is told so once.
@Timeout(60)
class LostDeviceTest {
    private static final EngineLimits LIMITS = new EngineLimits(2, 8, 10_000, 32, 8, 256);
    private static final String MESSAGE = "the card's context is lost";

    private final DeviceLostException loss =
            new DeviceLostException("cuda:0", MESSAGE, new IllegalStateException("error 700"));
    private final Semaphore steps = new Semaphore(0);
    private final RememberingRunner runner = new RememberingRunner(RememberingRunner.shape(64), steps);

    @Test
    void runningAndQueuedRequestsEndAsLostAndTheRunnerIsLeftAlone() throws Exception {
        var lost = new Semaphore(0);
        try (var engine = new Engine("test", runner, LIMITS)) {
            engine.whenLost(lost::release);
            List<Outbox> outboxes = submitted(engine, 5);
            steps.release();
            assertThat(outboxes.getFirst().take()).isInstanceOf(Event.Token.class);
            runner.failure = loss;
            steps.release();
            outboxes.forEach(LostDeviceTest::assertLost);
            lost.acquire();
            assertThat(engine.isDeviceLost()).isTrue();
            engine.whenLost(lost::release);
            assertThat(lost.tryAcquire()).as("who asks late is told too").isTrue();
            assertThat(engine.isHealthy()).isFalse();
            assertThat(engine.submit(request()))
                    .isInstanceOfSatisfying(
                            Submitted.Refused.class,
                            refused -> assertThat(refused.refusal().reason()).isEqualTo(Refusal.Reason.CLOSED));
        }
        assertThat(lost.availablePermits()).isZero();
        assertThat(runner.closed).isFalse();
    }

    @Test
    void anEngineThatIsToldOfTheLossDoesTheSame() throws Exception {
        var engine = new Engine("test", runner, LIMITS);
        try (engine) {
            List<Outbox> outboxes = submitted(engine, 4);
            steps.release();
            assertThat(outboxes.getFirst().take()).isInstanceOf(Event.Token.class);
            engine.loseDevice(MESSAGE);
            steps.release(1_000);
            outboxes.forEach(LostDeviceTest::assertLost);
        }
        // What it counted is told after the events: when its thread has ended.
        assertThat(engine.stats().failed()).isEqualTo(4);
        assertThat(engine.stats().running() + engine.stats().waiting()).isZero();
        assertThat(runner.closed).isFalse();
    }

    @Test
    void aDeviceThatIsLostInThePreparationsIsToldToWhoStartsTheEngine() {
        Runner lostAtOnce = new Runner() {
            @Override
            public RunnerShape shape() {
                return RememberingRunner.shape(8);
            }

            @Override
            public void prepare() {
                throw loss;
            }

            @Override
            public Tokens run(io.dipper.engine.plan.Plan plan) {
                throw new AssertionError("no step after a loss");
            }

            @Override
            public void close() {
                throw new AssertionError("no close after a loss");
            }
        };
        assertThatThrownBy(() -> new Engine("test", lostAtOnce, LIMITS).close()).isSameAs(loss);
    }

    private static List<Outbox> submitted(Engine engine, int count) {
        List<Outbox> outboxes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            outboxes.add(((Submitted.Accepted) engine.submit(request())).outbox());
        }
        return outboxes;
    }

    private static Submission request() {
        return new Submission(new int[] {3, 4}, Sampling.greedy(), 20, new int[0]);
    }

    private static void assertLost(Outbox outbox) {
        try {
            Event event = outbox.take();
            while (!(event instanceof Event.End)) {
                event = outbox.take();
            }
            assertThat(event).isInstanceOfSatisfying(Failed.class, failed -> {
                assertThat(failed.failure()).isEqualTo(Failure.DEVICE_LOST);
                assertThat(failed.message()).isEqualTo(MESSAGE);
            });
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
