package io.dipper.export.stock;

import io.dipper.export.stock.SequenceLoop.Sequence;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.List;
import java.util.stream.LongStream;

/// What a layer's pool keeps of one sequence, oldest column first, and which of it each query sees.
///
/// @param kept [S, values], in the pool's type
/// @param seen [Q, S]
record Context(Value kept, Value seen) {
    static final Dimension SLOTS = new Dimension.Symbol("S");

    /// Which keys a query sees beside those after it.
    ///
    /// @param window a key is seen if it is less than so far back; 0 sees all
    /// @param chunk a key is seen if it lies in the same chunk of so many positions; 0 sees all
    record Span(int window, int chunk) {
        static final Span FULL = new Span(0, 0);
    }

    /// @param table of all sequences, [R, W]
    static Context of(Sequence sequence, SequenceLoop loop, Value pool, Value table, int blockTokens, Span span) {
        GraphBuilder graph = sequence.graph();
        Step step = loop.step();
        Value width = step.size(table, 1);
        Value positions = sequence.of(step.longs(loop.positions()));
        Value last = graph.gather(step.longs(loop.positions()), sequence.last(), 0);
        Value lastBlock = graph.div(last, graph.constant(blockTokens));
        Dimension held = new Dimension.Symbol("C");
        Value column = Ops.indices(graph, graph.greaterOrEqual(lastBlock, step.columns(table)), held);
        Value blocks = graph.gather(graph.gather(step.longs(table), sequence.number(), 0), column, 0);
        // A table that is narrower than a sequence is a ring: column c holds the newest block that is c modulo its
        // width.
        Value block = graph.sub(lastBlock, Ops.remainder(graph, graph.sub(lastBlock, column), width));
        Value first = graph.unsqueeze(graph.mul(block, graph.constant(blockTokens)), 1);
        Value within = graph.constant(LongStream.range(0, blockTokens).toArray());
        Value slots = graph.reshape(graph.add(first, within), SLOTS);
        long values = ((Dimension.Fixed) pool.shape().get(2)).size();
        Value kept = graph.reshape(graph.gather(pool, blocks, 0), SLOTS, values);
        return new Context(kept, seen(graph, graph.unsqueeze(positions, 1), graph.unsqueeze(slots, 0), span));
    }

    private static Value seen(GraphBuilder graph, Value query, Value key, Span span) {
        Value seen = graph.greaterOrEqual(query, key);
        if (span.window() > 0) {
            Value before = graph.sub(query, graph.constant(span.window()));
            seen = Ops.both(graph, seen, graph.less(before, key));
        }
        if (span.chunk() > 0) {
            Value chunk = graph.sub(query, Ops.remainder(graph, query, graph.constant(span.chunk())));
            seen = Ops.both(graph, seen, graph.greaterOrEqual(key, chunk));
        }
        return seen;
    }

    /// Scores as weights: those of keys that are not seen are 0.
    ///
    /// @param scores [heads …, Q, S]
    /// @param softcap scores are capped to ± this by tanh; 0 caps nothing
    /// @param sinks what a head may look at instead of any key, [heads …, 1, 1], or [Value#ABSENT]
    Value weights(GraphBuilder graph, Value scores, float softcap, Value sinks) {
        Value capped = scores;
        if (softcap > 0) {
            Value cap = graph.scalar(softcap);
            capped = graph.mul(graph.tanh(graph.div(scores, cap)), cap);
        }
        Value known = graph.where(seen, capped, graph.scalar(Float.NEGATIVE_INFINITY));
        if (sinks.isAbsent()) {
            return graph.softmax(known, -1);
        }
        Value highest = graph.max(Ops.reduceMax(graph, known, -1), sinks);
        Value powers = graph.exp(graph.sub(known, highest));
        Value total = graph.add(graph.reduceSum(powers, -1), graph.exp(graph.sub(sinks, highest)));
        return graph.div(powers, total);
    }

    /// The columns of what is kept, each so wide, as float32.
    List<Value> columns(GraphBuilder graph, long... widths) {
        return graph.split(Ops.floats(graph, kept), 1, widths);
    }
}
