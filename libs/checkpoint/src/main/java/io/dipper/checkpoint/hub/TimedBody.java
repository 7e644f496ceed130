package io.dipper.checkpoint.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A response's body, taken piece by piece with a limit on silence: the client's own timeout ends
/// with the headers, and a connection that went quiet would otherwise be waited for without end.
final class TimedBody implements HttpResponse.BodySubscriber<TimedBody>, AutoCloseable {
    private sealed interface Item {
        record Piece(List<ByteBuffer> buffers) implements Item {}

        record Failure(Throwable cause) implements Item {}

        record End() implements Item {}
    }

    // Holds at most what was requested and one end: the reader asks for one piece at a time.
    private final LinkedBlockingQueue<Item> items = new LinkedBlockingQueue<>();
    private final CompletableFuture<TimedBody> ready = new CompletableFuture<>();
    private final Duration silence;
    private Flow.Subscription subscription;

    TimedBody(Duration silence) {
        this.silence = silence;
    }

    @Override
    public CompletionStage<TimedBody> getBody() {
        return ready;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        ready.complete(this);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        items.add(new Item.Piece(buffers));
    }

    @Override
    public void onError(Throwable failure) {
        items.add(new Item.Failure(failure));
    }

    @Override
    public void onComplete() {
        items.add(new Item.End());
    }

    /// The next buffers, or an empty list at the end.
    List<ByteBuffer> next() throws IOException, InterruptedException {
        subscription.request(1);
        return switch (items.poll(silence.toMillis(), TimeUnit.MILLISECONDS)) {
            case null -> throw new IOException("nothing arrived for " + silence.toSeconds() + " s");
            case Item.Piece(var buffers) -> buffers;
            case Item.Failure(var cause) -> throw new IOException("the connection broke: " + cause.getMessage(), cause);
            case Item.End() -> List.of();
        };
    }

    /// The whole body, refused over `maxBytes`.
    byte[] readAll(int maxBytes) throws IOException, InterruptedException {
        var bytes = new ByteArrayOutputStream();
        for (List<ByteBuffer> buffers = next(); !buffers.isEmpty(); buffers = next()) {
            for (ByteBuffer buffer : buffers) {
                if (bytes.size() + buffer.remaining() > maxBytes) {
                    throw new IOException("the answer is over " + maxBytes + " bytes");
                }
                byte[] piece = new byte[buffer.remaining()];
                buffer.get(piece);
                bytes.write(piece, 0, piece.length);
            }
        }
        return bytes.toByteArray();
    }

    /// Ends the exchange; without it an unread body would keep its connection.
    @Override
    public void close() {
        subscription.cancel();
    }
}
