package io.dipper.engineort.benchmarks;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;

/// Something that a card did, from one time to another.
///
/// @param name a kernel's function, or what a copy or fill is
/// @param shape a kernel's blocks and threads a block, or a copy's bytes: what tells calls of one name apart
/// @param graph the CUDA graph that it belongs to, 0 for none
/// @param launch the same for all that one launch of a graph started
/// @param registers of a kernel's thread
/// @param sharedBytes of a kernel's block
record CardActivity(
        Kind kind,
        String name,
        String shape,
        long startNs,
        long endNs,
        int graph,
        int launch,
        int registers,
        int sharedBytes) {

    static final Comparator<CardActivity> BY_START =
            Comparator.comparingLong(CardActivity::startNs).thenComparingLong(CardActivity::endNs);

    enum Kind {
        COPY(1),
        FILL(2),
        KERNEL(10);

        private final int number;

        Kind(int number) {
            this.number = number;
        }

        /// CUPTI's `CUpti_ActivityKind`.
        int number() {
            return number;
        }
    }

    // Where CUDA 13's cupti_activity.h has the fields: the first ones are where CUDA 12 had them too.
    private static final long BYTES = 8;
    private static final long START = 16;
    private static final long END = 24;
    /// `CUpti_ActivityMemcpy6`.
    private static final long COPY_DIRECTION = 4;
    /// Of a copy as of a fill, `CUpti_ActivityMemset4`.
    private static final long MEMORY_LAUNCH = 44;
    private static final long MEMORY_GRAPH = 72;
    /// `CUpti_ActivityKernel10`.
    private static final long REGISTERS = 6;
    private static final long GRID = 52;
    private static final long BLOCK = 64;
    private static final long STATIC_SHARED = 76;
    private static final long DYNAMIC_SHARED = 80;
    private static final long LAUNCH = 92;
    private static final long NAME = 104;
    private static final long GRAPH = 156;
    private static final long KERNEL_BYTES_OF_RECORD = 160;
    static final int MOST_NAME_BYTES = 1 << 14;

    /// What a record tells; none if it is of another kind, or has no times.
    ///
    /// @throws IllegalStateException with the record's bytes if it cannot be what this class takes it for
    static Optional<CardActivity> read(MemorySegment record) {
        int kind = record.get(JAVA_INT, 0);
        Optional<CardActivity> read = switch (kind) {
            case 1 -> Optional.of(memory(Kind.COPY, direction(record), record));
            case 2 -> Optional.of(memory(Kind.FILL, "fill", record));
            case 3, 10 -> Optional.of(kernel(record));
            default -> Optional.empty();
        };
        return read.filter(activity -> activity.startNs != 0 || activity.endNs != 0);
    }

    long ns() {
        return endNs - startNs;
    }

    private static String direction(MemorySegment copy) {
        return switch (copy.get(JAVA_BYTE, COPY_DIRECTION)) {
            case 1 -> "copy to the card";
            case 2 -> "copy from the card";
            case 8 -> "copy on the card";
            default -> "copy, direction " + copy.get(JAVA_BYTE, COPY_DIRECTION);
        };
    }

    private static CardActivity memory(Kind kind, String name, MemorySegment record) {
        return new CardActivity(
                kind,
                name,
                "%,d B".formatted(record.get(JAVA_LONG, BYTES)),
                record.get(JAVA_LONG, START),
                record.get(JAVA_LONG, END),
                record.get(JAVA_INT, MEMORY_GRAPH),
                record.get(JAVA_INT, MEMORY_LAUNCH),
                0,
                0);
    }

    private static CardActivity kernel(MemorySegment record) {
        if (record.byteSize() < KERNEL_BYTES_OF_RECORD) {
            throw unreadable(record, "too short");
        }
        long start = record.get(JAVA_LONG, START);
        long end = record.get(JAVA_LONG, END);
        MemorySegment name = record.get(ADDRESS, NAME);
        if (end < start || name.address() == 0 || record.get(JAVA_INT, BLOCK) <= 0) {
            throw unreadable(record, "not a kernel as it is known");
        }
        return new CardActivity(
                Kind.KERNEL,
                KernelNames.plain(name.reinterpret(MOST_NAME_BYTES).getString(0)),
                three(record, GRID) + " x " + three(record, BLOCK),
                start,
                end,
                record.get(JAVA_INT, GRAPH),
                record.get(JAVA_INT, LAUNCH),
                Short.toUnsignedInt(record.get(JAVA_SHORT, REGISTERS)),
                record.get(JAVA_INT, STATIC_SHARED) + record.get(JAVA_INT, DYNAMIC_SHARED));
    }

    private static String three(MemorySegment record, long at) {
        int x = record.get(JAVA_INT, at);
        int y = record.get(JAVA_INT, at + 4);
        int z = record.get(JAVA_INT, at + 8);
        return z > 1 ? x + "," + y + "," + z : y > 1 ? x + "," + y : Integer.toString(x);
    }

    private static IllegalStateException unreadable(MemorySegment record, String why) {
        byte[] bytes = record.asSlice(0, Math.min(record.byteSize(), 2 * KERNEL_BYTES_OF_RECORD))
                .toArray(JAVA_BYTE);
        return new IllegalStateException(
                "a record is " + why + ": " + HexFormat.ofDelimiter(" ").formatHex(bytes));
    }
}
