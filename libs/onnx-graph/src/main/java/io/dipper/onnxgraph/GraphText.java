package io.dipper.onnxgraph;

import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/// The canonical text of a graph: one line an opset, input, initializer, node and output; stable,
/// for goldens and diffs.
///
/// ```
/// graph demo
/// opset "" 23
/// input x: f32[T,4]
/// initializer w: f32[4,2] = weights.bin @0 +32
/// MatMul: f32[T,2] = MatMul(x, w)
/// output y: f32[T,2]
/// ```
public final class GraphText {
    private static final int SHOWN_BYTES = 64;

    private GraphText() {}

    public static String print(Graph graph) {
        var text = new StringBuilder("graph ").append(graph.name()).append('\n');
        graph.opsets().forEach((domain, version) -> text.append("opset \"%s\" %d\n".formatted(domain, version)));
        graph.inputs().forEach(input -> text.append("input ").append(input).append('\n'));
        graph.initializers()
                .forEach(initializer -> text.append("initializer ")
                        .append(initializer.value())
                        .append(" = ")
                        .append(data(initializer))
                        .append('\n'));
        graph.nodes().forEach(node -> {
            text.append(print(node)).append('\n');
            node.attributes().forEach(attribute -> {
                if (attribute instanceof Attribute.Body body) {
                    text.append(print(body.value()).indent(4));
                }
            });
        });
        graph.outputs().forEach(output -> text.append("output ").append(output).append('\n'));
        return text.toString();
    }

    /// A node named otherwise than its first output shows its own name in brackets.
    static String print(Node node) {
        var text = new StringBuilder();
        text.append(node.outputs().stream().map(GraphText::output).collect(Collectors.joining(", ")));
        text.append(" = ");
        if (!node.domain().isEmpty()) {
            text.append(node.domain()).append(':');
        }
        text.append(node.op());
        text.append(node.inputs().stream()
                .map(input -> input.isAbsent() ? "_" : input.name())
                .collect(Collectors.joining(", ", "(", ")")));
        if (!node.attributes().isEmpty()) {
            text.append(node.attributes().stream()
                    .map(attribute -> attribute.name() + "=" + value(attribute))
                    .collect(Collectors.joining(", ", " {", "}")));
        }
        if (node.outputs().isEmpty() || !node.outputs().getFirst().name().equals(node.name())) {
            text.append(" [").append(node.name()).append(']');
        }
        return text.toString();
    }

    private static String output(Value output) {
        return output.isAbsent() ? "_" : output.toString();
    }

    private static String value(Attribute attribute) {
        return switch (attribute) {
            case Attribute.Int i -> Long.toString(i.value());
            case Attribute.Decimal f -> Float.toString(f.value());
            case Attribute.Text t -> quote(t.value());
            case Attribute.Ints i -> list(i.values());
            case Attribute.Body b -> b.value().name();
            case Attribute.Decimals f -> list(f.values());
            case Attribute.Texts t ->
                list(t.values().stream().map(GraphText::quote).toList());
        };
    }

    private static String list(List<?> values) {
        return values.stream().map(Object::toString).collect(Collectors.joining(",", "[", "]"));
    }

    private static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    private static String data(Initializer initializer) {
        return switch (initializer) {
            case Initializer.External e -> e.location() + " @" + e.offset() + " +" + e.length();
            case Initializer.Inline inline -> {
                var bytes = new byte[Math.min(SHOWN_BYTES, inline.data().remaining())];
                inline.data().get(bytes);
                int rest = inline.data().remaining() - bytes.length;
                String hex = "0x" + HexFormat.of().formatHex(bytes);
                yield rest == 0 ? hex : hex + "… " + rest + " more bytes, crc " + crc(inline);
            }
        };
    }

    private static String crc(Initializer.Inline initializer) {
        var crc = new CRC32();
        crc.update(initializer.data());
        return "%08x".formatted(crc.getValue());
    }
}
