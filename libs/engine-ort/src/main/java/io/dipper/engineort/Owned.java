package io.dipper.engineort;

import io.dipper.operators.cuda.CudaFault;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/// What was opened one on top of the other: closed in the reverse order, all of it or as far as it got. What
/// cannot be closed keeps nothing else open; the first failure is thrown at the end.
final class Owned implements AutoCloseable {
    private final Deque<Runnable> closings = new ArrayDeque<>();

    <T> T add(T opened, Consumer<? super T> closing) {
        closings.push(() -> closing.accept(opened));
        return opened;
    }

    /// Closes it because of `failure`, which stays what is told. After the loss of a card's context nothing
    /// is closed: the calls would fail too, some of them by ending the process.
    void closeAfter(Throwable failure) {
        if (CudaFault.of(failure) == CudaFault.CONTEXT_LOST) {
            return;
        }
        try {
            close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        RuntimeException failure = null;
        while (!closings.isEmpty()) {
            try {
                closings.pop().run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
