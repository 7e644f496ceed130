package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Where a load that is called off ends, and where it does not.
@Timeout(60)
class CancellationTest {
    private final Cancellation cancellation = new Cancellation();
    private final CountDownLatch isCancelled = new CountDownLatch(1);

    @Test
    void workThatAnInterruptMayEndIsInterruptedAndTheNextIsNot() throws Exception {
        var isReady = new Semaphore(0);
        var loading = new FutureTask<>(() -> {
            boolean interrupted = false;
            try {
                cancellation.interruptibly(() -> {
                    isReady.release();
                    new CountDownLatch(1).await();
                    return null;
                });
            } catch (InterruptedException e) {
                interrupted = true;
            }
            return interrupted && !Thread.currentThread().isInterrupted();
        });
        Thread.ofPlatform().start(loading);
        isReady.acquire();
        cancellation.cancel();
        assertThat(loading.get()).isTrue();
    }

    @Test
    void afterInterruptsAreHeldOffNoneComes() throws Exception {
        var isReady = new Semaphore(0);
        var loading = new FutureTask<>(() -> cancellation.interruptibly(() -> {
            cancellation.holdOff();
            isReady.release();
            isCancelled.await();
            return !Thread.currentThread().isInterrupted();
        }));
        Thread.ofPlatform().start(loading);
        isReady.acquire();
        cancellation.cancel();
        isCancelled.countDown();
        assertThat(loading.get()).isTrue();
    }

    @Test
    void whatIsCalledOffBeforeItsNextPartDoesNotBeginIt() {
        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> cancellation.interruptibly(() -> {
                    cancellation.cancel();
                    cancellation.holdOff();
                    return null;
                }));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> cancellation.interruptibly(() -> null));
    }
}
