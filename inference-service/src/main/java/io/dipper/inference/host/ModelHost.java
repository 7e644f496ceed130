package io.dipper.inference.host;

import io.dipper.engine.DeviceLostException;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import io.dipper.servicesupport.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The models of this host: each has an engine with a thread of its own, so that one can be loaded
/// or unloaded while others serve.
public final class ModelHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelHost.class);

    private final ModelSource source;
    private final ModelLoader loader;
    private final Duration drainLimit;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<String>> unloadListeners = new CopyOnWriteArrayList<>();
    private final Map<String, HostedModel> models = new LinkedHashMap<>();
    private final List<Consumer<String>> lossListeners = new ArrayList<>();
    private @Nullable String loss;
    private boolean closed;

    /// A host without models.
    ///
    /// @param drainLimit how long requests in flight may go on when their model is unloaded
    public ModelHost(ModelSource source, ModelLoader loader, Duration drainLimit) {
        this.source = source;
        this.loader = loader;
        this.drainLimit = drainLimit;
    }

    /// Tells `listener` after every change of a model's state. It must not wait.
    public void whenChanged(Runnable listener) {
        listeners.add(listener);
    }

    /// Tells `listener` the name of each model that somebody unloads, while no load can begin: what it cancels
    /// then does not come back. It must neither wait nor take a lock.
    void whenUnloaded(Consumer<String> listener) {
        unloadListeners.add(listener);
    }

    /// Tells `listener` once when a device is lost to this process, which is to end then: at once if that
    /// has happened already. It must not wait.
    public void whenDeviceLost(Consumer<String> listener) {
        String happened;
        synchronized (this) {
            happened = loss;
            if (happened == null) {
                lossListeners.add(listener);
            }
        }
        if (happened != null) {
            listener.accept(happened);
        }
    }

    /// Whether a device is lost to this process.
    public synchronized boolean isDeviceLost() {
        return loss != null;
    }

    /// Nothing works on the device any more, whoever found out: all that is asked of models there ends, no
    /// model is loaded or started anew any more, and the listeners are told. CUDA gives up a process's
    /// contexts on all cards when one is lost, so models on other cards end as well; those on processors do not.
    void loseDevice(String device, String message) {
        List<HostedModel> all;
        List<Consumer<String>> told;
        synchronized (this) {
            loss = message;
            told = List.copyOf(lossListeners);
            lossListeners.clear();
            all = list();
        }
        LOG.error("{}: what is asked of models there ends, and this service must start anew", message);
        all.stream()
                .flatMap(model -> model.served().stream())
                .filter(model -> kind(model.engine().device()).equals(kind(device)))
                .forEach(model -> model.engine().loseDevice(message));
        changed();
        told.forEach(listener -> listener.accept(message));
    }

    /// Of a device such as `cuda:1`.
    private static String kind(String device) {
        return device.split(":", 2)[0];
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

    public synchronized Optional<HostedModel> find(String name) {
        return Optional.ofNullable(models.get(name));
    }

    /// In the order in which they were asked for.
    public synchronized List<HostedModel> list() {
        return new ArrayList<>(models.values());
    }

    /// Begins to load a model that is not there; returns at once with its state.
    ///
    /// @throws RefusedException 409 if another model of its name is there, or the same for another target;
    ///     503 if a device is lost, since the process is to end
    public HostedModel load(Wanted wanted) {
        return load(wanted, () -> true).orElseThrow();
    }

    private Optional<HostedModel> load(Wanted wanted, BooleanSupplier isAsked) {
        String name = wanted.name();
        HostedModel loading = HostedModel.loading(wanted);
        synchronized (this) {
            if (!isAsked.getAsBoolean()) {
                return Optional.empty();
            }
            HostedModel present = models.get(name);
            if (present != null && present.state() != HostedModel.State.FAILED) {
                if (!present.answers(wanted)) {
                    throw new RefusedException(ApiError.conflict(
                            name + " is loaded from other files, for another target or on another card ("
                                    + present.wanted().target() + "); unload it first",
                            "model_loaded"));
                }
                return Optional.of(present);
            }
            if (closed) {
                return Optional.of(HostedModel.failed(wanted, "the host is shutting down"));
            }
            if (loss != null) {
                throw new RefusedException(HostedModel.deviceLost());
            }
            models.put(name, loading);
        }
        onThread("load-" + name, () -> settle(wanted, () -> loader.load(find(wanted), wanted.card())));
        changed();
        return Optional.of(loading);
    }

    /// Begins to load at once, if that `isAsked` for: no model can be unloaded between the question and the load.
    boolean begin(Wanted wanted, BooleanSupplier isAsked) {
        load(wanted, isAsked);
        return true;
    }

    /// Shows a model that is not there as one that is not loaded, until somebody asks for it.
    void holdBack(Wanted wanted, BooleanSupplier isAsked, String message) {
        synchronized (this) {
            if (!isAsked.getAsBoolean()
                    || models.putIfAbsent(wanted.name(), HostedModel.failed(wanted, message)) != null) {
                return;
            }
        }
        changed();
    }

    /// Stops taking requests for a model, lets those in flight finish and frees it. Waits, unless
    /// another is waiting for the same.
    ///
    /// @return false if no such model is ready
    public boolean unload(String name) throws InterruptedException {
        HostedModel present;
        synchronized (this) {
            present = models.get(name);
            if (present == null || present.state() == HostedModel.State.LOADING) {
                return false;
            }
            if (present.state() == HostedModel.State.DRAINING) {
                // Whoever asked first waits for its end.
                return true;
            }
            if (present.state() == HostedModel.State.FAILED) {
                models.remove(name);
            } else {
                models.put(name, present.draining());
            }
            unloadListeners.forEach(listener -> listener.accept(name));
        }
        changed();
        if (present.state() == HostedModel.State.FAILED) {
            return true;
        }
        ServedModel model = present.served().orElseThrow();
        try {
            if (!model.engine().drain(drainLimit)) {
                LOG.warn("requests to {} were still in flight after {}", name, drainLimit);
            }
        } finally {
            model.close();
            synchronized (this) {
                models.remove(name);
            }
            changed();
        }
        return true;
    }

    /// Fails what is still in flight, and takes nothing more.
    void endRequests() {
        List<HostedModel> all;
        synchronized (this) {
            closed = true;
            all = list();
        }
        all.forEach(model -> model.served().ifPresent(served -> served.engine().close()));
    }

    /// Fails what is still in flight and frees all models.
    @Override
    public void close() {
        List<HostedModel> all;
        synchronized (this) {
            closed = true;
            all = list();
            models.clear();
        }
        all.forEach(model -> model.served().ifPresent(ServedModel::close));
    }

    private void changed() {
        listeners.forEach(Runnable::run);
    }

    /// To read and write whole models would hold up the virtual threads, so this is a platform thread.
    private static void onThread(String name, Runnable work) {
        Thread.ofPlatform().daemon().name(name).start(work);
    }

    private ModelFiles find(Wanted wanted) throws IOException {
        return source.find(wanted).orElseThrow(() -> new IOException("no model of this name is known"));
    }

    /// A model whose engine is lost is loaded anew from the same files, until it serves or somebody
    /// unloads it.
    private void restart(ServedModel lost) {
        String name = lost.name();
        String deviceLoss = lost.engine().deviceLoss();
        if (deviceLoss != null) {
            loseDevice(lost.engine().device(), deviceLoss);
            return;
        }
        synchronized (this) {
            HostedModel present = models.get(name);
            boolean serves = present != null
                    && present.state() == HostedModel.State.READY
                    && present.served().filter(lost::equals).isPresent();
            if (closed || loss != null || !serves) {
                return;
            }
            models.put(name, HostedModel.restarting(present.wanted()));
            onThread("restart-" + name, () -> restart(present.wanted(), lost));
        }
        LOG.warn("the engine of {} is lost and is started anew", name);
        changed();
    }

    private void restart(Wanted wanted, ServedModel lost) {
        lost.close();
        var backoff = new Backoff();
        HostedModel outcome = settle(wanted, () -> loader.load(lost.files(), wanted.card()));
        try {
            while (outcome.state() == HostedModel.State.FAILED) {
                backoff.pause();
                synchronized (this) {
                    if (closed || loss != null || !outcome.equals(models.get(wanted.name()))) {
                        return;
                    }
                    models.put(wanted.name(), HostedModel.restarting(wanted));
                }
                outcome = settle(wanted, () -> loader.load(lost.files(), wanted.card()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Loads, and brings the model into the state that follows.
    private HostedModel settle(Wanted wanted, Loading loading) {
        String name = wanted.name();
        HostedModel outcome;
        DeviceLostException lost = null;
        try {
            ServedModel loaded = loading.load();
            outcome = HostedModel.ready(wanted, loaded);
            LOG.info("serving {} for {}", name, loaded.target());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outcome = HostedModel.failed(wanted, "the model could not be loaded: it was interrupted");
        } catch (DeviceLostException e) {
            LOG.error("{} could not be loaded", name, e);
            outcome = HostedModel.failed(wanted, "the model could not be loaded: " + e.getMessage());
            lost = e;
        } catch (IOException e) {
            // Asked again while an import goes on: one line each time says enough.
            LOG.warn("{} could not be loaded: {}", name, e.getMessage());
            outcome = HostedModel.failed(wanted, "the model could not be loaded: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            // Errors too: running out of memory is how a model that is too large shows itself.
            LOG.error("{} could not be loaded", name, e);
            outcome = HostedModel.failed(wanted, "the model could not be loaded: " + e.getMessage());
        }
        boolean tooLate;
        synchronized (this) {
            tooLate = closed;
            if (!tooLate) {
                models.put(name, outcome);
            }
        }
        if (tooLate) {
            outcome.served().ifPresent(ServedModel::close);
        } else {
            outcome.served().ifPresent(model -> model.engine().whenLost(() -> restart(model)));
        }
        if (lost != null) {
            loseDevice(lost.device(), lost.getMessage());
        }
        changed();
        return outcome;
    }

    @FunctionalInterface
    private interface Loading {
        ServedModel load() throws IOException, InterruptedException;
    }
}
