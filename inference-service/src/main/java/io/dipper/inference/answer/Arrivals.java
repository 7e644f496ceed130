package io.dipper.inference.answer;

import io.dipper.engine.Event;
import io.dipper.engine.Outbox;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The events of all sequences of one request, in the order in which they come.
///
/// One sequence's outbox is read directly. Several are read by a thread each, which hand over
/// through a short queue; so the engine sees a reader that keeps up with each of them.
final class Arrivals implements AutoCloseable {
    private static final int QUEUED = 64;

    private final List<Outbox> outboxes;
    private final BlockingQueue<Arrival> queue = new ArrayBlockingQueue<>(QUEUED);
    private final List<Thread> forwarders;

    /// An event and the sequence that it belongs to.
    record Arrival(int sequence, Event event) {}

    Arrivals(List<Outbox> outboxes) {
        this.outboxes = List.copyOf(outboxes);
        this.forwarders = outboxes.size() == 1 ? List.of() : forwarders();
    }

    /// The next event of any sequence; null if none comes for so long.
    @Nullable
    Arrival next(Duration patience) throws InterruptedException {
        if (forwarders.isEmpty()) {
            Event event = outboxes.getFirst().poll(patience.toNanos(), TimeUnit.NANOSECONDS);
            return event == null ? null : new Arrival(0, event);
        }
        return queue.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// This sequence is not needed any more: its answer is complete.
    void cancel(int sequence) {
        outboxes.get(sequence).cancel();
    }

    /// Gives up what has not ended.
    @Override
    public void close() {
        outboxes.forEach(Outbox::cancel);
        forwarders.forEach(Thread::interrupt);
    }

    private List<Thread> forwarders() {
        var threads = new Thread[outboxes.size()];
        for (int i = 0; i < threads.length; i++) {
            int sequence = i;
            threads[i] = Thread.ofVirtual().name("forward-" + i).start(() -> forward(sequence));
        }
        return List.of(threads);
    }

    private void forward(int sequence) {
        try {
            Event event;
            do {
                event = outboxes.get(sequence).take();
                queue.put(new Arrival(sequence, event));
            } while (!(event instanceof Event.End));
        } catch (InterruptedException e) {
            // Closed: nobody waits for the rest.
            Thread.currentThread().interrupt();
        }
    }
}
