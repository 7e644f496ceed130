package io.dipper.engineort.benchmarks;

import io.dipper.operators.cuda.CardCopies;
import io.dipper.operators.cuda.CudaCard;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The least that loading weights can be: a file is read into page-locked memory and copied to the
/// card, one half of the memory while the other is filled.
final class PlainLoad {
    private static final long PART = 64L << 20;

    private PlainLoad() {}

    /// Seconds of the second of two times, when the file is in the page cache as far as it fits.
    static double seconds(CudaCard card, Path file) throws IOException {
        once(card, file);
        return once(card, file);
    }

    private static double once(CudaCard card, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                var copies = new CardCopies(card, 2, PART)) {
            long startNs = System.nanoTime();
            long bytes = channel.size();
            for (long done = 0; done < bytes; done += PART) {
                MemorySegment part = copies.next().asSlice(0, Math.min(PART, bytes - done));
                var buffer = part.asByteBuffer();
                while (buffer.hasRemaining()) {
                    channel.read(buffer, done + buffer.position());
                }
                copies.copy(part.byteSize());
            }
            copies.await();
            return DecodeRuns.since(startNs);
        }
    }
}
