package io.dipper.export;

import io.dipper.checkpoint.StepMemory;
import io.dipper.onnxgraph.Graph;

/// What a step of a graph takes of a card.
final class CardWorkspace {
    /// cuBLAS's two handles and cuDNN's with their workspaces, kernels' code, memory of threads beside their
    /// registers: measured on an H100 with CUDA 13 and ONNX Runtime 1.28.0, as `docs/benchmarks/memory.md` says.
    static final long LIBRARIES_BYTES = 272_000_000;

    /// Of each node in each captured graph, measured likewise.
    private static final long CAPTURED_NODE_BYTES = 3072;

    private CardWorkspace() {}

    static StepMemory of(Graph graph) {
        return new StepMemory(
                new Workspace(graph).held(),
                CardScratch.of(graph),
                LIBRARIES_BYTES,
                CAPTURED_NODE_BYTES * graph.nodes().size());
    }
}
