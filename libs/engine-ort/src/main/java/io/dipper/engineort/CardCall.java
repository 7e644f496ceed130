package io.dipper.engineort;

import io.dipper.onnxruntime.Invocation;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// One way of calling a graph on a card: with its inputs' and outputs' tensors in blocks of memory, at
/// places that stay the same as long as the sizes do.
final class CardCall implements AutoCloseable {
    private final GraphSlots slots;
    private final Invocation invocation;
    private final List<Tensor> tensors = new ArrayList<>();
    private final List<Long> offsets = new ArrayList<>();

    CardCall(GraphSlots slots, Invocation invocation) {
        this.slots = slots;
        this.invocation = invocation;
    }

    /// Bytes that the fields take in a block.
    static long bytes(List<StepField> fields) {
        return fields.stream()
                .mapToLong(field -> CardBlock.aligned(field.bytes()))
                .sum();
    }

    /// Sets the inputs' tensors, one after another in `block`.
    void place(List<StepField> fields, CardBlock block) {
        offsets.clear();
        long offset = 0;
        for (StepField field : fields) {
            offsets.add(offset);
            Integer slot = slots.of(field.name());
            if (slot != null) {
                Tensor tensor = block.tensor(offset, field.type(), field.dimensions());
                tensors.add(tensor);
                invocation.input(slot, tensor);
            }
            offset += CardBlock.aligned(field.bytes());
        }
    }

    void output(int index, Tensor tensor) {
        tensors.add(tensor);
        invocation.output(index, tensor);
    }

    /// Bytes of a block that a step reads, from an offset on.
    record Part(long offset, long bytes) {}

    /// Writes what the fields hold to the host's image of that turn, where [#place] put them.
    ///
    /// @return what the card needs of it: what is always there in one piece, of the ragged ones what they hold
    List<Part> fill(List<StepField> fields, CardBlock block, int turn) {
        List<Part> parts = new ArrayList<>();
        MemorySegment image = block.host(turn);
        long fixed = 0;
        for (int i = 0; i < fields.size(); i++) {
            MemorySegment values = fields.get(i).values().contents();
            long offset = offsets.get(i);
            MemorySegment.copy(values, 0, image, offset, values.byteSize());
            if (!fields.get(i).ragged()) {
                fixed = offset + values.byteSize();
            } else if (values.byteSize() > 0) {
                parts.add(new Part(offset, values.byteSize()));
            }
        }
        parts.addFirst(new Part(0, fixed));
        return parts;
    }

    void run(RunOptions options) {
        invocation.run(options);
    }

    /// Forgets the tensors; the next [#place] sets others.
    void clear() {
        tensors.forEach(Tensor::close);
        tensors.clear();
    }

    @Override
    public void close() {
        invocation.close();
        clear();
    }
}
