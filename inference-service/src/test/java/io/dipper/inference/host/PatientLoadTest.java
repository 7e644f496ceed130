package io.dipper.inference.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.export.Target;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who asks for a model until it is there, and who unloads it meanwhile.
@Timeout(60)
class PatientLoadTest extends OnHostWithoutModels {
    @Test
    void aNameWhoseModelDoesNotComeGoesToWhomItWasRefused() throws Exception {
        var cuda = Wanted.of(NAME, Target.CUDA_BF16);
        var cpu = Wanted.of(NAME, Target.CPU_F32);
        try (ModelHost host = host();
                var patient = new PatientLoad(host, cpu, Integer.MAX_VALUE, host::begin, () -> {})) {
            host.load(cuda);
            assertThat(asked.take()).isEqualTo(cuda);
            patient.start();
            assertThat(host.find(NAME).orElseThrow().wanted()).isEqualTo(cuda);
            answered.countDown();
            assertThat(asked.take()).isEqualTo(cpu);
        }
    }

    @Test
    void whoAskedForAModelListensNoLongerThanUntilItIsThereOrGivenUp() throws Exception {
        answered.countDown();
        try (ModelHost host = host()) {
            var isDone = new CountDownLatch(1);
            var once = new PatientLoad(host, MODEL, 1, host::begin, isDone::countDown);
            once.start();
            assertThat(isDone.await(1, TimeUnit.MINUTES)).isTrue();
            assertThat(host.listenerCount()).isZero();
            once.close();

            var isClosed = new CountDownLatch(1);
            var endless = new PatientLoad(host, OTHER, Integer.MAX_VALUE, host::begin, isClosed::countDown);
            endless.start();
            assertThat(host.listenerCount()).isEqualTo(2);
            endless.close();
            assertThat(isClosed.await(1, TimeUnit.MINUTES)).isTrue();
            assertThat(host.listenerCount()).isZero();
        }
    }

    /// Else it would come back to who was told that it is gone.
    @Test
    void nothingIsUnloadedBetweenTheQuestionWhetherItIsAskedForAndTheLoad() throws Exception {
        try (ModelHost host = host()) {
            host.holdBack(MODEL, () -> true, "held back");
            var unloading = new FutureTask<>(() -> host.unload(NAME));
            host.begin(MODEL, () -> {
                startUntilItWaits(unloading);
                return true;
            });
            assertThat(unloading.get()).isTrue();
            assertThat(host.find(NAME)).isEmpty();
        }
    }

    @Test
    void whatIsCancelledByAnUnloadCannotBeginBeforeIt() throws Exception {
        var isCancelled = new AtomicBoolean();
        try (ModelHost host = host()) {
            host.holdBack(MODEL, () -> true, "held back");
            var loading = new FutureTask<>(() -> host.begin(MODEL, () -> !isCancelled.get()));
            host.whenUnloaded(name -> {
                startUntilItWaits(loading);
                isCancelled.set(name.equals(NAME));
            });
            assertThat(host.unload(NAME)).isTrue();
            loading.get();
            assertThat(host.find(NAME)).isEmpty();
            answered.countDown();
        }
    }

    /// Returns when the task is done, or waits for a lock.
    private static void startUntilItWaits(FutureTask<?> task) {
        Thread thread = Thread.ofPlatform().daemon().start(task);
        while (!task.isDone() && thread.getState() != Thread.State.BLOCKED) {
            Thread.onSpinWait();
        }
    }
}
