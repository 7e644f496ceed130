package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.RunnerShape;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.Operators;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.stream.LongStream;

/// On the processors, with the operators' Java forms. Of a pool only what is written becomes
/// resident.
final class HostPlacement implements Placement {
    private final CustomOpDomain operators = Operators.domain();

    @SuppressWarnings("MustBeClosed") // closed by close()
    private final Arena arena = Arena.ofShared();

    /// Only what is written of a pool becomes resident: nothing is refused.
    @Override
    public RunnerOptions plan(Manifest manifest, RunnerOptions options) {
        if (options.kvBytes() == RunnerOptions.WHAT_FITS) {
            throw new IllegalArgumentException("on processors keys and values need a limit");
        }
        return options;
    }

    @Override
    public Steps open(Path folder, Manifest manifest, RunnerShape shape, KvPools pools, RunnerOptions options) {
        return HostSteps.open(folder, operators, new GraphSlots(manifest), shape, pools, options);
    }

    @Override
    public DataType cacheType() {
        return DataType.F32;
    }

    @Override
    public Tensor pool(DataType type, long... shape) {
        long bytes = type.byteSize() * LongStream.of(shape).reduce(1, Math::multiplyExact);
        return Tensor.of(LazyMemory.allocate(bytes, arena), type, shape);
    }

    @Override
    public void close() {
        operators.close();
        arena.close();
    }
}
