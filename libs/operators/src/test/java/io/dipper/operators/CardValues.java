package io.dipper.operators;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Device;
import io.dipper.onnxruntime.ExecutionProvider;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/// On a card; floats may lie there as bfloat16.
final class CardValues implements OneNodeValues {
    private final CudaCard card;
    private final CudaStream stream;
    private final Arena arena = Arena.ofConfined();
    private final Map<Tensor, Long> addresses = new HashMap<>();

    CardValues(CudaCard card) {
        this.card = card;
        this.stream = card.newStream();
    }

    @Override
    public SessionOptions options(CustomOpDomain domain) {
        Map<String, String> settings = Map.of("device_id", Integer.toString(card.ordinal()), "use_tf32", "0");
        return new SessionOptions().customOps(domain).provider(new ExecutionProvider.Cuda(settings, stream.handle()));
    }

    @Override
    public Tensor put(Object array, ElementType type, long... shape) {
        MemorySegment source = type == ElementType.BF16 ? cut((float[]) array) : HostValues.segment(array);
        MemorySegment host = arena.allocate(Math.max(8, source.byteSize()), 64).copyFrom(source);
        long address = card.allocate(host.byteSize());
        stream.copyToDevice(address, host);
        stream.await();
        Tensor tensor = Tensor.onDevice(
                Device.cuda(card.ordinal()), address, host.byteSize(), DataType.valueOf(type.name()), shape);
        addresses.put(tensor, address);
        return tensor;
    }

    private static MemorySegment cut(float[] values) {
        short[] halves = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            halves[i] = (short) (Float.floatToRawIntBits(values[i]) >>> 16);
        }
        return MemorySegment.ofArray(halves);
    }

    @Override
    public void get(Tensor tensor, Object array) {
        MemorySegment target = HostValues.segment(array);
        boolean halves = tensor.type() == DataType.BF16;
        MemorySegment host = arena.allocate(Math.max(8, halves ? target.byteSize() / 2 : target.byteSize()), 64);
        stream.await();
        stream.copyToHost(host, addresses.get(tensor));
        stream.await();
        if (halves) {
            float[] values = (float[]) array;
            for (int i = 0; i < values.length; i++) {
                values[i] = Float.intBitsToFloat(host.getAtIndex(ValueLayout.JAVA_SHORT, i) << 16);
            }
        } else {
            target.copyFrom(host.asSlice(0, target.byteSize()));
        }
    }

    @Override
    public void close() {
        addresses.values().forEach(card::free);
        stream.close();
        arena.close();
    }
}
