package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Streams;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SupportTest {
    @Test
    void residualStreamsHaveNormsOfOneKindAndEpsilon() throws IOException {
        Model model = ((Read) Families.read(Checkpoint.readConfig(Fixtures.golden("gemma3n")))).model();
        assertThat(Support.missing(model)).isEmpty();
        int hidden = model.hidden();
        assertThat(Support.missing(routing(model, 4, new Norm.Rms(hidden, 1e-3))))
                .containsExactly("norms of residual streams with several epsilons");
        assertThat(Support.missing(routing(model, 4, new Norm.Layer(hidden, 1e-6, false))))
                .containsExactly("norms of residual streams of another kind");
        assertThat(Support.missing(routing(model, 17, new Norm.Rms(hidden, 1e-6))))
                .containsExactly("more than 16 residual streams");
    }

    /// The model with other streams, routed by another norm.
    private static Model routing(Model model, int inputs, Norm norm) {
        Streams streams = model.streams().orElseThrow();
        Streams.AltUp altUp = streams.altUp();
        var other = new Streams.AltUp(inputs, altUp.active(), altUp.coefficientClip(), altUp.scalesCorrection(), norm);
        return new Model(
                model.embedding(),
                model.blocks(),
                model.finalNorm(),
                model.head(),
                model.contextLength(),
                Optional.of(new Streams(other, streams.laurel(), streams.perLayer())));
    }
}
