package io.dipper.engineort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whether a model fits is said before anything is taken, and if not, what would.
class CardPlanTest {
    private static final long GIB = 1L << 30;

    @TempDir
    Path folder;

    private Manifest manifest;
    private final Placement placement = new HostPlacement();

    @BeforeEach
    void export() throws Exception {
        Path export = folder.resolve("export");
        Exporter.export(Fixtures.golden("qwen3"), Target.CPU_F32, export, Progress.NONE);
        manifest = Manifest.open(export);
    }

    @Test
    void whatFitsSaysWhatItLeaves() {
        var room = new CardPlan.Room("a card", 20 * GIB);
        RunnerOptions asked = RunnerOptions.onCard(0, 64 << 20);
        assertThat(room.share(manifest, asked, placement)).isEqualTo(asked);
        assertThat(room.fitting(CardPlan.of(manifest, asked, placement)))
                .matches("fits on a card, leaves 19\\.\\d\\d GiB: weights .* of 20.00 GiB free");
    }

    @Test
    void withoutALimitKeysAndValuesGetWhatIsLeftLessAReserve() {
        var room = new CardPlan.Room("a card", GIB);
        RunnerOptions settled = room.share(manifest, RunnerOptions.onCard(0, RunnerOptions.WHAT_FITS), placement);
        assertThat(settled.kvBytes()).isBetween(GIB / 4, GIB);
        assertThat(CardPlan.of(manifest, settled, placement).total()).isLessThan(GIB);
    }

    @Test
    void whatDoesNotFitSaysHowManyTokensWould() {
        var room = new CardPlan.Room("a card", GIB);
        RunnerOptions asked = RunnerOptions.forLoad(100_000, manifest.contextLength(), 512, 1);
        assertThatThrownBy(() -> room.share(manifest, asked, placement))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("does not fit on a card: weights .* would up to [\\d,]+ tokens .*");
    }

    @Test
    void aModelWhoseWeightsDoNotFitSaysSo() {
        var room = new CardPlan.Room("a card", 1 << 20);
        assertThatThrownBy(() -> room.share(manifest, RunnerOptions.onCard(0, RunnerOptions.WHAT_FITS), placement))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("does not fit on a card: weights")
                .hasMessageContaining("0.00 GiB free");
    }
}
