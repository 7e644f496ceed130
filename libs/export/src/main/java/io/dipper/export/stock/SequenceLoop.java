package io.dipper.export.stock;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A step's sequences one after another, so that none pays for another's length: no scores are made between them, and
/// none are padded.
///
/// @param positions of all tokens, [T]
/// @param starts of the sequences, [R+1]
record SequenceLoop(Step step, Value positions, Value starts) {

    /// One sequence, inside the loop.
    ///
    /// @param number which, a scalar
    /// @param tokens of all tokens its own, [Q]
    /// @param first the first of them, [1]
    /// @param last the last of them, [1]
    record Sequence(GraphBuilder graph, Value number, Value tokens, Value first, Value last) {
        static final Dimension TOKENS = new Dimension.Symbol("Q");

        /// Its tokens' part of what all tokens have.
        Value of(Value perToken) {
            return graph.gather(perToken, tokens, 0);
        }
    }

    /// What the loop makes of a sequence.
    ///
    /// @param mixed [Q, width]
    /// @param state what is collected of each sequence; [Value#ABSENT] for nothing
    record Made(Value mixed, Value state) {}

    /// @param mixed [T, width]
    /// @param states [R, …]
    record All(Value mixed, Value states) {}

    /// @param width columns of what the loop makes of each token
    All run(GraphBuilder graph, long width, Function<Sequence, Made> each) {
        Value offsets = step.longs(starts);
        Value rowOfToken = step.rowOfToken(positions, starts);
        GraphBuilder body = graph.body("sequence");
        Value number = body.input("number", ElementType.I64);
        Value more = body.input("more", ElementType.BOOL);
        Dimension tokens = positions.shape().get(0);
        Value soFar = body.input("so_far", ElementType.F32, tokens, width);
        Value first = body.unsqueeze(body.gather(offsets, number, 0), 0);
        Value end = body.unsqueeze(body.gather(offsets, body.add(number, body.scalar(1L)), 0), 0);
        Value own = Ops.indices(body, body.equal(rowOfToken, number), Sequence.TOKENS);
        Made made = each.apply(new Sequence(body, number, own, first, body.sub(end, body.constant(1))));
        body.output("more_to_come", more);
        body.output("mixed", Ops.scatter(body, soFar, body.unsqueeze(own, 1), made.mixed()));
        List<TensorType> types = new ArrayList<>(List.of(soFar.type()));
        if (!made.state().isAbsent()) {
            body.output("state", made.state());
            List<Object> shape = new ArrayList<>(made.state().shape().dimensions());
            shape.addFirst("R");
            types.add(TensorType.of(made.state().element(), shape.toArray()));
        }
        Value nothing = Ops.zeros(graph, step.size(positions, 0), tokens, width);
        List<Value> all = graph.node(
                "",
                "Loop",
                List.of(step.sequences(starts), Value.ABSENT, nothing),
                List.of(Attribute.of("body", body.build())),
                types);
        return new All(all.getFirst(), all.size() > 1 ? all.get(1) : Value.ABSENT);
    }
}
