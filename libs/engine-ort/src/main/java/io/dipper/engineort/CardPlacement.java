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
    private static final long ALIGNMENT = 256;

    private final CudaCard card;
    private final CustomOpDomain operators;
    private final CardLedger ledger;
    private final List<Long> pools = new ArrayList<>();
    private long next;
    private long end;
    private long plannedBytes;

    CardPlacement(int ordinal) {
        this.card = CudaCard.open(ordinal);
        Cards.requireProvider(ordinal);
        this.operators = CudaOperators.domain(card);
        this.ledger = new CardLedger(card);
        ledger.note("card");
    }

    @Override
    public RunnerOptions plan(Manifest manifest, RunnerOptions options) {
        RunnerOptions settled = CardPlan.settle(manifest, options, this, card);
        plannedBytes = CardPlan.of(manifest, settled, this).total();
        return settled;
    }

    @Override
    public long plannedBytes() {
        return plannedBytes;
    }

    @Override
    public int spareBlocks() {
        return 1;
    }

    @Override
    public Steps open(Path folder, Manifest manifest, RunnerShape shape, KvPools pools, RunnerOptions options)
            throws IOException {
        ledger.note(CardLedger.POOLS);
        return CardSteps.open(folder, card, operators, manifest, shape, pools, options, ledger);
    }

    @Override
    public DataType cacheType() {
        return DataType.BF16;
    }

    @Override
    public Tensor pool(DataType type, long... shape) {
        long bytes = type.byteSize() * LongStream.of(shape).reduce(1, Math::multiplyExact);
        long address = next;
        next += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
        if (next > end) {
            throw new IllegalStateException("a pool of " + bytes + " bytes for which no room was reserved");
        }
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
    public void reservePools(long bytes, int count) {
        long all = bytes + count * ALIGNMENT;
        next = card.allocate(all);
        end = next + all;
        pools.add(next);
    }

    @Override
    public List<OrtRunner.Taken> taken() {
        return ledger.entries();
    }

    @Override
    public void close() {
        operators.close();
        pools.forEach(card::free);
        card.close();
    }
}
