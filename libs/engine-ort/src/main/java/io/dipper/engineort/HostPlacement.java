package io.dipper.engineort;

import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.Operators;
import java.lang.foreign.Arena;

/// On the processors, with the operators' Java forms. Of a pool only what is written becomes
/// resident.
final class HostPlacement implements Placement {
    private final CustomOpDomain operators = Operators.domain();

    @SuppressWarnings("MustBeClosed") // closed by close()
    private final Arena arena = Arena.ofShared();

    @Override
    public CustomOpDomain operators() {
        return operators;
    }

    @Override
    public SessionOptions configure(SessionOptions options) {
        return options;
    }

    @Override
    public DataType cacheType() {
        return DataType.F32;
    }

    @Override
    public Tensor pool(DataType type, long blocks, long values) {
        return Tensor.of(LazyMemory.allocate(blocks * values * type.byteSize(), arena), type, blocks, values);
    }

    @Override
    public void close() {
        operators.close();
        arena.close();
    }
}
