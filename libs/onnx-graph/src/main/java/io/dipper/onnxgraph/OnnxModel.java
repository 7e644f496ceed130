package io.dipper.onnxgraph;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A graph as ONNX's `ModelProto`. Field numbers are those of onnx.proto.
public final class OnnxModel {
    /// The file format in which operator set 23 came.
    private static final int IR_VERSION = 11;

    private static final int EXTERNAL = 1;
    private static final int ATTRIBUTE_FLOAT = 1;
    private static final int ATTRIBUTE_INT = 2;
    private static final int ATTRIBUTE_STRING = 3;
    private static final int ATTRIBUTE_GRAPH = 5;
    private static final int ATTRIBUTE_FLOATS = 6;
    private static final int ATTRIBUTE_INTS = 7;
    private static final int ATTRIBUTE_STRINGS = 8;

    private OnnxModel() {}

    /// Equal graphs give equal bytes.
    public static byte[] bytes(Graph graph) {
        var model = new ProtoWriter().varint(1, IR_VERSION).text(2, "dipper");
        model.message(7, proto -> graph(proto, graph));
        graph.opsets()
                .forEach((domain, version) -> model.message(8, opset -> {
                    if (!domain.isEmpty()) {
                        opset.text(1, domain);
                    }
                    opset.varint(2, version);
                }));
        return model.toByteArray();
    }

    public static void write(Graph graph, Path file) throws IOException {
        Files.write(file, bytes(graph));
    }

    private static void graph(ProtoWriter proto, Graph graph) {
        graph.nodes().forEach(node -> proto.message(1, p -> node(p, node)));
        proto.text(2, graph.name());
        graph.initializers().forEach(initializer -> proto.message(5, p -> initializer(p, initializer)));
        graph.inputs().forEach(input -> proto.message(11, p -> valueInfo(p, input)));
        graph.outputs().forEach(output -> proto.message(12, p -> valueInfo(p, output)));
        graph.nodes().stream()
                .flatMap(node -> node.outputs().stream())
                .filter(value -> !value.isAbsent() && !graph.outputs().contains(value))
                .forEach(value -> proto.message(13, p -> valueInfo(p, value)));
    }

    private static void node(ProtoWriter proto, Node node) {
        node.inputs().forEach(input -> proto.text(1, input.name()));
        node.outputs().forEach(output -> proto.text(2, output.name()));
        proto.text(3, node.name()).text(4, node.op());
        node.attributes().forEach(attribute -> proto.message(5, p -> attribute(p, attribute)));
        if (!node.domain().isEmpty()) {
            proto.text(7, node.domain());
        }
    }

    private static void attribute(ProtoWriter proto, Attribute attribute) {
        proto.text(1, attribute.name());
        int type = switch (attribute) {
            case Attribute.Decimal a -> {
                proto.fixed32(2, a.value());
                yield ATTRIBUTE_FLOAT;
            }
            case Attribute.Int a -> {
                proto.varint(3, a.value());
                yield ATTRIBUTE_INT;
            }
            case Attribute.Text a -> {
                proto.text(4, a.value());
                yield ATTRIBUTE_STRING;
            }
            case Attribute.Body a -> {
                proto.message(6, p -> graph(p, a.value()));
                yield ATTRIBUTE_GRAPH;
            }
            case Attribute.Decimals a -> {
                a.values().forEach(value -> proto.fixed32(7, value));
                yield ATTRIBUTE_FLOATS;
            }
            case Attribute.Ints a -> {
                a.values().forEach(value -> proto.varint(8, value));
                yield ATTRIBUTE_INTS;
            }
            case Attribute.Texts a -> {
                a.values().forEach(value -> proto.text(9, value));
                yield ATTRIBUTE_STRINGS;
            }
        };
        proto.varint(20, type);
    }

    private static void initializer(ProtoWriter proto, Initializer initializer) {
        for (var dimension : initializer.type().shape().dimensions()) {
            proto.varint(1, ((Dimension.Fixed) dimension).size());
        }
        proto.varint(2, initializer.type().element().code()).text(8, initializer.name());
        switch (initializer) {
            case Initializer.Inline inline -> proto.bytes(9, inline.data());
            case Initializer.External external -> {
                var entries = List.of(
                        List.of("location", external.location()),
                        List.of("offset", Long.toString(external.offset())),
                        List.of("length", Long.toString(external.length())));
                entries.forEach(entry ->
                        proto.message(13, p -> p.text(1, entry.get(0)).text(2, entry.get(1))));
                proto.varint(14, EXTERNAL);
            }
        }
    }

    private static void valueInfo(ProtoWriter proto, Value value) {
        proto.text(1, value.name());
        proto.message(
                2,
                type -> type.message(
                        1,
                        tensor -> tensor.varint(1, value.element().code())
                                .message(
                                        2,
                                        shape -> value.shape()
                                                .dimensions()
                                                .forEach(d -> shape.message(1, p -> dimension(p, d))))));
    }

    private static void dimension(ProtoWriter proto, Dimension dimension) {
        switch (dimension) {
            case Dimension.Fixed fixed -> proto.varint(1, fixed.size());
            case Dimension.Symbol symbol -> proto.text(2, symbol.name());
            case Dimension.Unknown _ -> {}
        }
    }
}
