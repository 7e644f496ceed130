package io.dipper.engineort;

import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Device;
import io.dipper.onnxruntime.ExecutionProvider;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaOperators;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// On an NVIDIA card, with the operators' CUDA forms.
final class CardPlacement implements Placement {
    private final CudaCard card;
    private final CustomOpDomain operators;
    private final List<Long> pools = new ArrayList<>();

    CardPlacement(int ordinal) {
        this.card = CudaCard.open(ordinal);
        this.operators = CudaOperators.domain(card);
    }

    @Override
    public CustomOpDomain operators() {
        return operators;
    }

    @Override
    public SessionOptions configure(SessionOptions options) {
        Map<String, String> settings = Map.of("device_id", Integer.toString(card.ordinal()), "use_tf32", "0");
        return options.provider(new ExecutionProvider.Cuda(settings, 0));
    }

    @Override
    public DataType cacheType() {
        return DataType.BF16;
    }

    @Override
    public Tensor pool(DataType type, long blocks, long values) {
        long bytes = blocks * values * type.byteSize();
        long address = card.allocate(bytes);
        pools.add(address);
        return Tensor.onDevice(Device.cuda(card.ordinal()), address, bytes, type, blocks, values);
    }

    @Override
    public void close() {
        operators.close();
        pools.forEach(card::free);
        card.close();
    }
}
