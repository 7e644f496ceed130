package io.dipper.inference.host;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// Who is told of events of one kind, in the order in which they came.
final class Listeners<T> {
    private final List<Consumer<T>> listeners = new CopyOnWriteArrayList<>();

    /// What ends when nobody listens any more; to end it again changes nothing.
    @FunctionalInterface
    interface Listening extends AutoCloseable {
        @Override
        void close();
    }

    Listening add(Consumer<T> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    void tell(T event) {
        listeners.forEach(listener -> listener.accept(event));
    }

    int count() {
        return listeners.size();
    }
}
