package io.dipper.engineort;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.EngineLimits;
import io.dipper.engine.Outbox;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.RunnerShape.KvGroup;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.plan.Budget;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Planner;
import io.dipper.engine.plan.Row;
import io.dipper.engine.plan.Sequence;
import io.dipper.engine.plan.State;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A step that is filled up to the size of a captured graph.
class PaddingTest {
    private static final RunnerShape SHAPE =
            new RunnerShape(100, 256, 16, 64, List.of(new KvGroup(7, KvGroup.KEEPS_ALL), new KvGroup(5, 2)));
    private static final Padding THREE_ROWS = new Padding(3, 0, 256, new int[] {4, 2}, new int[] {7, 5});

    @Test
    void rowsBeyondThePlanWriteToSpareBlocksAndAreForced() {
        try (var inputs = new StepInputs(SHAPE);
                var draws = new DrawInputs()) {
            Plan plan = onePlan();
            inputs.fill(plan, THREE_ROWS);
            draws.fill(plan, THREE_ROWS);

            assertThat(ints(inputs.seqStarts)).containsExactly(0, 1, 2, 3);
            assertThat(ints(inputs.tokenIds)).containsExactly(42, 0, 0);
            assertThat(ints(inputs.positions)).containsExactly(0, 0, 0);
            assertThat(ints(inputs.logitRows)).containsExactly(0, 1, 2);
            assertThat(ints(inputs.blockTables.get(0))).containsExactly(0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7);
            assertThat(ints(inputs.blockTables.get(1))).containsExactly(0, 0, 5, 5, 5, 5);
            long[] parameters = draws.ints.contents().toArray(ValueLayout.JAVA_LONG_UNALIGNED);
            assertThat(parameters[DrawInputs.INTS - 1])
                    .as("the plan's draw is free")
                    .isEqualTo(Row.FREE);
            assertThat(parameters[2 * DrawInputs.INTS - 1]).isZero();
            assertThat(parameters[3 * DrawInputs.INTS - 1]).isZero();
            assertThat(ints(draws.penaltyStarts)).containsExactly(0, 0, 0, 0);
        }
    }

    @Test
    void everyFieldIsAsLongAsItsTensor() {
        try (var inputs = new StepInputs(SHAPE);
                var draws = new DrawInputs()) {
            inputs.fill(onePlan(), THREE_ROWS);
            draws.fill(onePlan(), THREE_ROWS);
            for (StepField field : StepField.of(inputs, draws, CardGraph.sizes(THREE_ROWS))) {
                if (field.ragged()) {
                    assertThat(field.values().size()).as(field.name()).isLessThanOrEqualTo(field.bytes());
                } else {
                    assertThat(field.values().size()).as(field.name()).isEqualTo(field.bytes());
                }
            }
        }
    }

    @Test
    void moreTokensGoToTheLastRowsAsFarAsTheyTakeThem() {
        var padding = new Padding(3, 9, 6, new int[] {4, 2}, new int[] {7, 5});
        assertThat(padding.tokens()).isEqualTo(12);
        try (var inputs = new StepInputs(SHAPE)) {
            inputs.fill(new Plan(List.of(), List.of(), List.of()), padding);
            assertThat(ints(inputs.seqStarts)).containsExactly(0, 1, 6, 12);
            assertThat(ints(inputs.positions)).containsExactly(0, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5);
            assertThat(ints(inputs.logitRows)).containsExactly(0, 5, 11);
        }
        assertThat(new Padding(2, 100, 4, new int[0], new int[0]).tokens()).isEqualTo(8);
    }

    private static Plan onePlan() {
        var submission = new Submission(new int[] {42}, Sampling.greedy(), 4, new int[0], true, false, 0);
        var sequence = new Sequence(submission, new Outbox(16, () -> {}), 0);
        var state = new State(SHAPE);
        state.arrive(sequence);
        Plan plan = new Planner(Budget.of(new EngineLimits(4, 4, 1000, 64, 64, 16), SHAPE)).plan(state);
        state.grant(plan, 0);
        return plan;
    }

    private static int[] ints(NativeBuffer buffer) {
        return buffer.contents().toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }
}
