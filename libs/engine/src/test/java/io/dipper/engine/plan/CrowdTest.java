package io.dipper.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.Outbox;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.RunnerShape.KvGroup;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrowdTest {
    /// Many long answers over a pool that holds only some of them, with a few that give up on the
    /// way.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void aCrowdedPoolKeepsItsLawsAndServesEveryone(long seed) {
        var random = new Random(seed);
        var groups = List.of(new KvGroup(128, KvGroup.KEEPS_ALL));
        var state = new State(new RunnerShape(10, 512, 16, 64, groups));
        List<Sequence> everyone = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            var submission = new Submission(
                    new int[1 + random.nextInt(60)], Sampling.greedy(), 100 + random.nextInt(350), new int[0]);
            everyone.add(new Sequence(submission, new Outbox(1, () -> {}), 0));
            state.arrive(everyone.getLast());
        }
        var planner = new Planner(new Budget(64, 512, 128, 64, 32, 8));
        int steps = 0;
        while (!state.isIdle()) {
            if (random.nextInt(200) == 0) {
                Sequence gone = everyone.get(random.nextInt(everyone.size()));
                if (state.contains(gone)) {
                    state.remove(gone);
                }
            }
            Plan plan = planner.plan(state);
            state.grant(plan, 0);
            state.checkLaws();
            for (Row row : plan.rows()) {
                Progress.advance(row);
                if (row.draws() > 0) {
                    Progress.append(row.sequence(), 1);
                    if (row.sequence().generated()
                            == row.sequence().submission().maxTokens()) {
                        state.remove(row.sequence());
                    }
                }
            }
            state.checkLaws();
            assertThat(++steps).isLessThan(100_000);
        }
        assertThat(state.heldBlocks()).isZero();
        assertThat(everyone).allMatch(sequence -> sequence.passed() <= 8);
        assertThat(everyone).anyMatch(sequence -> sequence.passed() > 0);
    }
}
