package io.dipper.onnxgraph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class OnnxModelTest {
    @Test
    void aGraphWithNothingInItHasItsPinnedBytes() {
        var graph = new Graph("", new TreeMap<>(Map.of("", 23)), List.of(), List.of(), List.of(), List.of());
        assertThat(hex(graph)).isEqualTo("080b" + "1206646970706572" + "3a021200" + "42021017");
    }

    @Test
    void aNodeWithEveryKindOfAttributeHasItsPinnedBytes() {
        var attributes = List.of(
                Attribute.of("a", -1),
                Attribute.of("b", 1f),
                Attribute.of("c", "s"),
                Attribute.ints("d", 128, 0),
                Attribute.floats("e", 1f),
                Attribute.texts("f", "", "t"));
        var node = new Node("n", "d", "Op", List.of(Value.ABSENT), List.of(), attributes);
        var graph = new Graph("", new TreeMap<>(), List.of(), List.of(), List.of(node), List.of());
        assertThat(hex(graph))
                .endsWith(
                        "0a00" // one input, absent
                                + "1a016e" + "22024f70" // name, op
                                + "2a11" + "0a0161" + "18ffffffffffffffffff01" + "a00102"
                                + "2a0b" + "0a0162" + "150000803f" + "a00101"
                                + "2a09" + "0a0163" + "220173" + "a00103"
                                + "2a0b" + "0a0164" + "408001" + "4000" + "a00107"
                                + "2a0b" + "0a0165" + "3d0000803f" + "a00106"
                                + "2a0b" + "0a0166" + "4a00" + "4a0174" + "a00108"
                                + "3a0164" // domain
                                + "1200"); // graph name
    }

    @Test
    void externalDataNamesItsRangeAndKeepsNoBytes() {
        var weight = new Initializer.External("w", TensorType.of(ElementType.BF16, 0, 127), "w.bin", 64, 0);
        var graph = new Graph("", new TreeMap<>(), List.of(), List.of(weight), List.of(), List.of());
        assertThat(hex(graph))
                .endsWith("0800" + "087f" + "1010" + "420177" // dims, type, name
                        + "6a11" + "0a086c6f636174696f6e" + "1205772e62696e"
                        + "6a0c" + "0a066f6666736574" + "12023634"
                        + "6a0b" + "0a066c656e677468" + "120130"
                        + "7001");
    }

    private static String hex(Graph graph) {
        return HexFormat.of().formatHex(OnnxModel.bytes(graph));
    }
}
