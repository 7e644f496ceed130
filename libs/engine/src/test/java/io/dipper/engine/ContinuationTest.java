package io.dipper.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Steps that are begun before those ahead of them are read.
class ContinuationTest {
    private static final int VOCABULARY_END = 1000;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void answersAreThoseOfStepsOneByOne(int seed) throws Exception {
        var random = new Random(seed);
        var runner = new QueueingRunner(RememberingRunner.shape(40 + random.nextInt(200)), unlimited());
        try (var engine = new Engine("test", runner, new EngineLimits(8, 64, Long.MAX_VALUE, 64, 16, 256))) {
            List<Expected> expected = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                expected.add(submit(engine, random));
                if (random.nextInt(4) == 0) {
                    expected.get(random.nextInt(expected.size())).outbox.cancel();
                }
            }
            for (Expected answer : expected) {
                answer.check();
            }
        }
        assertThat(runner.continuations.get()).isPositive();
    }

    private record Expected(Outbox outbox, int[] ids) {
        /// All of it, or, if it was cancelled, a beginning.
        void check() throws InterruptedException {
            List<Integer> read = new ArrayList<>();
            Event event = outbox.take();
            for (; event instanceof Event.Token token; event = outbox.take()) {
                read.add(token.id());
            }
            List<Integer> all = Arrays.stream(ids).boxed().toList();
            if (event instanceof Event.Cancelled) {
                assertThat(read).isEqualTo(all.subList(0, read.size()));
            } else {
                assertThat(event).isInstanceOf(Event.Finished.class);
                assertThat(read).isEqualTo(all);
            }
        }
    }

    /// Some end at a token that they draw, some are penalised, most at their limit.
    private static Expected submit(Engine engine, Random random) {
        int[] prompt = random.ints(1 + random.nextInt(12), 0, VOCABULARY_END).toArray();
        int most = 1 + random.nextInt(30);
        int[] ids = RememberingRunner.answer(prompt, most);
        int[] ends = new int[0];
        if (random.nextInt(3) == 0) {
            int at = random.nextInt(most);
            ends = new int[] {ids[at]};
            int first = at;
            for (int i = at; i >= 0; i--) {
                first = ids[i] == ids[at] ? i : first;
            }
            ids = Arrays.copyOf(ids, first + 1);
        }
        var submission = new Submission(prompt, Sampling.greedy(), most, ends, false, false, 0);
        return new Expected(((Submitted.Accepted) engine.submit(submission)).outbox(), ids);
    }

    @Test
    void aStepThatFailsEndsItsRequestsOnceAndTheNextOnesAreServed() throws Exception {
        var steps = new Semaphore(4);
        var runner = new QueueingRunner(RememberingRunner.shape(64), steps);
        try (var engine = new Engine("test", runner, new EngineLimits(8, 64, Long.MAX_VALUE, 64, 16, 256))) {
            int[] prompt = {1, 2, 3};
            Outbox first = submit(engine, prompt, 20);
            assertThat(first.take()).isInstanceOf(Event.Token.class);
            runner.failure = new IllegalStateException("the card is lost");
            steps.release(2);
            Event event = first.take();
            while (event instanceof Event.Token) {
                event = first.take();
            }
            assertThat(event).isInstanceOf(Event.Failed.class);
            runner.failure = null;
            steps.release(1000);
            Outbox second = submit(engine, prompt, 5);
            for (int id : RememberingRunner.answer(prompt, 5)) {
                assertThat(((Event.Token) second.take()).id()).isEqualTo(id);
            }
            assertThat(second.take()).isInstanceOf(Event.Finished.class);
        }
    }

    @Test
    void aDeviceWaitsBetweenStepsOnlyWhereTheyCannotBeQueued() throws Exception {
        assertThat(gapNs(new QueueingRunner(RememberingRunner.shape(64), unlimited())))
                .isZero();
        assertThat(gapNs(new RememberingRunner(RememberingRunner.shape(64), unlimited())))
                .isPositive();
    }

    @Test
    void whatARunnerTakesToBeginAStepIsItsOwnTime() throws Exception {
        var runner = new QueueingRunner(RememberingRunner.shape(64), unlimited());
        var limits = new EngineLimits(8, 64, Long.MAX_VALUE, 64, 16, 256);
        var engine = new Engine("test", runner, limits, runner.clock::get);
        try (engine) {
            Outbox answer = submit(engine, new int[] {1}, 20);
            for (Event event = answer.take(); event instanceof Event.Token; ) {
                event = answer.take();
            }
        }
        EngineStats stats = engine.stats();
        assertThat(stats.steps()).isEqualTo(20);
        assertThat(stats.runNs()).isEqualTo(20 * (QueueingRunner.START_NS + QueueingRunner.FINISH_NS));
        assertThat(stats.planNs()).isZero();
    }

    /// Of one answer to a prompt of one token.
    private static long gapNs(Runner runner) throws InterruptedException {
        try (var engine = new Engine("test", runner, new EngineLimits(8, 64, Long.MAX_VALUE, 64, 16, 256))) {
            Outbox answer = submit(engine, new int[] {1}, 20);
            for (Event event = answer.take(); event instanceof Event.Token; ) {
                event = answer.take();
            }
            return engine.stats().gapNs();
        }
    }

    private static Outbox submit(Engine engine, int[] prompt, int most) {
        var submission = new Submission(prompt, Sampling.greedy(), most, new int[0], true, false, 0);
        return ((Submitted.Accepted) engine.submit(submission)).outbox();
    }

    private static Semaphore unlimited() {
        return new Semaphore(Integer.MAX_VALUE);
    }
}
