package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.dipper.checkpoint.Progress;
import io.dipper.engineort.RunnerOptions;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which card an export for cards goes to, and what is said where there is none.
class OrtRunnersTest {
    @TempDir
    Path folder;

    private Path export;

    @BeforeEach
    void export() throws Exception {
        export = folder.resolve("export");
        Exporter.export(Fixtures.golden("qwen3"), Target.named("cuda-bf16"), export, Progress.NONE);
    }

    @Test
    void aCardThatTheServiceDoesNotUseIsRefusedWithThoseThatItDoes() {
        assertThatThrownBy(() -> runners(0, 1).open(export, OptionalInt.of(3)))
                .isInstanceOf(IOException.class)
                .hasMessage("card 3 is none of this service's (dipper.inference.cards: 0, 1)");
    }

    @Test
    void aServiceWithoutCardsRefusesExportsForCards() {
        assertThatThrownBy(() -> runners().open(export, OptionalInt.empty()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("uses no card");
    }

    @Test
    void aMachineWithoutADriverIsToldWhatToInstall() {
        assumeFalse(Files.exists(Path.of("/dev/nvidiactl")), "this machine has a card");
        for (OrtRunners runners : List.of(runners(0), runners(0, 1))) {
            assertThatThrownBy(() -> runners.open(export, OptionalInt.empty()))
                    .hasMessageContaining("the NVIDIA driver is missing")
                    .hasMessageContaining("install the card's driver");
        }
    }

    @Test
    void whatATargetNeedsIsAskedForBeforeAnythingIsMadeForIt() throws Exception {
        Target forCards = Target.named("cuda-bf16");
        runners().require(Target.named("cpu-f32"), OptionalInt.empty());
        assertThatThrownBy(() -> runners().require(forCards, OptionalInt.empty()))
                .hasMessageContaining("uses no card");
        assertThatThrownBy(() -> runners(0, 1).require(forCards, OptionalInt.of(3)))
                .hasMessageContaining("card 3 is none of this service's");
        assumeFalse(Files.exists(Path.of("/dev/nvidiactl")), "this machine has a card");
        assertThatThrownBy(() -> runners(0, 1).require(forCards, OptionalInt.empty()))
                .hasMessageContaining("the NVIDIA driver is missing");
    }

    private static OrtRunners runners(Integer... cards) {
        return new OrtRunners(RunnerOptions.withKvBytes(1 << 20), RunnerOptions.onCard(0, 0), List.of(cards));
    }
}
