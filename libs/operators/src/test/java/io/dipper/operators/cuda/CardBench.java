package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// A card with memory that a benchmark fills, given back case by case.
final class CardBench implements AutoCloseable {
    private static final int BLOCK = 256;
    private static final int BLOCKS_A_MULTIPROCESSOR = 8;
    private static final long READ_BYTES = 1L << 30;

    final CudaCard card;
    final CudaStream stream;
    private final CudaKernel fillHalves;
    private final CudaKernel fillFloats;
    private final CudaKernel readAll;
    private final List<Long> taken = new ArrayList<>();

    CardBench(CudaCard card) {
        this.card = card;
        this.stream = card.newStream();
        this.fillHalves = card.kernel("benchmark", "fill_bf16");
        this.fillFloats = card.kernel("benchmark", "fill_f32");
        this.readAll = card.kernel("benchmark", "read_all");
    }

    private int blocks() {
        return BLOCKS_A_MULTIPROCESSOR * card.multiprocessors();
    }

    private long take(long bytes) {
        long address = CudaMemory.allocate(bytes);
        taken.add(address);
        return address;
    }

    /// So many random bfloat16, an even number.
    long halves(long count) {
        long address = take(Short.BYTES * count);
        fillHalves.with().address(address).address(count / 2).launch(blocks(), 1, BLOCK, 0, stream.handle());
        return address;
    }

    long floats(long count) {
        long address = take(Float.BYTES * count);
        fillFloats.with().address(address).address(count).launch(blocks(), 1, BLOCK, 0, stream.handle());
        return address;
    }

    long integers(int[] values) {
        long address = take((long) Integer.BYTES * values.length);
        try (Arena arena = Arena.ofConfined()) {
            stream.copyToDevice(address, arena.allocateFrom(JAVA_INT, values));
            stream.await();
        }
        return address;
    }

    /// A structure whose members are all of four bytes.
    static MemorySegment structure(int... members) {
        return Arena.ofAuto().allocateFrom(JAVA_INT, members);
    }

    /// Gives back all that was taken since the last call.
    void forget() {
        stream.await();
        taken.forEach(CudaMemory::free);
        taken.clear();
    }

    /// Microseconds of each of `count` equal pieces of work, which `work` all launches.
    double microseconds(int count, Runnable work) {
        try (var captured = new CapturedWork(stream, work)) {
            return captured.microseconds() / count;
        }
    }

    /// Bytes a second at which a plain kernel reads the card's memory.
    double readRate() {
        long source = halves(READ_BYTES / Short.BYTES);
        long sums = floats((long) blocks() * BLOCK);
        double microseconds = microseconds(
                1,
                () -> readAll.with()
                        .address(source)
                        .address(READ_BYTES / JAVA_LONG.byteSize() / 2)
                        .address(sums)
                        .launch(blocks(), 1, BLOCK, 0, stream.handle()));
        forget();
        return READ_BYTES / microseconds * 1e6;
    }

    @Override
    public void close() {
        forget();
        stream.close();
        card.close();
    }
}
