package io.dipper.engineort;

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
