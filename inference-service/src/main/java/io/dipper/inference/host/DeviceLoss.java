package io.dipper.inference.host;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A device that is lost to this process, which is to end then.
final class DeviceLoss {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceLoss.class);

    private final ModelTable table;
    private final List<Consumer<String>> listeners = new ArrayList<>();
    private @Nullable String loss;

    DeviceLoss(ModelTable table) {
        this.table = table;
    }

    synchronized boolean hasHappened() {
        return loss != null;
    }

    /// Tells `listener` once: at once if it has happened already.
    void whenLost(Consumer<String> listener) {
        String happened;
        synchronized (this) {
            happened = loss;
            if (happened == null) {
                listeners.add(listener);
            }
        }
        if (happened != null) {
            listener.accept(happened);
        }
    }

    /// Nothing works on the device any more, whoever found out: all that is asked of models there ends, no
    /// model is loaded or started anew any more, and the listeners are told. CUDA gives up a process's
    /// contexts on all cards when one is lost, so models on other cards end as well; those on processors do not.
    void happen(String device, String message) {
        List<Consumer<String>> told;
        synchronized (this) {
            loss = message;
            told = List.copyOf(listeners);
            listeners.clear();
        }
        LOG.error("{}: what is asked of models there ends, and this service must start anew", message);
        List<HostedModel> all = table.list();
        all.stream()
                .flatMap(model -> model.served().stream())
                .filter(model -> kind(model.engine().device()).equals(kind(device)))
                .forEach(model -> model.engine().loseDevice(message));
        all.forEach(model -> table.changed(model.name()));
        told.forEach(listener -> listener.accept(message));
    }

    /// Of a device such as `cuda:1`.
    private static String kind(String device) {
        return device.split(":", 2)[0];
    }
}
