package io.dipper.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.Outbox;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.RunnerShape.KvGroup;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlannerTest {
    private static final int BLOCK_TOKENS = 2;
    private static final int MAX_PASSED = 2;

    @Test
    void everyTinyWorldComesToItsEndWithinItsBlocks() {
        int worlds = 0;
        for (int blocks = 2; blocks <= 4; blocks++) {
            List<int[]> kinds = kinds(blocks * BLOCK_TOKENS);
            for (int[] first : kinds) {
                for (int[] second : kinds) {
                    for (int[] third : kinds) {
                        live(blocks, List.of(first, second, third));
                        worlds++;
                    }
                }
            }
        }
        assertThat(worlds).isGreaterThan(1000);
    }

    @Test
    void theOldestIsNeverEvictedForTheYoung() {
        var state = new State(shape(4));
        Sequence old = arrive(state, 2, 7);
        Sequence young = arrive(state, 2, 7);
        var planner = new Planner(budget());
        List<Sequence> evicted = new ArrayList<>();
        while (!state.isIdle()) {
            Plan plan = planner.plan(state);
            evicted.addAll(plan.evicted());
            step(state, plan);
        }
        assertThat(evicted).isNotEmpty().doesNotContain(old).contains(young);
    }

    @Test
    void aShortPromptIsReadBesideALongOne() {
        var state = new State(shape(100));
        arrive(state, 100, 1);
        arrive(state, 3, 1);
        var plan = new Planner(budget()).plan(state);
        assertThat(plan).hasToString("""
                evicted 0 admitted 2
                from 0 count 8 draws 0
                from 0 count 3 draws 1""");
    }

    @Test
    void aShortRequestPassesALongOneThatDoesNotFitYet() {
        var state = new State(shape(8));
        var planner = new Planner(budget());
        Sequence running = arrive(state, 8, 5);
        step(state, planner.plan(state));
        Sequence tooLong = arrive(state, 10, 1);
        Sequence brief = arrive(state, 1, 1);
        Plan plan = planner.plan(state);
        assertThat(plan.admitted()).containsExactly(brief);
        step(state, plan);
        assertThat(state.running()).containsExactly(running);
        assertThat(state.waiting()).containsExactly(tooLong);
    }

    @Test
    void whoWasPassedOftenEnoughIsPassedNoMoreAndSoGetsItsTurn() {
        var state = new State(shape(8));
        var planner = new Planner(budget());
        arrive(state, 8, 9);
        step(state, planner.plan(state));
        Sequence tooLong = arrive(state, 10, 1);
        int steps = 0;
        while (state.contains(tooLong)) {
            // Short ones never cease to come.
            arrive(state, 1, 2);
            step(state, planner.plan(state));
            assertThat(tooLong.passed()).isLessThanOrEqualTo(MAX_PASSED);
            assertThat(++steps).isLessThan(30);
        }
        assertThat(tooLong.passed()).isEqualTo(MAX_PASSED);
    }

    @Test
    void aStepWithAnswersUnderWayReadsLess() {
        var state = new State(shape(100));
        arrive(state, 1, 5);
        var planner = new Planner(budget());
        step(state, planner.plan(state));
        arrive(state, 100, 1);
        assertThat(planner.plan(state)).hasToString("""
                evicted 0 admitted 1
                from 1 count 1 draws 1
                from 0 count 6 draws 0""");
    }

    @Test
    void planningChangesNothing() {
        var state = new State(shape(10));
        arrive(state, 5, 3);
        var planner = new Planner(budget());
        assertThat(planner.plan(state)).hasToString(planner.plan(state).toString());
        assertThat(state.running()).isEmpty();
        assertThat(state.heldBlocks()).isZero();
    }

    @Test
    void aRingGroupHoldsNoMoreThanItsRing() {
        var groups = List.of(new KvGroup(50, KvGroup.KEEPS_ALL), new KvGroup(6, 3));
        var state = new State(new RunnerShape(10, 100, BLOCK_TOKENS, 4, groups));
        Sequence sequence = arrive(state, 30, 5);
        var planner = new Planner(budget());
        while (!state.isIdle()) {
            step(state, planner.plan(state));
            assertThat(state.pool(1).heldBlocks()).isLessThanOrEqualTo(3);
            state.checkLaws();
        }
        assertThat(sequence.generated()).isEqualTo(5);
        assertThat(state.pool(0).peakHeld()).isEqualTo(17);
        assertThat(state.pool(1).peakHeld()).isEqualTo(3);
    }

    private static void live(int blocks, List<int[]> requests) {
        var state = new State(shape(blocks));
        List<Sequence> everyone = new ArrayList<>();
        for (int[] request : requests) {
            everyone.add(arrive(state, request[0], request[1]));
        }
        var planner = new Planner(budget());
        int steps = 0;
        while (!state.isIdle()) {
            Plan plan = planner.plan(state);
            assertThat(plan.rows()).as("progress with %s blocks", blocks).isNotEmpty();
            step(state, plan);
            state.checkLaws();
            assertThat(++steps).isLessThan(200);
        }
        assertThat(state.heldBlocks()).isZero();
        assertThat(everyone).allMatch(sequence -> sequence.passed() <= MAX_PASSED);
    }

    private static void step(State state, Plan plan) {
        state.grant(plan, 0);
        state.checkLaws();
        for (Row row : plan.rows()) {
            Progress.advance(row);
            Sequence sequence = row.sequence();
            if (row.draws() > 0) {
                Progress.append(sequence, 1);
                if (sequence.generated() == sequence.submission().maxTokens()) {
                    state.remove(sequence);
                }
            }
        }
    }

    private static Sequence arrive(State state, int prompt, int maxTokens) {
        var submission = new Submission(new int[prompt], Sampling.greedy(), maxTokens, new int[0]);
        var sequence = new Sequence(submission, new Outbox(1, () -> {}), 0);
        state.arrive(sequence);
        return sequence;
    }

    private static List<int[]> kinds(int capacity) {
        List<int[]> kinds = new ArrayList<>();
        for (int prompt = 1; prompt <= capacity; prompt += 2) {
            for (int maxTokens = 1; prompt + maxTokens - 1 <= capacity; maxTokens += 2) {
                kinds.add(new int[] {prompt, maxTokens});
            }
        }
        return kinds;
    }

    private static RunnerShape shape(int blocks) {
        return new RunnerShape(10, 1000, BLOCK_TOKENS, 8, List.of(new KvGroup(blocks, KvGroup.KEEPS_ALL)));
    }

    private static Budget budget() {
        return new Budget(4, 16, 6, 8, 4, MAX_PASSED);
    }
}
