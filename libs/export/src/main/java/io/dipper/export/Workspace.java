package io.dipper.export;

import io.dipper.checkpoint.StepMemory;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
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

    private final List<Buffer> buffers = new ArrayList<>();
    private final Map<String, Integer> uses = new HashMap<>();
    private final Map<String, Buffer> bufferOf = new HashMap<>();
    private final Deque<Buffer> free = new ArrayDeque<>();
    private int planned;

    Workspace(Graph graph) {
        List<Node> nodes = all(graph).toList();
        nodes.forEach(node -> node.inputs().forEach(input -> uses.merge(input.name(), 1, Integer::sum)));
        // What is drawn goes to the caller; logits only when a proof asks for them.
        graph.outputs().stream()
                .filter(output -> !output.name().equals("logits"))
                .forEach(output -> uses.merge(output.name(), 1, Integer::sum));
        nodes.forEach(node -> {
            plan(node);
            planned++;
        });
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
            buffer.last = planned;
            buffer.readers += uses.getOrDefault(output.name(), 0);
            bufferOf.put(output.name(), buffer);
        }
        for (Value input : node.inputs()) {
            Buffer buffer = bufferOf.get(input.name());
            if (buffer != null) {
                buffer.readers--;
                buffer.last = planned;
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
        // Rows that are parts of a token's values are as many values as they were made from.
        boolean parts = first != null && isParts(output);
        Buffer added = new Buffer(output, parts ? first.whole : output, planned);
        buffers.add(added);
        return added;
    }

    private static boolean isParts(Value value) {
        return value.shape().dimensions().stream()
                .anyMatch(dimension -> dimension instanceof Dimension.Symbol(String name) && name.contains("*"));
    }

    private void release(Buffer buffer) {
        if (buffer.readers == 0) {
            free.addFirst(buffer);
        }
    }

    /// What is held while a node runs, as a formula of a step's sizes, of each node at which it can be the
    /// most: on a card a buffer goes back as soon as it is done with.
    List<StepMemory.Bytes> held() {
        List<StepMemory.Bytes> formulas =
                buffers.stream().map(buffer -> formula(buffer.whole)).toList();
        Set<StepMemory.Bytes> most = new LinkedHashSet<>();
        for (int node = 0; node < planned; node++) {
            StepMemory.Bytes held = StepMemory.Bytes.fixed(0);
            for (int i = 0; i < buffers.size(); i++) {
                if (buffers.get(i).first <= node && node <= buffers.get(i).last) {
                    held = held.plus(formulas.get(i));
                }
            }
            StepMemory.Bytes now = held;
            if (most.stream().noneMatch(other -> other.covers(now))) {
                most.removeIf(now::covers);
                most.add(now);
            }
        }
        return List.copyOf(most);
    }

    private static StepMemory.Bytes formula(Value value) {
        long bytes = valueBytes(value, Map.of());
        for (Dimension dimension : value.shape().dimensions()) {
            if (dimension instanceof Dimension.Symbol(String name)) {
                switch (name) {
                    case "T" -> {
                        return StepMemory.Bytes.perToken(bytes);
                    }
                    case "L" -> {
                        return StepMemory.Bytes.perDraw(bytes);
                    }
                    case "R" -> {
                        return StepMemory.Bytes.perSequence(bytes);
                    }
                    default -> {
                        // Of about as many values as draws or sequences, each a few bytes.
                    }
                }
            }
        }
        return StepMemory.Bytes.fixed(bytes);
    }

    /// @param sizes of the graph's symbols
    long bytes(Map<String, Long> sizes) {
        return buffers.stream().mapToLong(buffer -> bytes(buffer.value, sizes)).reduce(0, Math::addExact);
    }

    private static long bytes(Value value, Map<String, Long> sizes) {
        return Math.multiplyExact(Math.ceilDiv(valueBytes(value, sizes), PIECE), PIECE);
    }

    private static long valueBytes(Value value, Map<String, Long> sizes) {
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
        return bytes;
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

    /// Memory that lies where its first value was; `readers` are still to come. It is held from the node
    /// `first` to the node `last`.
    private static final class Buffer {
        private final Value value;
        private final Value whole;
        private final int first;
        private int last;
        private int readers;

        /// @param whole whose bytes it has, where the value does not tell
        Buffer(Value value, Value whole, int first) {
            this.value = value;
            this.whole = whole;
            this.first = first;
        }
    }
}
