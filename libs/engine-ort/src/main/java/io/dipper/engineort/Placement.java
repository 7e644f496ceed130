package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Runner;
import io.dipper.engine.RunnerShape;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

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

    /// What was planned in all; 0 where nothing is.
    default long plannedBytes() {
        return 0;
    }

    /// Blocks of each pool beside those that sequences get, for rows that only fill a step up.
    default int spareBlocks() {
        return 0;
    }

    /// Opens the graph over these pools.
    Steps open(Path folder, Manifest manifest, RunnerShape shape, KvPools pools, RunnerOptions options)
            throws IOException;

    /// The element type of keys and values; states are float32 everywhere.
    DataType cacheType();

    /// Takes room for so many pools of so many bytes in all.
    default void reservePools(long bytes, int count) {}

    /// One of them, of zeros, of this shape, its blocks first.
    Tensor pool(DataType type, long... shape);

    /// As in `cpu` or `cuda:0`.
    default String device() {
        return Runner.HOST;
    }

    /// What a failure of the steps is to those who run them: itself, or what it means for the device.
    default RuntimeException told(RuntimeException failure) {
        return failure;
    }

    /// What was taken of a card's memory, by what it was taken for.
    default List<OrtRunner.Taken> taken() {
        return List.of();
    }

    @Override
    void close();
}
