package io.dipper.servicesupport;

import java.time.Duration;

/// Pauses between tries to bring something back: half a second, then twice as long each time, 15 seconds at
/// most. For one thread.
public final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(15);

    private Duration next = FIRST;

    /// The pause that comes.
    public Duration next() {
        return next;
    }

    /// Sleeps through it; the one after is longer.
    public void pause() throws InterruptedException {
        Duration now = next;
        Duration twice = now.multipliedBy(2);
        next = twice.compareTo(LONGEST) < 0 ? twice : LONGEST;
        Thread.sleep(now);
    }

    /// What was brought back held for long: the next pause is the first again.
    public void startOver() {
        next = FIRST;
    }
}
