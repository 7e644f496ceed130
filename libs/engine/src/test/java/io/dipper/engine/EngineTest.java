package io.dipper.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.Event.End;
import io.dipper.engine.Event.Failed;
import io.dipper.engine.Event.Failure;
import io.dipper.engine.Event.Finished;
import io.dipper.engine.Event.Scored;
import io.dipper.engine.Event.Token;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EngineTest {
    private static final EngineLimits LIMITS = new EngineLimits(4, 8, 10_000, 32, 8, 256);

    @Test
    void everyAnswerInCompanyEqualsItsSoloAnswerEvenWhenBlocksRunOut() throws Exception {
        var random = new Random(7);
        var limits = new EngineLimits(6, 100, 100_000, 32, 8, 256);
        try (var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(20)), limits)) {
            List<int[]> prompts = new ArrayList<>();
            List<Integer> lengths = new ArrayList<>();
            List<Outbox> outboxes = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                int[] prompt = random.ints(1 + random.nextInt(30), 0, 1000).toArray();
                int length = 1 + random.nextInt(30);
                prompts.add(prompt);
                lengths.add(length);
                outboxes.add(accepted(engine, new Submission(prompt, Sampling.greedy(), length, new int[0])));
            }
            for (int i = 0; i < 60; i++) {
                Answer answer = read(outboxes.get(i));
                assertThat(answer.ids).isEqualTo(RememberingRunner.answer(prompts.get(i), lengths.get(i)));
                assertThat(answer.end)
                        .isInstanceOfSatisfying(
                                Finished.class,
                                finished -> assertThat(finished.reason()).isEqualTo(Event.Reason.LENGTH));
            }
            assertIdle(engine);
            assertThat(engine.stats().preempted())
                    .as("the pool was small enough")
                    .isPositive();
        }
    }

    @Test
    void anEndTokenStopsTheAnswerAndCounts() throws Exception {
        int[] prompt = {5, 6, 7};
        int[] solo = RememberingRunner.answer(prompt, 10);
        try (var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(20)), LIMITS)) {
            Answer answer = read(accepted(engine, new Submission(prompt, Sampling.greedy(), 10, new int[] {solo[3]})));
            assertThat(answer.ids).isEqualTo(Arrays.copyOf(solo, 4));
            assertThat(answer.end).isEqualTo(new Finished(Event.Reason.STOP, answer.end.usage()));
            assertThat(answer.end.usage().generatedTokens()).isEqualTo(4);

            var ignoring = new Submission(prompt, Sampling.greedy(), 10, new int[] {solo[3]}, true, false, 0);
            assertThat(read(accepted(engine, ignoring)).ids).isEqualTo(solo);
        }
    }

    @Test
    void aPromptIsScoredOnceEachTokenAlsoInChunks() throws Exception {
        var limits = new EngineLimits(4, 8, 10_000, 8, 8, 256);
        int[] prompt = new Random(3).ints(30, 0, 1000).toArray();
        try (var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(20)), limits)) {
            var scoring = new Submission(prompt, Sampling.greedy(), 2, new int[0], false, true, 0);
            Answer answer = read(accepted(engine, scoring));
            assertThat(answer.scored.stream().map(Scored::position).toList())
                    .containsExactlyElementsOf(
                            java.util.stream.IntStream.range(1, 30).boxed().toList());
            assertThat(answer.scored.stream().mapToInt(Scored::id).toArray())
                    .isEqualTo(Arrays.copyOfRange(prompt, 1, 30));
            assertThat(answer.ids).isEqualTo(RememberingRunner.answer(prompt, 2));

            var only = new Submission(prompt, Sampling.greedy(), 0, new int[0], false, true, 0);
            Answer scores = read(accepted(engine, only));
            assertThat(scores.ids).isEmpty();
            assertThat(scores.scored).hasSize(29);
            assertIdle(engine);
        }
    }

    @Test
    void aCancelledRequestIsFreedWithinOneStepInQueueInPrefillAndInDecode() throws Exception {
        var steps = new Semaphore(0);
        var limits = new EngineLimits(2, 8, 10_000, 8, 8, 256);
        try (var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(32), steps), limits)) {
            Outbox decoding = accepted(engine, new Submission(new int[] {1}, Sampling.greedy(), 30, new int[0]));
            steps.release();
            assertThat(decoding.take()).isInstanceOf(Token.class);
            Outbox reading = accepted(engine, new Submission(new int[50], Sampling.greedy(), 5, new int[0]));
            Outbox queued = accepted(engine, new Submission(new int[] {2}, Sampling.greedy(), 5, new int[0]));
            steps.release(2);
            assertThat(decoding.take()).isInstanceOf(Token.class);
            assertThat(decoding.take()).isInstanceOf(Token.class);

            List.of(decoding, reading, queued).forEach(Outbox::cancel);
            // The step under way may finish; the next one must not work for them.
            steps.release();
            for (Outbox outbox : List.of(decoding, reading, queued)) {
                assertThat(read(outbox).end).isInstanceOf(Event.Cancelled.class);
            }
            assertIdle(engine);
            assertThat(engine.stats().cancelled()).isEqualTo(3);
        } finally {
            steps.release(1000);
        }
    }

    @Test
    void aFullQueueRefusesAtOnceAndNothingAcceptedIsLost() throws Exception {
        var steps = new Semaphore(0);
        try (var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(64), steps), LIMITS)) {
            List<Outbox> taken = new ArrayList<>();
            Refusal refusal = null;
            while (refusal == null) {
                switch (engine.submit(new Submission(new int[] {1, 2}, Sampling.greedy(), 3, new int[0]))) {
                    case Submitted.Accepted accepted -> taken.add(accepted.outbox());
                    case Submitted.Refused refused -> refusal = refused.refusal();
                }
            }
            assertThat(taken).hasSize(LIMITS.maxRunning() + LIMITS.maxWaiting());
            assertThat(refusal.reason()).isEqualTo(Refusal.Reason.QUEUE_FULL);
            steps.release(1000);
            for (Outbox outbox : taken) {
                assertThat(read(outbox).end).isInstanceOf(Finished.class);
            }
            assertIdle(engine);
        } finally {
            steps.release(1000);
        }
    }

    @Test
    void whatCannotFitIsRefusedWithLimitAndValue() {
        try (var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(4)), LIMITS)) {
            Refusal tooLong = refused(engine, new Submission(new int[10], Sampling.greedy(), 8, new int[0]));
            assertThat(tooLong.reason()).isEqualTo(Refusal.Reason.TOO_LONG);
            assertThat(tooLong.limit()).isEqualTo(16);
            assertThat(tooLong.value()).isEqualTo(17);
            Refusal unknown = refused(engine, new Submission(new int[] {1000}, Sampling.greedy(), 1, new int[0]));
            assertThat(unknown.reason()).isEqualTo(Refusal.Reason.UNKNOWN_TOKEN);
            assertThat(engine.stats().submitted()).isGreaterThanOrEqualTo(0);
        }
    }

    @Test
    void aReaderThatLeavesTooMuchLyingLosesItsOwnRequestOnly() throws Exception {
        var limits = new EngineLimits(4, 8, 10_000, 32, 8, 5);
        try (var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(64)), limits)) {
            Outbox lazy = accepted(engine, new Submission(new int[] {1}, Sampling.greedy(), 40, new int[0]));
            Outbox eager = accepted(engine, new Submission(new int[] {2}, Sampling.greedy(), 4, new int[0]));
            assertThat(read(eager).ids).isEqualTo(RememberingRunner.answer(new int[] {2}, 4));
            while (engine.stats().failed() == 0) {
                Thread.onSpinWait();
            }
            Answer answer = read(lazy);
            assertThat(answer.ids).hasSize(5);
            assertThat(((Failed) answer.end).failure()).isEqualTo(Failure.SLOW_READER);
        }
    }

    @Test
    void aFailedStepEndsItsRequestsAndTheNextOnesAreServed() throws Exception {
        var runner = new RememberingRunner(RememberingRunner.shape(64));
        runner.failure = new IllegalStateException("out of something");
        try (var engine = new Engine("test", runner, LIMITS)) {
            Answer failed = read(accepted(engine, new Submission(new int[] {1}, Sampling.greedy(), 3, new int[0])));
            assertThat(failed.end).isEqualTo(new Failed(Failure.RUNNER, "out of something", failed.end.usage()));
            runner.failure = null;
            Answer served = read(accepted(engine, new Submission(new int[] {1}, Sampling.greedy(), 3, new int[0])));
            assertThat(served.ids).isEqualTo(RememberingRunner.answer(new int[] {1}, 3));
            assertThat(engine.isHealthy()).isTrue();
            assertIdle(engine);
        }
        assertThat(runner.closed).isTrue();
    }

    @Test
    void anEngineWhoseStepsKeepFailingSaysOnceThatItIsLost() throws Exception {
        var runner = new RememberingRunner(RememberingRunner.shape(64));
        runner.failure = new IllegalStateException("the device is gone");
        var lost = new Semaphore(0);
        try (var engine = new Engine("test", runner, LIMITS)) {
            engine.whenLost(lost::release);
            for (int i = 1; i <= Engine.FAILURES_TAKEN_FOR_LOST + 2; i++) {
                assertThat(engine.isHealthy()).isEqualTo(i <= Engine.FAILURES_TAKEN_FOR_LOST);
                read(accepted(engine, new Submission(new int[] {1}, Sampling.greedy(), 3, new int[0])));
                // The end is told before the step that failed is over.
                assertIdle(engine);
            }
            lost.acquire();
        }
        assertThat(lost.availablePermits()).isZero();
    }

    @Test
    void aPassedDeadlineEndsTheRequest() throws Exception {
        var nowNs = new AtomicLong(1000);
        var steps = new Semaphore(1);
        var runner = new RememberingRunner(RememberingRunner.shape(64), steps);
        try (var engine = new Engine("test", runner, LIMITS, nowNs::get)) {
            var late = new Submission(new int[] {1}, Sampling.greedy(), 30, new int[0], false, false, 5000);
            Outbox outbox = accepted(engine, late);
            assertThat(outbox.take()).isInstanceOf(Token.class);
            nowNs.set(6000);
            steps.release(2);
            End end = read(outbox).end;
            assertThat(((Failed) end).failure()).isEqualTo(Failure.DEADLINE);
            assertThat(end.usage().generatedTokens()).isLessThanOrEqualTo(3);
        } finally {
            steps.release(1000);
        }
    }

    @Test
    void drainingFinishesWhatWasTakenAndRefusesTheRest() throws Exception {
        try (var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(64)), LIMITS)) {
            Outbox before = accepted(engine, new Submission(new int[] {3}, Sampling.greedy(), 20, new int[0]));
            assertThat(engine.drain(Duration.ofSeconds(30))).isTrue();
            assertThat(read(before).ids).isEqualTo(RememberingRunner.answer(new int[] {3}, 20));
            assertThat(refused(engine, new Submission(new int[] {3}, Sampling.greedy(), 2, new int[0]))
                            .reason())
                    .isEqualTo(Refusal.Reason.DRAINING);
        }
    }

    @Test
    void closingFailsWhatIsLeft() throws Exception {
        var steps = new Semaphore(0);
        var engine = new Engine("test", new RememberingRunner(RememberingRunner.shape(64), steps), LIMITS);
        Outbox outbox = accepted(engine, new Submission(new int[] {3}, Sampling.greedy(), 20, new int[0]));
        steps.release(1);
        assertThat(outbox.take()).isInstanceOf(Token.class);
        var closer = Thread.ofVirtual().start(engine::close);
        while (refusedReason(engine) != Refusal.Reason.CLOSED) {
            Thread.onSpinWait();
        }
        steps.release(1000);
        closer.join();
        assertThat(read(outbox).end).isInstanceOf(End.class);
        engine.close();
    }

    private static Refusal.Reason refusedReason(Engine engine) {
        return switch (engine.submit(new Submission(new int[] {1}, Sampling.greedy(), 1, new int[0]))) {
            case Submitted.Accepted accepted -> {
                accepted.outbox().cancel();
                yield null;
            }
            case Submitted.Refused refused -> refused.refusal().reason();
        };
    }

    private static void assertIdle(Engine engine) {
        while (engine.stats().running() + engine.stats().waiting() > 0) {
            Thread.onSpinWait();
        }
        EngineStats stats = engine.stats();
        assertThat(stats.heldBlocks()).isZero();
        assertThat(stats.promisedTokens()).isZero();
        assertThat(stats.submitted())
                .isEqualTo(stats.refusedTotal() + stats.finished() + stats.cancelled() + stats.failed());
    }

    private static Outbox accepted(Engine engine, Submission submission) {
        return ((Submitted.Accepted) engine.submit(submission)).outbox();
    }

    private static Refusal refused(Engine engine, Submission submission) {
        return ((Submitted.Refused) engine.submit(submission)).refusal();
    }

    private static Answer read(Outbox outbox) throws InterruptedException {
        List<Integer> ids = new ArrayList<>();
        List<Scored> scored = new ArrayList<>();
        while (true) {
            switch (outbox.take()) {
                case Token token -> ids.add(token.id());
                case Scored score -> scored.add(score);
                case End end -> {
                    return new Answer(ids.stream().mapToInt(Integer::intValue).toArray(), scored, end);
                }
            }
        }
    }

    private record Answer(int[] ids, List<Scored> scored, End end) {}
}
