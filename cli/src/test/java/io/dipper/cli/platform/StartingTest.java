package io.dipper.cli.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What starts while a stop may come.
@Timeout(60)
class StartingTest {
    private final AtomicInteger running = new AtomicInteger();

    private AutoCloseable started() {
        running.incrementAndGet();
        return running::decrementAndGet;
    }

    @Test
    void aStopWaitsForTheStartAndClosesWhatItMade() throws Exception {
        var entered = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var starting = new Starting<>("slow", () -> {
            entered.countDown();
            goOn.await();
            return started();
        });
        starting.begin();
        entered.await();
        var stop = Thread.ofPlatform().start(() -> {
            try {
                starting.closeWhenStarted();
            } catch (Exception e) {
                running.set(-1);
            }
        });
        goOn.countDown();
        stop.join();
        assertThat(starting.await()).isNotNull();
        assertThat(running).hasValue(0);
    }

    @Test
    void whatIsStoppedBeforeItBeginsNeverBegins() throws Exception {
        var starting = new Starting<>("late", this::started);
        starting.closeWhenStarted();
        starting.begin();
        assertThatExceptionOfType(CancellationException.class).isThrownBy(starting::await);
        starting.closeWhenStarted();
        assertThat(running).hasValue(0);
    }

    @Test
    void whatKeptItFromStartingIsToldToWhoAwaitsIt() throws Exception {
        var starting = new Starting<>("broken", () -> {
            throw new IOException("no room");
        });
        starting.begin();
        assertThatExceptionOfType(IOException.class).isThrownBy(starting::await).withMessage("no room");
        starting.closeWhenStarted();
    }
}
