package io.dipper.inference.host;

import io.dipper.checkpoint.Manifest;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells how far a model's weights are on their way to a card: percent, rate, time left, every second at
/// most.
final class CopyProgress implements LongConsumer {
    private static final Logger LOG = LoggerFactory.getLogger(CopyProgress.class);
    private static final long INTERVAL_NS = 1_000_000_000L;

    private final long total;
    private final long startNs = System.nanoTime();
    private final AtomicLong nextNs = new AtomicLong(startNs + INTERVAL_NS);

    CopyProgress(Manifest manifest) {
        this.total =
                manifest.tensors().stream().mapToLong(Manifest.Tensor::bytes).sum();
    }

    @Override
    public void accept(long bytes) {
        long now = System.nanoTime();
        long due = nextNs.get();
        boolean whole = bytes == total;
        if (whole || (now >= due && nextNs.compareAndSet(due, now + INTERVAL_NS))) {
            double rate = bytes / Math.max(1e-9, (now - startNs) * 1e-9);
            LOG.info(
                    "weights on the card: {} %, {} GB/s, {} s left",
                    100 * bytes / Math.max(1, total),
                    "%.1f".formatted(rate * 1e-9),
                    Math.round((total - bytes) / rate));
        }
    }
}
