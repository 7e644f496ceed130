package io.dipper.inference.web;

import io.dipper.inference.web.Answer.FrameSink;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// From one thread that may wait to one subscriber that must not: a frame is handed over when the
/// subscriber asked for it, and until then the writing thread waits. Nothing is queued in between,
/// so a slow reader costs its writer time and nobody anything else.
final class FrameBridge implements Publisher<byte[]>, FrameSink {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable Subscriber<? super byte[]> subscriber;
    private long requested;
    private boolean cancelled;
    /// Of the writer's thread alone.
    private long sent;

    @Override
    public void subscribe(Subscriber<? super byte[]> reader) {
        reader.onSubscribe(new Demand());
        lock.lock();
        try {
            if (subscriber != null) {
                throw new IllegalStateException("a stream has one reader");
            }
            // From here on the writer may send: the reader has its subscription.
            subscriber = reader;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void send(byte[] frame) throws InterruptedException, ClientGoneException {
        awaitDemand().onNext(frame);
        sent++;
    }

    @Override
    public long sent() {
        return sent;
    }

    /// The answer is complete.
    void complete() throws InterruptedException, ClientGoneException {
        awaitReader().onComplete();
    }

    /// Nobody reads any more; a waiting writer is told.
    void cancel() {
        lock.lock();
        try {
            cancelled = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private Subscriber<? super byte[]> awaitDemand() throws InterruptedException, ClientGoneException {
        lock.lockInterruptibly();
        try {
            Subscriber<? super byte[]> reader = awaitReader();
            while (requested == 0 && !cancelled) {
                changed.await();
            }
            refuseIfCancelled();
            if (requested != Long.MAX_VALUE) {
                requested--;
            }
            return reader;
        } finally {
            lock.unlock();
        }
    }

    private Subscriber<? super byte[]> awaitReader() throws InterruptedException, ClientGoneException {
        lock.lockInterruptibly();
        try {
            while (subscriber == null && !cancelled) {
                changed.await();
            }
            refuseIfCancelled();
            return subscriber;
        } finally {
            lock.unlock();
        }
    }

    private void refuseIfCancelled() throws ClientGoneException {
        if (cancelled) {
            throw new ClientGoneException();
        }
    }

    private final class Demand implements Subscription {
        @Override
        public void request(long count) {
            lock.lock();
            try {
                requested = requested + count < 0 ? Long.MAX_VALUE : requested + count;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void cancel() {
            FrameBridge.this.cancel();
        }
    }
}
