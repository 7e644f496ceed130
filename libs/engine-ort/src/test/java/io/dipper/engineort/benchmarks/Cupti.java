package io.dipper.engineort.benchmarks;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// NVIDIA's profiling library (CUPTI) through its activity interface: each kernel, copy and fill that
/// the card ran, with when it began and ended. It must be opened before a CUDA graph is captured for
/// that graph's kernels to be told apart.
///
/// `DIPPER_CUPTI_LIBRARY` (system property or environment) names the library's file; CUDA's toolkit
/// and NVIDIA's Python packages bring it as `libcupti.so.13`.
final class Cupti implements AutoCloseable {
    static final String SETTING = "DIPPER_CUPTI_LIBRARY";

    private static final String USUAL = "libcupti.so.13";
    private static final long BUFFER_BYTES = 8L << 20;
    private static final long ALIGNMENT = 8;
    private static final int NO_MORE_RECORDS = 12;
    private static final int EVEN_UNFINISHED = 1;
    private static final int BUFFERS_COME_CLEARED = 5;
    private static final int BUFFERS_AT_START = 4;

    private final Linker linker = Linker.nativeLinker();
    private final SymbolLookup library;
    private final MethodHandle flushAll;
    private final MethodHandle nextRecord;
    private final MethodHandle timestamp;
    private final MethodHandle dropped;
    private final HostCall.Names names;
    private final List<Integer> recorded = new ArrayList<>();

    // Both are used by the library's threads.
    private final Queue<MemorySegment> free = new ConcurrentLinkedQueue<>();
    private final Queue<MemorySegment> written = new ConcurrentLinkedQueue<>();

    private Cupti() {
        String file = Optional.ofNullable(System.getProperty(SETTING))
                .or(() -> Optional.ofNullable(System.getenv(SETTING)))
                .filter(text -> !text.isBlank())
                .orElse(USUAL);
        try {
            library = SymbolLookup.libraryLookup(file, Arena.global());
        } catch (IllegalArgumentException missing) {
            throw new IllegalStateException(file + " cannot be loaded; name CUPTI's library in " + SETTING, missing);
        }
        flushAll = handle("cuptiActivityFlushAll", JAVA_INT);
        nextRecord = handle("cuptiActivityGetNextRecord", ADDRESS, JAVA_LONG, ADDRESS);
        timestamp = handle("cuptiGetTimestamp", ADDRESS);
        dropped = handle("cuptiActivityGetNumDroppedRecords", ADDRESS, JAVA_INT, ADDRESS);
        MethodHandle callName = handle("cuptiGetCallbackName", JAVA_INT, JAVA_INT, ADDRESS);
        names = (domain, number) -> {
            long name = asked("naming a call", out -> (int) callName.invokeExact(domain, number, out));
            return MemorySegment.ofAddress(name)
                    .reinterpret(CardActivity.MOST_NAME_BYTES)
                    .getString(0);
        };
    }

    /// Starts recording, of all of the process's cards.
    ///
    /// @param hostCalls whether what the host asks of CUDA is recorded too, which makes each call longer
    /// @throws IllegalStateException if the library is missing or refuses
    static Cupti open(boolean hostCalls) {
        var cupti = new Cupti();
        cupti.giveBuffers();
        for (CardActivity.Kind kind : CardActivity.Kind.values()) {
            cupti.recorded.add(kind.number());
        }
        if (hostCalls) {
            cupti.recorded.addAll(HostCall.KINDS);
        }
        cupti.forEachKind("cuptiActivityEnable");
        return cupti;
    }

    /// Stops recording. Without that the library would hand over what it still has when the process ends,
    /// when Java can no longer be called.
    @Override
    public void close() {
        forEachKind("cuptiActivityDisable");
        take();
    }

    private void forEachKind(String function) {
        MethodHandle handle = handle(function, JAVA_INT);
        for (int kind : recorded) {
            check(function + " of kind " + kind, () -> (int) handle.invokeExact(kind));
        }
    }

    /// What the card did and what the host asked for, each in the order of the starts.
    record Recorded(List<CardActivity> card, List<HostCall> host) {}

    private void giveBuffers() {
        for (int i = 0; i < BUFFERS_AT_START; i++) {
            free.add(newBuffer());
        }
        // Else the library clears each buffer while a step waits for it.
        MethodHandle set = handle("cuptiActivitySetAttribute", JAVA_INT, ADDRESS, ADDRESS);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(JAVA_LONG, 1);
            MemorySegment yes = arena.allocateFrom(JAVA_BYTE, (byte) 1);
            check("saying that buffers are clear", () -> (int) set.invokeExact(BUFFERS_COME_CLEARED, bytes, yes));
        }
        register();
    }

    private static MemorySegment newBuffer() {
        // Written once, so that its pages are there.
        return Arena.global().allocate(BUFFER_BYTES, ALIGNMENT).fill((byte) 0);
    }

    private void register() {
        var request = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS);
        var completion = FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
        MemorySegment requested = upcall("requested", request);
        MemorySegment completed = upcall("completed", completion);
        MethodHandle register = handle("cuptiActivityRegisterCallbacks", ADDRESS, ADDRESS);
        check("registering buffers", () -> (int) register.invokeExact(requested, completed));
    }

    private MemorySegment upcall(String method, FunctionDescriptor descriptor) {
        try {
            MethodHandle target = MethodHandles.lookup().bind(this, method, descriptor.toMethodType());
            return linker.upcallStub(target, descriptor, Arena.global());
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError("its own methods", impossible);
        }
    }

    /// Nanoseconds on the clock of [CardActivity#startNs()].
    long nowNs() {
        return asked("reading the clock", out -> (int) timestamp.invokeExact(out));
    }

    /// What was recorded since the last call. All work must have ended.
    ///
    /// @throws IllegalStateException if some was lost, or a record is not as this class knows it
    Recorded take() {
        check("flushing", () -> (int) flushAll.invokeExact(0));
        check("flushing", () -> (int) flushAll.invokeExact(EVEN_UNFINISHED));
        var taken = new Recorded(new ArrayList<>(), new ArrayList<>());
        for (MemorySegment buffer = written.poll(); buffer != null; buffer = written.poll()) {
            read(buffer, taken);
            free.add(MemorySegment.ofAddress(buffer.address())
                    .reinterpret(BUFFER_BYTES)
                    .fill((byte) 0));
        }
        long lost = asked("counting what was lost", out -> (int) dropped.invokeExact(MemorySegment.NULL, 0, out));
        if (lost > 0) {
            throw new IllegalStateException(lost + " records were lost");
        }
        taken.card.sort(CardActivity.BY_START);
        taken.host.sort(HostCall.BY_START);
        return taken;
    }

    private void read(MemorySegment buffer, Recorded into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment record = arena.allocate(ADDRESS);
            while (true) {
                int code = (int) nextRecord.invokeExact(buffer, buffer.byteSize(), record);
                if (code == NO_MORE_RECORDS) {
                    return;
                }
                check("reading a record", () -> code);
                MemorySegment at = record.get(ADDRESS, 0);
                long left = buffer.byteSize() - (at.address() - buffer.address());
                MemorySegment whole = at.reinterpret(left);
                CardActivity.read(whole).ifPresent(into.card::add);
                HostCall.read(whole, names).ifPresent(into.host::add);
            }
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable failure) {
            throw new IllegalStateException("reading a record", failure);
        }
    }

    /// Called by the library when it wants a buffer: writes its address and size, and 0 for as many
    /// records as it holds.
    @SuppressWarnings("unused") // through a method handle
    private void requested(MemorySegment buffer, MemorySegment bytes, MemorySegment mostRecords) {
        MemorySegment given = free.poll();
        if (given == null) {
            given = newBuffer();
        }
        buffer.reinterpret(Long.BYTES).set(ADDRESS, 0, given);
        bytes.reinterpret(Long.BYTES).set(JAVA_LONG, 0, BUFFER_BYTES);
        mostRecords.reinterpret(Long.BYTES).set(JAVA_LONG, 0, 0);
    }

    /// Called by the library when a buffer is full or was flushed.
    @SuppressWarnings("unused") // through a method handle
    private void completed(MemorySegment context, int stream, MemorySegment buffer, long bytes, long validBytes) {
        if (validBytes > 0) {
            written.add(buffer.reinterpret(validBytes));
        } else {
            free.add(buffer.reinterpret(BUFFER_BYTES));
        }
    }

    @FunctionalInterface
    private interface Call {
        int invoke() throws Throwable;
    }

    @FunctionalInterface
    private interface OutCall {
        int invoke(MemorySegment out) throws Throwable;
    }

    private MethodHandle handle(String name, ValueLayout... arguments) {
        return linker.downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
    }

    private static long asked(String what, OutCall call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            check(what, () -> call.invoke(out));
            return out.get(JAVA_LONG, 0);
        }
    }

    private static void check(String what, Call call) {
        int code;
        try {
            code = call.invoke();
        } catch (Throwable failure) {
            throw new IllegalStateException(what, failure);
        }
        if (code != 0) {
            throw new IllegalStateException(what + " failed with CUPTI error " + code);
        }
    }
}
