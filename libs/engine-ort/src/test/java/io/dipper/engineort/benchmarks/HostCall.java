package io.dipper.engineort.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// A call of CUDA's driver or runtime that the host made.
///
/// @param startNs on the clock of [CardActivity#startNs()]
record HostCall(String name, long startNs, long endNs) {
    static final Comparator<HostCall> BY_START = Comparator.comparingLong(HostCall::startNs);

    private static final int DRIVER = 4;
    private static final int RUNTIME = 5;

    /// CUPTI's `CUpti_ActivityKind`s.
    static final List<Integer> KINDS = List.of(DRIVER, RUNTIME);

    /// CUPTI's `CUpti_CallbackDomain`s.
    private static final int DRIVER_DOMAIN = 1;

    private static final int RUNTIME_DOMAIN = 2;

    // `CUpti_ActivityAPI`.
    private static final long NUMBER = 4;
    private static final long START = 8;
    private static final long END = 16;

    /// What the library calls a function.
    @FunctionalInterface
    interface Names {
        String of(int domain, int number);
    }

    /// None if the record is of another kind.
    static Optional<HostCall> read(MemorySegment record, Names names) {
        int kind = record.get(JAVA_INT, 0);
        if (kind != DRIVER && kind != RUNTIME) {
            return Optional.empty();
        }
        String name = names.of(kind == DRIVER ? DRIVER_DOMAIN : RUNTIME_DOMAIN, record.get(JAVA_INT, NUMBER));
        return Optional.of(new HostCall(name, record.get(JAVA_LONG, START), record.get(JAVA_LONG, END)));
    }

    long ns() {
        return endNs - startNs;
    }
}
