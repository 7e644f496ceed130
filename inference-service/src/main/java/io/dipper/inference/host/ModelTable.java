package io.dipper.inference.host;

import io.dipper.inference.host.Listeners.Listening;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// The models of a host by name, each in one state at a time. Who decides by what is there and then changes it
/// holds the table's monitor for both, and waits for nothing meanwhile.
final class ModelTable {
    private final Map<String, ModelSlot> slots = new LinkedHashMap<>();
    private final Listeners<String> listeners = new Listeners<>();
    private boolean closed;

    synchronized Optional<ModelSlot> slot(String name) {
        return Optional.ofNullable(slots.get(name));
    }

    synchronized Optional<HostedModel> find(String name) {
        return slot(name).map(ModelSlot::model);
    }

    /// In the order in which they were asked for.
    synchronized List<HostedModel> list() {
        return slots.values().stream().map(ModelSlot::model).toList();
    }

    /// Gives a name to a model, in place of one that failed.
    synchronized ModelSlot put(HostedModel model) {
        var slot = new ModelSlot(model);
        slots.put(model.name(), slot);
        return slot;
    }

    /// Brings a model from one state into the next; false if it is not, or no longer, in that state.
    synchronized boolean move(ModelSlot slot, HostedModel from, HostedModel next) {
        if (slots.get(slot.name()) != slot || !slot.model().equals(from)) {
            return false;
        }
        slot.become(next);
        return true;
    }

    /// As [#move], unless the host is closed.
    synchronized boolean moveWhileOpen(ModelSlot slot, HostedModel from, HostedModel next) {
        return !closed && move(slot, from, next);
    }

    /// Frees the name of a model that gave back what it took.
    synchronized void remove(ModelSlot slot) {
        slots.remove(slot.name(), slot);
        slot.leave();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /// Nothing is loaded any more.
    synchronized List<HostedModel> close() {
        closed = true;
        return list();
    }

    /// Takes all models off, and calls off what is being loaded.
    synchronized List<HostedModel> clear() {
        List<HostedModel> all = list();
        slots.values().forEach(slot -> {
            slot.cancellation().cancel();
            slot.leave();
        });
        slots.clear();
        return all;
    }

    /// Tells `listener` the name of each model whose state changed, after it did. It must not wait.
    Listening whenChanged(Consumer<String> listener) {
        return listeners.add(listener);
    }

    /// With no monitor held.
    void changed(String name) {
        listeners.tell(name);
    }

    int listenerCount() {
        return listeners.count();
    }
}
