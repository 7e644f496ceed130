package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.OperatorForms;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StoredFile;
import io.dipper.export.stock.StockForms;
import io.dipper.fixtures.Fixtures;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphText;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

class StockTargetTest {
    @TempDir
    Path folder;

    @Test
    void everyDesignIsLoweredToStockOperatorsOnly() throws IOException {
        try (Stream<Path> goldens = Files.list(Fixtures.golden("qwen3").getParent())) {
            for (Path golden : goldens.filter(Files::isDirectory).toList()) {
                Lowered.Ready ready = lower(golden, Target.ONNX_STANDARD);
                assertThat(GraphText.print(ready.graph())).as(golden.toString()).doesNotContain("io.dipper");
                assertThat(ready.graph().outputs().getFirst().name()).isEqualTo("logits");
                assertThat(ready.graph().inputs()).extracting(Value::name).doesNotContain("sample_floats");
                assertThat(lower(golden, Target.CUDA_STANDARD_BF16).operators())
                        .allSatisfy((op, forms) -> assertThat(forms.dipper()).isEqualTo(op.equals("Sample") ? 1 : 0));
            }
        }
    }

    @Test
    void poolsComeOutOfTheGraphAndTokensAreApartInThem() throws IOException {
        Graph graph = lower(Fixtures.golden("qwen3-next"), Target.ONNX_STANDARD).graph();
        Value tokens = value(graph.inputs(), "kv.3");
        assertThat(tokens.shape().toString()).matches("\\[B0,32,\\d+]");
        assertThat(value(graph.outputs(), "kv.3.next").type()).isEqualTo(tokens.type());
        Value state = value(graph.inputs(), "kv.0");
        assertThat(state.shape().rank()).isEqualTo(2);
        assertThat(value(graph.outputs(), "kv.0.next").type()).isEqualTo(state.type());
    }

    @Test
    void anExportForOthersTellsThemWhatGoesIn() throws IOException {
        Path out = folder.resolve("export");
        Exporter.export(Fixtures.golden("gemma3"), Target.ONNX_STANDARD, out, Progress.NONE);
        Manifest manifest = Manifest.open(out);
        assertThat(manifest.files())
                .extracting(StoredFile::name)
                .containsExactlyInAnyOrder("model.onnx", "weights.bin", "draw.onnx", "README.md");
        assertThat(manifest.draws()).isFalse();
        assertThat(manifest.kvLayers())
                .allSatisfy(layer -> assertThat(manifest.written(layer)).hasValue(layer.input() + ".next"));
        assertThat(Files.readString(out.resolve("README.md")))
                .contains("ai.onnx 23", "`token_ids` [T]", "`kv.0` [B", "| `kv.0.next`", "a ring, at least as wide")
                .doesNotContain("sample_", "io.dipper");
    }

    @Test
    void aCardTakesStockOperatorsForHeadsThatItsKernelsDoNotCover() throws IOException {
        ObjectNode config = (ObjectNode) Checkpoint.readConfig(Fixtures.golden("qwen3"));
        Read read = (Read) Families.read(config.put("head_dim", 576));
        Lowered.Ready ready = (Lowered.Ready) Lowering.lower(read.model(), Target.CUDA_BF16);
        assertThat(ready.operators().get("PagedAttention"))
                .isEqualTo(new OperatorForms(0, read.model().blocks().size()));
        assertThat(ready.operators().get("Projection").stock()).isZero();
        assertThat(lower(Fixtures.golden("qwen3"), Target.CUDA_BF16).operators())
                .allSatisfy((_, forms) -> assertThat(forms.stock()).isZero());
    }

    @Test
    void aCardTakesStockOperatorsForMoreStreamsThanItsKernelsHold() throws IOException {
        ObjectNode config = (ObjectNode) Checkpoint.readConfig(Fixtures.golden("gemma3n"));
        Read read = (Read) Families.read(config.put("altup_num_inputs", 5));
        Lowered.Ready ready = (Lowered.Ready) Lowering.lower(read.model(), Target.CUDA_BF16);
        int layers = read.model().blocks().size();
        assertThat(ready.operators())
                .containsEntry("AltUpSpread", new OperatorForms(0, 1))
                .containsEntry("AltUpPredict", new OperatorForms(0, layers))
                .containsEntry("AltUpCorrect", new OperatorForms(0, layers))
                .containsEntry("AltUpMean", new OperatorForms(0, 1))
                .containsEntry("LaurelJoin", new OperatorForms(layers, 0));
    }

    @Test
    void formsAreMixedByPool() throws IOException {
        Graph ours = lower(Fixtures.golden("gemma3n"), Target.CPU_F32).graph();
        var replaced = StockForms.replace(ours, node -> node.op().equals("GatedActivation"));
        assertThat(replaced.stock()).containsOnlyKeys("GatedActivation");
        assertThat(replaced.graph().nodes())
                .extracting(Node::op)
                .contains("PagedAttention")
                .doesNotContain("GatedActivation");
        String last = ours.nodes().stream()
                .filter(node -> node.op().equals("PagedAttention"))
                .map(Node::name)
                .reduce((_, later) -> later)
                .orElseThrow();
        assertThatThrownBy(() -> StockForms.replace(ours, node -> node.name().equals(last)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("reads a pool that stock nodes write");
    }

    private static Value value(Iterable<Value> values, String name) {
        for (Value value : values) {
            if (value.name().equals(name)) {
                return value;
            }
        }
        throw new AssertionError("no " + name);
    }

    private static Lowered.Ready lower(Path checkpoint, Target target) throws IOException {
        Read read = (Read) Families.read(Checkpoint.readConfig(checkpoint));
        return (Lowered.Ready) Lowering.lower(read.model(), target);
    }
}
