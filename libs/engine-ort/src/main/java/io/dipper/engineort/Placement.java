package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Runner;
import io.dipper.engine.RunnerShape;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Tensor;
import java.io.IOException;
import java.nio.file.Path;

/// Where a graph runs: which operators it meets there, and where its keys and values lie. Closed
/// after the session and the tensors.
interface Placement extends AutoCloseable {
    /// The graph's file in an export folder.
    String GRAPH = "model.onnx";

    static Placement of(Manifest manifest, RunnerOptions options) {
        return manifest.target().startsWith("cuda-") ? new CardPlacement(options.card()) : new HostPlacement();
    }

    /// Makes sure that all of it will fit, before anything is taken, and settles how much keys and values
    /// get.
    ///
    /// @throws IllegalArgumentException if it does not fit, saying what would
    RunnerOptions plan(Manifest manifest, RunnerOptions options);

    /// Blocks of each pool beside those that sequences get, for rows that only fill a step up.
    default int spareBlocks() {
        return 0;
    }

    /// Opens the graph over these pools.
    Steps open(Path folder, Manifest manifest, RunnerShape shape, KvPools pools, RunnerOptions options)
            throws IOException;

    /// The element type of keys and values; states are float32 everywhere.
    DataType cacheType();

    /// A pool of zeros of this shape, its blocks first.
    Tensor pool(DataType type, long... shape);

    /// As in `cpu` or `cuda:0`.
    default String device() {
        return Runner.HOST;
    }

    /// What a failure of the steps is to those who run them: itself, or what it means for the device.
    default RuntimeException told(RuntimeException failure) {
        return failure;
    }

    @Override
    void close();
}
