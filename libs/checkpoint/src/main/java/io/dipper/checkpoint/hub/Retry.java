package io.dipper.checkpoint.hub;

import io.dipper.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/// How often a request that failed for a passing reason is tried again, and the pause before.
///
/// @param attempts tries in a row without a byte of progress before giving up
public record Retry(int attempts, Pause pause) {
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(20);
    private static final Duration LONGEST_ASKED = Duration.ofMinutes(1);

    /// Waits; tests replace it by one that returns at once.
    @FunctionalInterface
    public interface Pause {
        void waitFor(Duration time) throws InterruptedException;
    }

    /// One try. A [HubException] or a [CheckpointException] is final, any other `IOException`
    /// passing.
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    /// The server said "not now" and perhaps how long to wait.
    static final class NotNow extends IOException {
        private final transient Duration asked;

        NotNow(String message, Duration asked) {
            super(message);
            this.asked = asked;
        }
    }

    public static Retry standard() {
        return new Retry(6, Thread::sleep);
    }

    <T> T run(String what, Attempt<T> attempt) throws IOException {
        return run(what, () -> 0, attempt);
    }

    /// Tries until it works or `attempts` tries in a row brought `progress` no further than it ever
    /// was.
    <T> T run(String what, LongSupplier progress, Attempt<T> attempt) throws IOException {
        int failures = 0;
        long best = progress.getAsLong();
        while (true) {
            try {
                return attempt.run();
            } catch (HubException | CheckpointException e) {
                throw e;
            } catch (IOException e) {
                boolean advanced = progress.getAsLong() > best;
                best = Math.max(best, progress.getAsLong());
                failures = advanced ? 1 : failures + 1;
                if (failures >= attempts) {
                    throw new HubException(
                            HubException.Kind.UNAVAILABLE,
                            what + ": gave up after " + failures + " tries: " + reason(e),
                            e);
                }
                pauseBefore(what, failures, e);
            } catch (InterruptedException e) {
                throw interrupted(what, e);
            }
        }
    }

    /// Doubling, jittered so that many clients spread out, and not shorter than the server asked
    /// for.
    private void pauseBefore(String what, int attempt, IOException failure) throws InterruptedIOException {
        long ceilingMs = Math.min(LONGEST.toMillis(), FIRST.toMillis() << Math.min(attempt - 1, 10));
        long jitteredMs = ThreadLocalRandom.current().nextLong(ceilingMs / 2, ceilingMs + 1);
        long askedMs =
                failure instanceof NotNow notNow ? Math.min(LONGEST_ASKED.toMillis(), notNow.asked.toMillis()) : 0;
        try {
            pause.waitFor(Duration.ofMillis(Math.max(jitteredMs, askedMs)));
        } catch (InterruptedException e) {
            throw interrupted(what, e);
        }
    }

    private static InterruptedIOException interrupted(String what, InterruptedException cause) {
        Thread.currentThread().interrupt();
        var exception = new InterruptedIOException(what + ": interrupted");
        exception.initCause(cause);
        return exception;
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
