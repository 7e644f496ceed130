package io.dipper.engineort;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Off-heap memory that a step's input is written to anew each time; grows, never shrinks, and so
/// stops allocating soon.
final class NativeBuffer implements AutoCloseable {
    private static final long ALIGNMENT = 64;

    @SuppressWarnings("MustBeClosed") // closed by close(), or when it is outgrown
    private Arena arena = Arena.ofShared();

    private MemorySegment memory = arena.allocate(4096, ALIGNMENT);
    private long size;

    /// Forgets the contents.
    NativeBuffer clear() {
        size = 0;
        return this;
    }

    long size() {
        return size;
    }

    void put(int value) {
        ensure(Integer.BYTES);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, size, value);
        size += Integer.BYTES;
    }

    void put(long value) {
        ensure(Long.BYTES);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, size, value);
        size += Long.BYTES;
    }

    void put(float value) {
        ensure(Float.BYTES);
        memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, size, value);
        size += Float.BYTES;
    }

    /// What was put since [#clear]; valid until the next put.
    MemorySegment contents() {
        return memory.asSlice(0, size);
    }

    private void ensure(int bytes) {
        if (size + bytes > memory.byteSize()) {
            @SuppressWarnings("MustBeClosed") // closed by close(), or when it is outgrown in turn
            Arena larger = Arena.ofShared();
            MemorySegment moved = larger.allocate(memory.byteSize() * 2, ALIGNMENT);
            MemorySegment.copy(memory, 0, moved, 0, size);
            arena.close();
            arena = larger;
            memory = moved;
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
