package io.dipper.onnxgraph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Builds a [Graph] node by node. A node and its outputs are named by scope and operator
/// (`layers.3/MatMul`, then `layers.3/MatMul_2`), so that a change in one scope leaves the names of
/// all others as they were.
///
/// The operators of ONNX are methods of [StandardOps]; any other one is made by [#node].
public final class GraphBuilder implements StandardOps {
    private static final int SHOWN_ELEMENTS = 8;

    private final State state;
    private final String scope;

    /// What all scopes of one graph share.
    private static final class State {
        private final String name;
        private final TreeMap<String, Integer> opsets = new TreeMap<>(Map.of("", 23));
        private final List<Value> inputs = new ArrayList<>();
        private final Map<String, Initializer> initializers = new LinkedHashMap<>();
        private final List<Node> nodes = new ArrayList<>();
        private final Map<String, Value> outputs = new LinkedHashMap<>();
        private final Map<String, Integer> uses = new HashMap<>();
        private final boolean inside;

        private State(String name, boolean inside) {
            this.name = name;
            this.inside = inside;
            if (inside) {
                opsets.clear();
            }
        }

        /// Names of a body must differ from all around it.
        private String own(String given) {
            return inside ? name + "/" + given : given;
        }
    }

    public GraphBuilder(String name) {
        this(new State(name, false), "");
    }

    private GraphBuilder(State state, String scope) {
        this.state = state;
        this.scope = scope;
    }

    /// The version of an operator set; ONNX's own domain is empty and set to 23 unless told
    /// otherwise.
    public GraphBuilder opset(String domain, int version) {
        state.opsets.put(domain, version);
        return this;
    }

    /// The same graph, with another prefix for names: scopes nest as `outer.inner`.
    public GraphBuilder scope(String name) {
        return new GraphBuilder(state, scope.isEmpty() ? name : scope + "." + name);
    }

    /// `name` in this scope: a tree's path.
    public String path(String name) {
        return scope.isEmpty() ? name : scope + "." + name;
    }

    /// A graph for a node of this one, which sees this one's values. What is built in it is named after
    /// `name`, made unique; so are its inputs and outputs.
    public GraphBuilder body(String name) {
        String prefix = fresh(name);
        return new GraphBuilder(new State(prefix, true), prefix);
    }

    /// Adds a node as it is; its names must be of no scope that this builder fills.
    public void add(Node node) {
        state.nodes.add(node);
    }

    public Value input(String name, ElementType element, Object... dimensions) {
        var value = new Value(state.own(name), TensorType.of(element, dimensions));
        state.inputs.add(value);
        return value;
    }

    /// Makes `value` an output of the graph under `name`.
    public void output(String name, Value value) {
        if (state.outputs.putIfAbsent(state.own(name), value) != null) {
            throw new IllegalArgumentException("output " + name + " defined twice");
        }
    }

    public Value initializer(Initializer initializer) {
        var known = state.initializers.putIfAbsent(initializer.name(), initializer);
        if (known != null && !known.equals(initializer)) {
            throw new IllegalArgumentException("initializer " + initializer.name() + " defined twice, differently");
        }
        return initializer.value();
    }

    /// A constant tensor whose bytes lie in another file; the name is taken as it is.
    public Value external(String name, TensorType type, String location, long offset, long length) {
        return initializer(new Initializer.External(name, type, location, offset, length));
    }

    /// A one-dimensional constant. Equal constants are one initializer.
    @Override
    public Value constant(long... values) {
        return constant(TensorType.of(ElementType.I64, values.length), values);
    }

    public Value constant(int[] values) {
        var type = TensorType.of(ElementType.I32, values.length);
        return inline(type, Arrays.toString(values), data -> data.asIntBuffer().put(values));
    }

    public Value constant(float[] values) {
        var type = TensorType.of(ElementType.F32, values.length);
        return inline(
                type, Arrays.toString(values), data -> data.asFloatBuffer().put(values));
    }

    @Override
    public Value scalar(float value) {
        var type = new TensorType(ElementType.F32, Shape.SCALAR);
        return inline(type, Float.toString(value), data -> data.putFloat(0, value));
    }

    public Value scalar(long value) {
        return constant(new TensorType(ElementType.I64, Shape.SCALAR), value);
    }

    public Value scalar(int value) {
        var type = new TensorType(ElementType.I32, Shape.SCALAR);
        return inline(type, Integer.toString(value), data -> data.putInt(0, value));
    }

    private Value constant(TensorType type, long... values) {
        String text = type.shape().rank() == 0 ? Long.toString(values[0]) : Arrays.toString(values);
        return inline(type, text, data -> data.asLongBuffer().put(values));
    }

    /// Small constants are named by what they hold, larger ones by a digest of it.
    private Value inline(TensorType type, String text, Consumer<ByteBuffer> fill) {
        long elements = type.shape().elements().orElseThrow();
        var data = ByteBuffer.allocate(Math.toIntExact(elements * type.element().byteSize()))
                .order(ByteOrder.LITTLE_ENDIAN);
        fill.accept(data);
        String content =
                elements <= SHOWN_ELEMENTS ? text.replace(" ", "") : "%d#%08x".formatted(elements, text.hashCode());
        // A body's constants are its own, so that they lie where its nodes run.
        return initializer(new Initializer.Inline(state.own("const/" + type.element() + ":" + content), type, data));
    }

    /// Adds a node with one output a type. Inputs that are left out are [Value#ABSENT].
    @Override
    public List<Value> node(
            String domain, String op, List<Value> inputs, List<Attribute> attributes, List<TensorType> outputTypes) {
        String name = fresh(op);
        var outputs = new ArrayList<Value>();
        for (int i = 0; i < outputTypes.size(); i++) {
            outputs.add(new Value(outputTypes.size() == 1 ? name : name + ":" + i, outputTypes.get(i)));
        }
        state.nodes.add(new Node(name, domain, op, inputs, outputs, attributes));
        return outputs;
    }

    /// Adds a node of ONNX's own operator set with a single output.
    @Override
    public Value node(String op, List<Value> inputs, TensorType output, Attribute... attributes) {
        return node("", op, inputs, List.of(attributes), List.of(output)).getFirst();
    }

    private String fresh(String op) {
        String base = scope.isEmpty() ? op : scope + "/" + op;
        int use = state.uses.merge(base, 1, Integer::sum);
        return use == 1 ? base : base + "_" + use;
    }

    /// The graph, or an exception that tells all that is wrong with it. A body is checked with the graph
    /// around it.
    public Graph build() {
        var renamed = new HashMap<String, Value>();
        var extra = new ArrayList<Node>();
        var outputs = new ArrayList<Value>();
        state.outputs.forEach((name, value) -> {
            var output = new Value(name, value.type());
            outputs.add(output);
            boolean made = state.nodes.stream().anyMatch(node -> node.outputs().contains(value));
            if (!made || renamed.putIfAbsent(value.name(), output) != null) {
                extra.add(new Node("output/" + name, "", "Identity", List.of(value), List.of(output), List.of()));
            }
        });
        var nodes = new ArrayList<>(state.nodes);
        nodes.addAll(extra);
        nodes.replaceAll(node -> rename(node, renamed));
        var graph = new Graph(
                state.name, state.opsets, state.inputs, List.copyOf(state.initializers.values()), nodes, outputs);
        return state.inside ? graph : GraphCheck.require(graph);
    }

    private static Node rename(Node node, Map<String, Value> renamed) {
        return new Node(
                node.name(),
                node.domain(),
                node.op(),
                rename(node.inputs(), renamed),
                rename(node.outputs(), renamed),
                node.attributes().stream()
                        .map(attribute -> rename(attribute, renamed))
                        .toList());
    }

    /// A body reads values of the graph around it by name.
    private static Attribute rename(Attribute attribute, Map<String, Value> renamed) {
        if (!(attribute instanceof Attribute.Body(String name, Graph body))) {
            return attribute;
        }
        var nodes = body.nodes().stream().map(node -> rename(node, renamed)).toList();
        return Attribute.of(
                name, new Graph(body.name(), body.opsets(), body.inputs(), body.initializers(), nodes, body.outputs()));
    }

    private static List<Value> rename(List<Value> values, Map<String, Value> renamed) {
        return values.stream()
                .map(value -> renamed.getOrDefault(value.name(), value))
                .toList();
    }
}
