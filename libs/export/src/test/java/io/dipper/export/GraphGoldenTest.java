package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.fixtures.Fixtures;
import io.dipper.onnxgraph.GraphText;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Level 1: a tiny configuration of every family that can be served lowers to the graph that stands
/// in its golden, so that a change to a family shows as a change of graph.
/// `-Ddipper.rewriteGoldens=true` rewrites them.
class GraphGoldenTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemma2",
                "gemma3",
                "gemma3n",
                "gpt2",
                "llama3",
                "mistral-7b-v0.1",
                "mistral-small-3.1",
                "olmo2",
                "olmo3",
                "qwen3",
                "smollm3"
            })
    void tinyConfigurationLowersToItsGolden(String name) throws IOException {
        Read read = (Read) Families.read(Checkpoint.readConfig(Fixtures.golden(name)));
        Lowered.Ready ready = (Lowered.Ready) Lowering.lower(read.model(), Target.CPU_F32);
        String text = GraphText.print(ready.graph());
        Path golden = Fixtures.root().resolve("libs/export/src/test/resources/graphs/" + name + ".txt");
        if (Boolean.getBoolean("dipper.rewriteGoldens")) {
            Files.writeString(golden, text);
        }
        assertThat(text).isEqualTo(Files.readString(golden));
    }
}
