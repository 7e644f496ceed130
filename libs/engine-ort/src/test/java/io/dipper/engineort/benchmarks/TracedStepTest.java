package io.dipper.engineort.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TracedStepTest {
    @Test
    void waitsAndAddedTimesAreTheWholeStep() {
        // b begins before a ends, c runs within b, nothing runs from 60 to 70.
        var step = new TracedStep(
                List.of(kernel("a", 10, 30), kernel("b", 20, 60), kernel("c", 25, 50), kernel("d", 70, 80)), 100);

        var parts = step.parts();

        assertThat(parts).extracting(TracedStep.Part::addedNs).containsExactly(20L, 30L, 0L, 10L);
        assertThat(parts).extracting(TracedStep.Part::waitNs).containsExactly(0L, 0L, 0L, 10L);
        assertThat(parts).extracting(TracedStep.Part::overlapNs).containsExactly(0L, 10L, 25L, 0L);
        assertThat(step.ns()).isEqualTo(90);
        assertThat(step.idleNs()).isEqualTo(30);
        assertThat(step.overlapNs()).isEqualTo(35);
    }

    @Test
    void aStepGoesFromOneGraphsFirstKernelToTheNext() {
        List<CardActivity> all = new ArrayList<>();
        for (int launch = 1; launch <= 4; launch++) {
            all.add(replayed("first", launch, 100L * launch));
            all.add(replayed("last", launch, 100L * launch + 40));
            all.add(kernel("outside of graphs", 100L * launch + 80, 100L * launch + 90));
        }

        List<TracedStep> steps = TracedStep.replayed(all, 150, 450);

        assertThat(steps).hasSize(2);
        assertThat(steps).extracting(TracedStep::startNs).containsExactly(200L, 300L);
        assertThat(steps).allSatisfy(step -> {
            assertThat(step.ns()).isEqualTo(100);
            assertThat(step.activities())
                    .extracting(CardActivity::name)
                    .containsExactly("first", "last", "outside of graphs");
        });
    }

    @Test
    void layersAreTheLongestStretchOfCallsThatComeAgain() {
        List<CardActivity> calls = new ArrayList<>();
        calls.add(kernel("embed", 0, 1));
        for (int layer = 0; layer < 5; layer++) {
            for (String name : List.of("norm", "project", "attend", "norm", "project")) {
                calls.add(kernel(name, calls.size(), calls.size() + 1));
            }
        }
        calls.add(kernel("sample", calls.size(), calls.size() + 1));

        assertThat(TraceLayers.of(calls)).isEqualTo(new TraceLayers(1, 5, 5));
        assertThat(TraceLayers.of(calls.subList(0, 8)).count()).isZero();
    }

    @Test
    void aTableHasMeansOverStepsAndLayers() {
        var step = new TracedStep(
                List.of(
                        kernel("norm", 0, 1_000),
                        kernel("project", 2_000, 5_000),
                        kernel("norm", 5_000, 6_000),
                        kernel("project", 7_000, 12_000),
                        kernel("norm", 12_000, 13_000),
                        kernel("project", 14_000, 18_000)),
                20_000);

        var table = new TraceTable(List.of(step, step));

        assertThat(table.us()).isEqualTo(20);
        assertThat(table.idleUs()).isEqualTo(5);
        assertThat(table.rows().getFirst()).satisfies(row -> {
            assertThat(row.name()).isEqualTo("project");
            assertThat(row.calls()).isEqualTo(3);
            assertThat(row.meanUs()).isEqualTo(4);
            assertThat(row.sumUs()).isEqualTo(12);
            assertThat(row.waitUs()).isEqualTo(3);
        });
        assertThat(table.layer()).extracting(TraceTable.Row::name).containsExactly("norm", "project");
        assertThat(table.layer()).extracting(TraceTable.Row::meanUs).containsExactly(1.0, 4.0);
    }

    private static CardActivity kernel(String name, long startNs, long endNs) {
        return new CardActivity(CardActivity.Kind.KERNEL, name, "1 x 32", startNs, endNs, 0, 0, 32, 0);
    }

    private static CardActivity replayed(String name, int launch, long startNs) {
        return new CardActivity(CardActivity.Kind.KERNEL, name, "1 x 32", startNs, startNs + 30, 7, launch, 32, 0);
    }
}
