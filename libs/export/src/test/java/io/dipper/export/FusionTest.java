package io.dipper.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.fixtures.Fixtures;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which nodes a layer of a graph for a card has.
class FusionTest {
    @ParameterizedTest
    @CsvSource({
        "Qwen--Qwen3-0.6B, norm qkv|PagedAttention|o+|norm gate|down+",
        "Qwen--Qwen2.5-0.5B, norm qkv|PagedAttention|o+|norm gate|down+",
        "meta-llama--Llama-3.2-1B, norm qkv|PagedAttention|o+|norm gate|down+",
        "google--gemma-3-1b-it, norm qkv|PagedAttention|o|NormAdd|norm gate|down|NormAdd",
        "google--gemma-3n-E2B, AltUpPredict|norm four|Reshape|RmsNorm|Reshape|PagedAttention|o|right|LaurelJoin|norm gate|GatedActivation|down|AltUpCorrect|gate|PerLayerGate|out",
        "allenai--OLMo-2-0425-1B, qkv|RmsNorm|RmsNorm|PagedAttention|o|NormAdd|gate|down|NormAdd",
        "deepseek-ai--DeepSeek-V3, norm two|norm q|LatentAttention|o+|norm gate|down+",
        "Qwen--Qwen3-30B-A3B, AddRmsNorm|qkv|PagedAttention|o+|RmsNorm|Gemm|Route|Experts"
    })
    void aLayerIsAFewNodes(String checkpoint, String expected) throws IOException {
        Graph graph = lowered(Fixtures.root().resolve("libs/fixtures/checkpoints/" + checkpoint));
        List<String> layer = graph.nodes().stream()
                .filter(node -> node.name().startsWith("layers.1/"))
                .map(FusionTest::described)
                .toList();
        assertThat(String.join("|", layer)).isEqualTo(expected);
    }

    private static String described(Node node) {
        if (!node.op().equals("Projection")) {
            return node.op();
        }
        Value matrix = node.inputs().get(3);
        String path = matrix.name().substring(matrix.name().lastIndexOf('.') + 1);
        String name = switch (node.outputs().size()) {
            case 4 -> "four";
            case 3 -> "qkv";
            case 2 -> "two";
            default -> Map.of("gate_up", "gate", "q_up", "q").getOrDefault(path, path);
        };
        return (node.inputs().get(1).isAbsent() ? "" : "norm ")
                + name
                + (node.inputs().get(2).isAbsent() ? "" : "+");
    }

    @ParameterizedTest
    @CsvSource({
        "qwen3, PagedAttention>|>Projection|Projection>|>Projection",
        "gemma3, PagedAttention>|>Projection|Projection>|>Projection",
        "gpt2, PagedAttention>|>Projection",
        "qwen3-next, Projection>|>Projection"
    })
    void whatProjectionsRoundIsHandedOverRounded(String golden, String expected) throws IOException {
        String marked = lowered(Fixtures.golden(golden)).nodes().stream()
                .filter(node -> node.name().startsWith("layers.1/"))
                .filter(node -> has(node, "narrow_x") || has(node, "narrow_y"))
                .map(node -> (has(node, "narrow_x") ? ">" : "") + node.op() + (has(node, "narrow_y") ? ">" : ""))
                .collect(Collectors.joining("|"));
        assertThat(marked).isEqualTo(expected);
    }

    private static boolean has(Node node, String attribute) {
        return node.attributes().stream().anyMatch(it -> it.name().equals(attribute));
    }

    @Test
    void theHeadNormsItsRowsAndGathersThemOnce() throws IOException {
        Graph graph = lowered(Fixtures.golden("qwen3"));
        List<Node> ends = graph.nodes().stream()
                .filter(node -> !node.name().startsWith("layers."))
                .toList();
        assertThat(ends.stream().map(Node::op))
                .containsExactly("Gather", "Cast", "RopeTable", "Gather", "Projection", "Sample");
    }

    @Test
    void everyDesignsProductsAreProjectionsOverWhatTheyWereGiven() throws IOException {
        for (String golden :
                List.of("gemma3n", "gpt2", "qwen3-next", "gpt-oss", "deepseek-v3", "llama4", "qwen3-moe")) {
            Read read = (Read) Families.read(Checkpoint.readConfig(Fixtures.golden(golden)));
            Map<String, Long> plain = uses(((Lowered.Ready) Lowering.lower(read.model(), Target.CPU_F32)).graph());
            Graph graph = ((Lowered.Ready) Lowering.lower(read.model(), Target.CUDA_BF16)).graph();
            assertThat(graph.nodes()).as(golden).noneMatch(node -> node.op().equals("Linear"));
            assertThat(uses(graph)).as(golden).isEqualTo(plain);
        }
    }

    /// How often each weight stands in a product; routers' are the runtime's own on a card.
    private static Map<String, Long> uses(Graph graph) {
        Map<String, Long> uses = new HashMap<>();
        graph.nodes().stream()
                .filter(node -> List.of("Linear", "Projection").contains(node.op()))
                .flatMap(node -> node.inputs().stream().skip(1))
                .filter(value -> value.shape().rank() == 2 && !value.isAbsent())
                .filter(value -> value.name().contains(".") && !value.name().contains("/"))
                .filter(value -> !value.name().endsWith(".router"))
                .collect(Collectors.groupingBy(Value::name, Collectors.counting()))
                .forEach(uses::put);
        return uses;
    }

    private static Graph lowered(Path checkpoint) throws IOException {
        Read read = (Read) Families.read(Checkpoint.readConfig(checkpoint));
        return ((Lowered.Ready) Lowering.lower(read.model(), Target.CUDA_BF16)).graph();
    }
}
