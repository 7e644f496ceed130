package io.dipper.inference.host;

import org.springframework.context.SmartLifecycle;

/// Ends what a stopping service still computes when its time to finish is over, and before the web server
/// goes: so that each stream has its last event.
public final class EndOfRequests implements SmartLifecycle {
    private final ModelHost host;
    private volatile boolean running;

    public EndOfRequests(ModelHost host) {
        this.host = host;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        host.endRequests();
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /// After the leases were withdrawn ([LeaseKeeper]).
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 2;
    }
}
