package io.dipper.export;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The inputs of a served graph: the tokens of a step's sequences one after another, the cache, and
/// what is to be drawn.
///
/// Symbols: T tokens, R sequences, L rows that go to the head, W0, W1, … columns of a group's block
/// table, B0, B1, … blocks of its pool, P penalised and B biased ids.
record StepInputs(
        Value tokenIds,
        Value positions,
        Value seqStarts,
        List<Value> blockTables,
        Map<Integer, Value> pools,
        Value logitRows,
        List<Value> drawing) {

    static StepInputs declare(GraphBuilder graph, KvPlan cache, Target target) {
        Value tokenIds = graph.input("token_ids", ElementType.I32, "T");
        Value positions = graph.input("positions", ElementType.I32, "T");
        Value seqStarts = graph.input("seq_starts", ElementType.I32, "R+1");
        List<Value> tables = new ArrayList<>();
        for (int group = 0; group < cache.groupWindows().size(); group++) {
            tables.add(graph.input("block_tables." + group, ElementType.I32, "R", "W" + group));
        }
        Map<Integer, Value> pools = new HashMap<>();
        for (KvPlan.Layer layer : cache.layers()) {
            pools.put(
                    layer.layer(),
                    graph.input(
                            layer.input(),
                            cache.isState(layer.group()) ? target.state() : target.cache(),
                            "B" + layer.group(),
                            cache.blockValues(layer, target.blockTokens())));
        }
        Value logitRows = graph.input("logit_rows", ElementType.I32, "L");
        List<Value> drawing = target.draws() ? drawing(graph) : List.of();
        return new StepInputs(tokenIds, positions, seqStarts, tables, pools, logitRows, drawing);
    }

    /// What is to be drawn from each row of logits.
    static List<Value> drawing(GraphBuilder graph) {
        return List.of(
                graph.input("sample_floats", ElementType.F32, "L", 6),
                graph.input("sample_ints", ElementType.I64, "L", 5),
                graph.input("penalty_starts", ElementType.I32, "L+1"),
                graph.input("penalty_ids", ElementType.I32, "P"),
                graph.input("penalty_counts", ElementType.I32, "P"),
                graph.input("bias_starts", ElementType.I32, "L+1"),
                graph.input("bias_ids", ElementType.I32, "B"),
                graph.input("bias_values", ElementType.F32, "B"));
    }
}
