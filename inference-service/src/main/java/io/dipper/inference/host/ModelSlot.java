package io.dipper.inference.host;

import java.util.concurrent.CountDownLatch;

/// A model's place on its host, from when it is asked for until it is gone; its engine may be another one
/// after a restart. Its state is [ModelTable]'s to change.
final class ModelSlot {
    private final Wanted wanted;
    private final Cancellation cancellation = new Cancellation();
    private final CountDownLatch gone = new CountDownLatch(1);
    private volatile HostedModel model;

    ModelSlot(HostedModel model) {
        this.wanted = model.wanted();
        this.model = model;
    }

    Wanted wanted() {
        return wanted;
    }

    String name() {
        return wanted.name();
    }

    HostedModel model() {
        return model;
    }

    /// Of its load.
    Cancellation cancellation() {
        return cancellation;
    }

    /// With the table locked alone.
    void become(HostedModel next) {
        model = next;
    }

    void leave() {
        gone.countDown();
    }

    /// Waits until it is off the host and what it took is given back.
    void awaitGone() throws InterruptedException {
        gone.await();
    }
}
