package io.dipper.inference.host;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/// Who takes memory of cards does it one after another: each plans with what those before have left, and
/// nobody runs out half-way because another took it meanwhile.
public final class CardTurn {
    private final ReentrantLock lock = new ReentrantLock(true);

    /// What is done in turn.
    @FunctionalInterface
    interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    /// Does the work when it is its turn; at once for targets that need no card.
    <T> T take(String target, Work<T> work) throws IOException, InterruptedException {
        if (!target.startsWith("cuda-")) {
            return work.run();
        }
        lock.lockInterruptibly();
        try {
            return work.run();
        } finally {
            lock.unlock();
        }
    }
}
