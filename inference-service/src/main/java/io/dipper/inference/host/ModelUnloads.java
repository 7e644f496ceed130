package io.dipper.inference.host;

import io.dipper.inference.host.HostedModel.State;
import io.dipper.inference.host.Listeners.Listening;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is being unloaded: a model that serves finishes what it has on a thread of its own, so that it does
/// whoever waits for it; a load is called off. All who unload it wait for the same end.
final class ModelUnloads {
    private static final Logger LOG = LoggerFactory.getLogger(ModelUnloads.class);

    private final ModelTable table;
    private final Duration drainLimit;
    private final Listeners<String> listeners = new Listeners<>();

    ModelUnloads(ModelTable table, Duration drainLimit) {
        this.table = table;
        this.drainLimit = drainLimit;
    }

    /// Tells `listener` the name of each model that somebody unloads, with the table locked.
    Listening whenUnloaded(Consumer<String> listener) {
        return listeners.add(listener);
    }

    int listenerCount() {
        return listeners.count();
    }

    /// Begins to unload, unless that is going on already; empty if no such model is there.
    Optional<ModelSlot> start(String name) {
        HostedModel present;
        ModelSlot slot;
        synchronized (table) {
            slot = table.slot(name).orElse(null);
            if (slot == null || slot.model().state() == State.DRAINING) {
                return Optional.ofNullable(slot);
            }
            present = slot.model();
            takeOff(slot, present);
            listeners.tell(name);
        }
        table.changed(name);
        present.served().ifPresent(model -> beginDrain(slot, model));
        return Optional.of(slot);
    }

    private void beginDrain(ModelSlot slot, ServedModel model) {
        try {
            ModelLoads.onThread("unload-" + slot.name(), () -> drain(slot, model));
        } catch (OutOfMemoryError _) {
            // No thread is to be had, and others wait for its end too.
            drain(slot, model);
        }
    }

    private void takeOff(ModelSlot slot, HostedModel present) {
        if (present.state() == State.FAILED) {
            table.remove(slot);
        } else {
            table.move(slot, present, present.draining());
        }
        // Of a load that goes on, perhaps to try once more after it failed.
        slot.cancellation().cancel();
    }

    private void drain(ModelSlot slot, ServedModel model) {
        try {
            if (!model.engine().drain(drainLimit)) {
                LOG.warn("requests to {} were still in flight after {}", slot.name(), drainLimit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            try {
                model.close();
            } finally {
                table.remove(slot);
                table.changed(slot.name());
            }
        }
    }
}
