package io.dipper.checkpoint;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Makes a file out of pieces that all processors fill side by side; they are written in the order in
/// which they were added. A few are under way at once, so a file of any size passes through little
/// memory.
public final class PieceWriter implements AutoCloseable {
    /// Fills a piece, on some other thread.
    @FunctionalInterface
    public interface Fill {
        void into(MemorySegment piece) throws IOException;
    }

    private final OutputFile out;
    private final int most;
    private final ExecutorService fillers;
    private final Deque<Future<MemorySegment>> pending = new ArrayDeque<>();
    private final Deque<MemorySegment> spare = new ArrayDeque<>();
    private long position;

    public PieceWriter(OutputFile out) {
        this.out = out;
        this.position = out.position();
        int processors = Runtime.getRuntime().availableProcessors();
        this.most = 2 * processors;
        this.fillers = Executors.newFixedThreadPool(
                processors, Thread.ofPlatform().daemon().name("fill-", 0).factory());
    }

    /// Where the next piece will begin.
    public long position() {
        return position;
    }

    /// Adds a piece of so many bytes; waits while enough are under way.
    ///
    /// @throws IOException that an earlier piece ended with
    public void add(long bytes, Fill fill) throws IOException {
        if (pending.size() == most) {
            writeOldest();
        }
        MemorySegment memory = spare.isEmpty() ? MemorySegment.NULL : spare.pop();
        MemorySegment room =
                memory.byteSize() >= bytes ? memory : Arena.ofAuto().allocate(bytes, Long.BYTES);
        pending.add(fillers.submit(() -> {
            MemorySegment piece = room.asSlice(0, bytes);
            fill.into(piece);
            return piece;
        }));
        position += bytes;
    }

    /// Zeros up to the next multiple of `alignment`.
    public void align(int alignment) throws IOException {
        long gap = Math.floorMod(-position, (long) alignment);
        if (gap > 0) {
            add(gap, piece -> piece.fill((byte) 0));
        }
    }

    /// Waits until all pieces are written.
    public void finish() throws IOException {
        while (!pending.isEmpty()) {
            writeOldest();
        }
    }

    private void writeOldest() throws IOException {
        try {
            MemorySegment piece = pending.remove().get();
            out.write(piece);
            spare.push(piece);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException trouble -> throw trouble;
                case RuntimeException mistake -> throw mistake;
                case Throwable other -> throw new IllegalStateException("a piece could not be filled", other);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while pieces were filled");
        }
    }

    @Override
    public void close() {
        fillers.shutdownNow();
    }
}
