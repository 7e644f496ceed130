package io.dipper.inference.web;

import java.util.ArrayList;
import java.util.List;

/// The client of one request, who may hang up at any time. What was begun for it is given up at
/// once then.
public final class Client {
    private final List<Runnable> givingUp = new ArrayList<>();
    private boolean gone;

    /// Runs `action` when the client hangs up; at once if it has.
    public void whenGone(Runnable action) {
        synchronized (givingUp) {
            if (!gone) {
                givingUp.add(action);
                return;
            }
        }
        action.run();
    }

    public boolean isGone() {
        synchronized (givingUp) {
            return gone;
        }
    }

    /// The connection has ended before the answer did. Any thread may say so, more than once.
    public void hangUp() {
        List<Runnable> actions;
        synchronized (givingUp) {
            gone = true;
            actions = List.copyOf(givingUp);
            givingUp.clear();
        }
        actions.forEach(Runnable::run);
    }
}
