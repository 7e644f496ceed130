package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.RunnerShape;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Device;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaOperators;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/// On an NVIDIA card, with the operators' CUDA forms.
final class CardPlacement implements Placement {
    private final CudaCard card;
    private final CustomOpDomain operators;
    private final List<Long> pools = new ArrayList<>();

    CardPlacement(int ordinal) {
        this.card = CudaCard.open(ordinal);
        Cards.requireProvider(ordinal);
        this.operators = CudaOperators.domain(card);
    }

    @Override
    public RunnerOptions plan(Manifest manifest, RunnerOptions options) {
        return CardPlan.settle(manifest, options, this, card);
    }

    @Override
    public int spareBlocks() {
        return 1;
    }

    @Override
    public Steps open(Path folder, Manifest manifest, RunnerShape shape, KvPools pools, RunnerOptions options)
            throws IOException {
        return CardSteps.open(folder, card, operators, manifest, shape, pools, options);
    }

    @Override
    public DataType cacheType() {
        return DataType.BF16;
    }

    @Override
    public Tensor pool(DataType type, long... shape) {
        long bytes = type.byteSize() * LongStream.of(shape).reduce(1, Math::multiplyExact);
        long address = card.allocate(bytes);
        pools.add(address);
        return Tensor.onDevice(Device.cuda(card.ordinal()), address, bytes, type, shape);
    }

    @Override
    public String device() {
        return device(card.ordinal());
    }

    static String device(int ordinal) {
        return "cuda:" + ordinal;
    }

    @Override
    public RuntimeException told(RuntimeException failure) {
        return CardFailure.told(device(), failure, card::isContextLost);
    }

    @Override
    public void close() {
        operators.close();
        pools.forEach(card::free);
        card.close();
    }
}
