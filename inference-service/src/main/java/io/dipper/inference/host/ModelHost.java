package io.dipper.inference.host;

import io.dipper.inference.host.Listeners.Listening;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The models of this host: each has an engine with a thread of its own, so that one can be loaded
/// or unloaded while others serve.
public final class ModelHost implements AutoCloseable {
    private final ModelTable table = new ModelTable();
    private final DeviceLoss loss = new DeviceLoss(table);
    private final ModelLoads loads;
    private final ModelUnloads unloads;

    /// A host without models.
    ///
    /// @param drainLimit how long requests in flight may go on when their model is unloaded
    public ModelHost(ModelSource source, ModelLoader loader, Duration drainLimit) {
        this.loads = new ModelLoads(table, loss, source, loader);
        this.unloads = new ModelUnloads(table, drainLimit);
    }

    /// Tells `listener` the name of a model after every change of its state. It must not wait.
    Listening whenChanged(Consumer<String> listener) {
        return table.whenChanged(listener);
    }

    /// Tells `listener` the name of each model that somebody unloads, while no load can begin: what it cancels
    /// then does not come back. It must neither wait nor take a lock.
    Listening whenUnloaded(Consumer<String> listener) {
        return unloads.whenUnloaded(listener);
    }

    /// Of changes and unloads.
    int listenerCount() {
        return table.listenerCount() + unloads.listenerCount();
    }

    /// Tells `listener` once when a device is lost to this process, which is to end then: at once if that
    /// has happened already. It must not wait.
    public void whenDeviceLost(Consumer<String> listener) {
        loss.whenLost(listener);
    }

    /// Whether a device is lost to this process.
    public boolean isDeviceLost() {
        return loss.hasHappened();
    }

    /// Nothing works on the device any more, whoever found out.
    void loseDevice(String device, String message) {
        loss.happen(device, message);
    }

    /// The model that a request names.
    ///
    /// @throws RefusedException if it is not served here, or not now
    public ServedModel require(@Nullable String name) {
        if (name == null) {
            throw new RefusedException(ApiError.invalid("model", "model is required"));
        }
        HostedModel model = find(name).orElseThrow(() -> new RefusedException(ApiError.modelNotFound()));
        if (!model.isServing()) {
            throw new RefusedException(model.notNow());
        }
        return model.served().orElseThrow();
    }

    /// [#require] for a request that needs the model until it runs what `atEnd` is given.
    public ServedModel use(@Nullable String name, Consumer<Runnable> atEnd) {
        ServedModel model = require(name);
        if (!model.requests().begin()) {
            throw new RefusedException(HostedModel.unloading());
        }
        atEnd.accept(model.requests()::end);
        return model;
    }

    public Optional<HostedModel> find(String name) {
        return table.find(name);
    }

    /// In the order in which they were asked for.
    public List<HostedModel> list() {
        return table.list();
    }

    /// Begins to load a model that is not there; returns at once with its state.
    ///
    /// @throws RefusedException 409 if another model of its name is there, or the same for another target, or
    ///     one that is being unloaded; 503 if a device is lost, since the process is to end
    public HostedModel load(Wanted wanted) {
        return load(wanted, () -> true).orElseThrow();
    }

    private Optional<HostedModel> load(Wanted wanted, BooleanSupplier isAsked) {
        HostedModel loading = HostedModel.loading(wanted);
        synchronized (table) {
            if (!isAsked.getAsBoolean()) {
                return Optional.empty();
            }
            HostedModel present = find(wanted.name()).orElse(null);
            if (present != null && present.state() != HostedModel.State.FAILED) {
                present.requireAnswers(wanted);
                return Optional.of(present);
            }
            if (table.isClosed()) {
                return Optional.of(HostedModel.failed(wanted, "the host is shutting down"));
            }
            if (loss.hasHappened()) {
                throw new RefusedException(HostedModel.deviceLost());
            }
            loads.start(table.put(loading));
        }
        table.changed(wanted.name());
        return Optional.of(loading);
    }

    /// Begins to load at once, if that `isAsked` for: no model can be unloaded between the question and the load.
    boolean begin(Wanted wanted, BooleanSupplier isAsked) {
        load(wanted, isAsked);
        return true;
    }

    /// Shows a model that is not there as one that is not loaded, until somebody asks for it.
    void holdBack(Wanted wanted, BooleanSupplier isAsked, String message) {
        synchronized (table) {
            if (!isAsked.getAsBoolean() || find(wanted.name()).isPresent()) {
                return;
            }
            table.put(HostedModel.failed(wanted, message));
        }
        table.changed(wanted.name());
    }

    /// Takes a model off: one that serves takes no more requests, and those in flight finish; a load is called
    /// off, and never serves. Waits until it is gone and what it took is free, also if others asked for that
    /// before.
    ///
    /// @return false if no such model is there
    public boolean unload(String name) throws InterruptedException {
        Optional<ModelSlot> slot = unloads.start(name);
        if (slot.isPresent()) {
            slot.get().awaitGone();
        }
        return slot.isPresent();
    }

    /// Fails what is still in flight, and takes nothing more.
    void endRequests() {
        table.close()
                .forEach(model ->
                        model.served().ifPresent(served -> served.engine().close()));
    }

    /// Fails what is still in flight and frees all models.
    @Override
    public void close() {
        table.close();
        table.clear().forEach(model -> model.served().ifPresent(ServedModel::close));
    }
}
