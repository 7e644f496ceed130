package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The driver's `CUlaunchConfig`, written anew for each launch.
final class LaunchConfig {
    private static final int BYTES = 56;
    private static final int STREAM = 32;
    private static final int ATTRIBUTES = 40;
    private static final int ATTRIBUTE_COUNT = 48;
    private static final int ATTRIBUTE_BYTES = 72;
    private static final int VALUE = 8;
    private static final int CLUSTER_DIMENSION = 4;
    private static final int PROGRAMMATIC_SERIALIZATION = 6;

    private final MemorySegment config = Arena.ofAuto().allocate(BYTES, 16);
    private final MemorySegment attributes = Arena.ofAuto().allocate(2 * ATTRIBUTE_BYTES, 16);

    LaunchConfig() {
        attributes.set(JAVA_INT, 0, PROGRAMMATIC_SERIALIZATION);
        attributes.set(JAVA_INT, VALUE, 1);
        attributes.set(JAVA_INT, ATTRIBUTE_BYTES, CLUSTER_DIMENSION);
        config.set(JAVA_LONG, ATTRIBUTES, attributes.address());
    }

    /// @param overlapping whether blocks may start before the kernel before is done; they then wait
    ///     for it themselves
    MemorySegment of(int gridX, int gridY, int gridZ, int block, int sharedBytes, long stream, boolean overlapping) {
        int[] sizes = {gridX, gridY, gridZ, block, 1, 1, sharedBytes};
        MemorySegment.copy(sizes, 0, config, JAVA_INT, 0, sizes.length);
        config.set(JAVA_LONG, STREAM, stream);
        config.set(JAVA_INT, ATTRIBUTE_COUNT, overlapping ? 1 : 0);
        return config;
    }

    /// Lets so many blocks in a column of the grid see each other's shared memory; for what [#of] made
    /// overlapping.
    MemorySegment clustered(int blocks) {
        MemorySegment.copy(new int[] {1, blocks, 1}, 0, attributes, JAVA_INT, ATTRIBUTE_BYTES + VALUE, 3);
        config.set(JAVA_INT, ATTRIBUTE_COUNT, 2);
        return config;
    }
}
