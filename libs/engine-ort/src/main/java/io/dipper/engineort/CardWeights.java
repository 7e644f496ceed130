package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Device;
import io.dipper.onnxruntime.Tensor;
import io.dipper.operators.cuda.CudaCard;
import io.dipper.operators.cuda.CudaStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// A model's weights on a card. They go there from their files through a few page-locked windows, so
/// the host never holds a copy of them; but for tables of which a step needs a few rows: these stay in
/// page-locked memory of the host, where the card reads them.
final class CardWeights implements AutoCloseable {
    /// Reading and copying overlap, and one thread alone reads slower than the card's bus copies.
    private static final int READERS = 6;

    private static final int WINDOW_BYTES = 8 << 20;
    private static final long ALIGNMENT = 256;

    private final CudaCard card;
    private final long address;
    private final List<MemorySegment> onHost = new ArrayList<>();
    private final Map<String, Tensor> tensors = new HashMap<>();

    /// A part of a file and where it goes: to the host's memory, if that is named, else to the card's.
    private record Piece(
            String file,
            long offset,
            int bytes,
            long target,
            @Nullable MemorySegment host) {}

    private CardWeights(CudaCard card, Manifest manifest) {
        this.card = card;
        long bytes = manifest.tensors().stream()
                .filter(tensor -> tensor.place() == Manifest.Place.DEVICE)
                .mapToLong(tensor -> aligned(tensor.bytes()))
                .sum();
        this.address = card.allocateUncleared(bytes);
    }

    /// @param progress gets the bytes copied so far, from several threads
    /// @throws IOException if a file cannot be read
    static CardWeights load(Path folder, Manifest manifest, CudaCard card, LongConsumer progress) throws IOException {
        var weights = new CardWeights(card, manifest);
        try {
            weights.copy(folder, weights.place(manifest), progress);
            return weights;
        } catch (IOException | RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    private ConcurrentLinkedQueue<Piece> place(Manifest manifest) {
        var pieces = new ConcurrentLinkedQueue<Piece>();
        long next = address;
        for (Manifest.Tensor tensor : manifest.tensors()) {
            MemorySegment host = null;
            long target = next;
            if (tensor.place() == Manifest.Place.HOST) {
                host = card.allocateHost(tensor.bytes());
                onHost.add(host);
                target = card.seenByCard(host);
            } else {
                next += aligned(tensor.bytes());
            }
            tensors.put(tensor.name(), tensor(tensor, target));
            for (long done = 0; done < tensor.bytes(); done += WINDOW_BYTES) {
                int bytes = (int) Math.min(WINDOW_BYTES, tensor.bytes() - done);
                MemorySegment part = host == null ? null : host.asSlice(done, bytes);
                pieces.add(new Piece(tensor.file(), tensor.offset() + done, bytes, target + done, part));
            }
        }
        return pieces;
    }

    private Tensor tensor(Manifest.Tensor tensor, long target) {
        return Tensor.onDevice(
                Device.cuda(card.ordinal()),
                target,
                tensor.bytes(),
                DataType.valueOf(tensor.type().name()),
                tensor.shape());
    }

    private void copy(Path folder, ConcurrentLinkedQueue<Piece> pieces, LongConsumer progress) throws IOException {
        var copied = new AtomicLong();
        try (var readers = Executors.newFixedThreadPool(READERS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                running.add(readers.submit(() -> {
                    try {
                        read(folder, pieces, bytes -> progress.accept(copied.addAndGet(bytes)));
                    } finally {
                        // After a failure the others need not go on.
                        pieces.clear();
                    }
                    return null;
                }));
            }
            try {
                for (Future<?> reader : running) {
                    reader.get();
                }
            } finally {
                pieces.clear();
            }
        } catch (ExecutionException e) {
            throw new IOException("copying weights to the card: " + e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException("copying weights was interrupted", e));
        }
    }

    private void read(Path folder, ConcurrentLinkedQueue<Piece> pieces, LongConsumer copied) throws IOException {
        card.use();
        Map<String, FileChannel> files = new HashMap<>();
        MemorySegment window = card.allocateHost(WINDOW_BYTES);
        try (CudaStream stream = card.newStream()) {
            for (Piece piece = pieces.poll(); piece != null; piece = pieces.poll()) {
                FileChannel file = files.get(piece.file());
                if (file == null) {
                    file = FileChannel.open(folder.resolve(piece.file()));
                    files.put(piece.file(), file);
                }
                MemorySegment part = piece.host() == null ? window.asSlice(0, piece.bytes()) : piece.host();
                fill(part.asByteBuffer(), file, piece);
                if (piece.host() == null) {
                    stream.copyToDevice(piece.target(), part);
                    stream.await();
                }
                copied.accept(piece.bytes());
            }
        } finally {
            card.freeHost(window);
            for (FileChannel file : files.values()) {
                file.close();
            }
        }
    }

    private static void fill(ByteBuffer window, FileChannel file, Piece piece) throws IOException {
        while (window.hasRemaining()) {
            long at = piece.offset() + window.position();
            if (file.read(window, at) < 0) {
                throw new EOFException(piece.file() + " ends at " + at);
            }
        }
    }

    /// By their names in the graph.
    Map<String, Tensor> tensors() {
        return tensors;
    }

    @Override
    public void close() {
        tensors.values().forEach(Tensor::close);
        card.free(address);
        onHost.forEach(card::freeHost);
    }
}
