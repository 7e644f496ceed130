package io.dipper.engine;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The events of one request on their way from the engine's thread to the request's own.
///
/// The engine never waits for a reader: past `capacity` unread events [#offer] refuses and the
/// engine fails the request. The terminal event has a place of its own, so it always arrives.
public final class Outbox {
    private final int capacity;
    private final Runnable wakeEngine;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition filled = lock.newCondition();
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private Event.@Nullable End end;
    private boolean endTaken;
    private boolean abandoned;
    private volatile boolean cancelled;

    public Outbox(int capacity, Runnable wakeEngine) {
        this.capacity = capacity;
        this.wakeEngine = wakeEngine;
    }

    /// Waits for the next event.
    ///
    /// @throws IllegalStateException if the terminal event was taken already
    public Event take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Event event = next();
            while (event == null) {
                filled.await();
                event = next();
            }
            return event;
        } finally {
            lock.unlock();
        }
    }

    /// Waits at most so long for the next event; null if none came.
    ///
    /// @throws IllegalStateException if the terminal event was taken already
    public @Nullable Event poll(long timeout, TimeUnit unit) throws InterruptedException {
        long leftNs = unit.toNanos(timeout);
        lock.lockInterruptibly();
        try {
            Event event = next();
            while (event == null && leftNs > 0) {
                leftNs = filled.awaitNanos(leftNs);
                event = next();
            }
            return event;
        } finally {
            lock.unlock();
        }
    }

    /// Gives the request up: the next step frees all it holds and ends it as cancelled. Any thread
    /// may call this.
    public void cancel() {
        cancelled = true;
        wakeEngine.run();
    }

    public boolean isCancelled() {
        return cancelled;
    }

    /// False if the reader is too far behind; the event is dropped then.
    public boolean offer(Event event) {
        lock.lock();
        try {
            if (abandoned) {
                return true;
            }
            if (end != null) {
                throw new IllegalStateException("an event after the end: " + event);
            }
            if (events.size() >= capacity) {
                return false;
            }
            events.add(event);
            filled.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// Delivers the terminal event.
    public void end(Event.End terminal) {
        lock.lock();
        try {
            if (abandoned) {
                return;
            }
            if (end != null) {
                throw new IllegalStateException("a second end: " + terminal + " after " + end);
            }
            end = terminal;
            filled.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Ends it, unless it has ended, in place of an engine whose thread does not come back. If that does all the same,
    /// what it still says is dropped.
    public void abandon(Event.End terminal) {
        lock.lock();
        try {
            if (end == null) {
                end = terminal;
                abandoned = true;
                filled.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Event next() {
        Event event = events.poll();
        if (event != null) {
            return event;
        }
        if (endTaken) {
            throw new IllegalStateException("the terminal event was taken already");
        }
        endTaken = end != null;
        return end;
    }
}
