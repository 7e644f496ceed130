package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// A pool as the card's copying engine sees it (`CUtensorMap`): a matrix of bfloat16 with a row a token and head, read
/// in
/// boxes of 16 rows and 64 columns, which it swizzles on their way into shared memory.
final class PoolBoxes {
    private static final MethodHandle ENCODE = CudaDriver.handle(
            "cuTensorMapEncodeTiled",
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT,
            JAVA_INT);

    private static final int BYTES = 128;
    private static final int BFLOAT16 = 9;
    private static final int NOT_INTERLEAVED = 0;
    private static final int SWIZZLE_128_BYTES = 3;
    private static final int PROMOTE_TO_256_BYTES = 3;
    private static final int ZEROS_OUTSIDE = 0;
    private static final int ROWS = 16;
    private static final int COLUMNS = 64;

    private final MemorySegment map = Arena.ofAuto().allocate(BYTES, 64);
    private long address;
    private long rows;

    /// @param rows of the pool
    /// @param columns of a row: a key's dimensions and a value's
    MemorySegment of(long pool, long rows, int columns) {
        if (pool != address || rows != this.rows) {
            encode(pool, rows, columns);
            address = pool;
            this.rows = rows;
        }
        return map;
    }

    private void encode(long pool, long rows, int columns) {
        try (Arena arena = Arena.ofConfined()) {
            long dimensions = arena.allocateFrom(JAVA_LONG, columns, rows).address();
            long strides = arena.allocateFrom(JAVA_LONG, 2L * columns).address();
            long box = arena.allocateFrom(JAVA_INT, COLUMNS, ROWS).address();
            long steps = arena.allocateFrom(JAVA_INT, 1, 1).address();
            CudaDriver.call("describing a pool", () -> (int) ENCODE.invokeExact(
                    map.address(),
                    BFLOAT16,
                    2,
                    pool,
                    dimensions,
                    strides,
                    box,
                    steps,
                    NOT_INTERLEAVED,
                    SWIZZLE_128_BYTES,
                    PROMOTE_TO_256_BYTES,
                    ZEROS_OUTSIDE));
        }
    }
}
