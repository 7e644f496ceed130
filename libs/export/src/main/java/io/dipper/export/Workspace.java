package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// What a graph's nodes hand to one another: the bytes of the buffers that a step holds.
///
/// It follows the plan that ONNX Runtime makes for memory when it opens a graph. A node that works
/// value by value writes over an input that nobody else reads; one that only sees its input in another
/// shape takes no memory; any other value takes the buffer of an earlier one of the same shape that is
/// done with, or a new one. Buffers go back when the run ends. That in-place work on values of more
/// than two dimensions does not happen was measured, not read: `docs/benchmarks/memory.md`.
final class Workspace {
    private static final Set<String> VIEWS = Set.of("Reshape", "Squeeze", "Unsqueeze", "Identity");
    private static final Set<String> IN_PLACE = Set.of("Add", "Sub", "Mul", "Div", "Tanh", "Sqrt");

    /// The runtime hands out memory in pieces of so many bytes.
    private static final long PIECE = 256;

    private final List<Value> buffers = new ArrayList<>();
    private final Map<String, Integer> uses = new HashMap<>();
    private final Map<String, Buffer> bufferOf = new HashMap<>();
    private final Deque<Buffer> free = new ArrayDeque<>();

    Workspace(Graph graph) {
        List<Node> nodes = all(graph).toList();
        nodes.forEach(node -> node.inputs().forEach(input -> uses.merge(input.name(), 1, Integer::sum)));
        // What is drawn goes to the caller; logits only when a proof asks for them.
        graph.outputs().stream()
                .filter(output -> !output.name().equals("logits"))
                .forEach(output -> uses.merge(output.name(), 1, Integer::sum));
        nodes.forEach(this::plan);
    }

    /// Nodes inside a loop hold what those of one turn hold, while it runs.
    private static Stream<Node> all(Graph graph) {
        return graph.nodes().stream()
                .flatMap(node -> Stream.concat(bodies(node).flatMap(Workspace::all), Stream.of(node)));
    }

    private static Stream<Graph> bodies(Node node) {
        return node.attributes().stream()
                .flatMap(attribute ->
                        attribute instanceof Attribute.Body(String _, Graph body) ? Stream.of(body) : Stream.empty());
    }

    private void plan(Node node) {
        for (Value output : node.outputs()) {
            Buffer buffer = buffer(node, output);
            buffer.readers += uses.getOrDefault(output.name(), 0);
            bufferOf.put(output.name(), buffer);
        }
        for (Value input : node.inputs()) {
            Buffer buffer = bufferOf.get(input.name());
            if (buffer != null) {
                buffer.readers--;
                release(buffer);
            }
        }
        node.outputs().stream()
                .filter(output -> !uses.containsKey(output.name()))
                .forEach(output -> release(bufferOf.get(output.name())));
    }

    private Buffer buffer(Node node, Value output) {
        boolean stock = node.domain().isEmpty();
        Buffer first = bufferOf.get(node.inputs().getFirst().name());
        if (stock && VIEWS.contains(node.op()) && first != null) {
            return first;
        }
        if (stock && IN_PLACE.contains(node.op()) && output.shape().rank() == 2) {
            for (Value input : node.inputs()) {
                Buffer own = bufferOf.get(input.name());
                if (own != null && own.readers == 1 && input.type().equals(output.type())) {
                    return own;
                }
            }
        }
        for (Buffer candidate : free) {
            if (candidate.value.type().equals(output.type())) {
                free.remove(candidate);
                return candidate;
            }
        }
        buffers.add(output);
        return new Buffer(output);
    }

    private void release(Buffer buffer) {
        if (buffer.readers == 0) {
            free.addFirst(buffer);
        }
    }

    /// @param sizes of the graph's symbols
    long bytes(Map<String, Long> sizes) {
        return buffers.stream().mapToLong(value -> bytes(value, sizes)).reduce(0, Math::addExact);
    }

    private static long bytes(Value value, Map<String, Long> sizes) {
        long bytes = value.type().element().byteSize();
        for (Dimension dimension : value.shape().dimensions()) {
            bytes = Math.multiplyExact(
                    bytes,
                    switch (dimension) {
                        case Dimension.Fixed(long size) -> size;
                        case Dimension.Symbol(String name) -> sizes.getOrDefault(name, 1L);
                        case Dimension.Unknown _ -> 1L;
                    });
        }
        return Math.multiplyExact(Math.ceilDiv(bytes, PIECE), PIECE);
    }

    /// The symbols of a step of so many tokens, as many of them drawn as there are sequences; in loops, a sequence
    /// may have all of them, before it a whole context.
    static Map<String, Long> sizes(MemoryPlan.Load load) {
        long sequences = load.sequences();
        long tokens = load.stepTokens();
        return Map.of(
                "T",
                tokens,
                "Q",
                tokens,
                "N",
                tokens,
                "S",
                (long) load.contextTokens(),
                "R",
                sequences,
                "L",
                Math.min(sequences, tokens),
                "K",
                1L);
    }

    /// Memory that lies where its first value was; `readers` are still to come.
    private static final class Buffer {
        private final Value value;
        private int readers;

        Buffer(Value value) {
            this.value = value;
        }
    }
}
