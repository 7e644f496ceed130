package io.dipper.onnxruntime;

import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// Owns one native object. Closing twice does nothing; closing while something else still needs the
/// object is refused, so native memory is never used after it was freed; using after closing is
/// refused.
public abstract class Resource implements AutoCloseable {
    private static final int CLOSED = -1;

    private final MethodHandle release;
    private final long pointer;
    private final List<? extends Resource> needed;
    /// How many resources and running calls need this one, or [#CLOSED].
    private final AtomicInteger users = new AtomicInteger();

    /// Holds `needed` open until this one is closed. The caller has them held already: see
    /// [#holdAll].
    Resource(MethodHandle release, long pointer, List<? extends Resource> needed) {
        this.release = release;
        this.pointer = pointer;
        this.needed = needed;
    }

    /// The pointer, for a call made while this is held or cannot be closed.
    final long pointer() {
        if (users.get() == CLOSED) {
            throw new IllegalStateException(this + " is closed");
        }
        return pointer;
    }

    /// Keeps this open until [#unhold].
    final void hold() {
        int now;
        do {
            now = users.get();
            if (now == CLOSED) {
                throw new IllegalStateException(this + " is closed");
            }
        } while (!users.compareAndSet(now, now + 1));
    }

    final void unhold() {
        users.decrementAndGet();
    }

    static void holdAll(List<? extends Resource> resources) {
        int held = 0;
        try {
            for (var resource : resources) {
                resource.hold();
                held++;
            }
        } catch (RuntimeException e) {
            resources.subList(0, held).forEach(Resource::unhold);
            throw e;
        }
    }

    static void unholdAll(List<? extends Resource> resources) {
        resources.forEach(Resource::unhold);
    }

    @Override
    public void close() {
        int now = users.compareAndExchange(0, CLOSED);
        if (now > 0) {
            throw new IllegalStateException(this + " is still needed by " + now + " other(s)");
        }
        if (now == 0) {
            Ort.release(release, pointer);
            unholdAll(needed);
        }
    }

    public final boolean isClosed() {
        return users.get() == CLOSED;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName();
    }
}
