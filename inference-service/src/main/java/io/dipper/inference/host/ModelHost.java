package io.dipper.inference.host;

import io.dipper.export.Target;
import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The models of this host: each has an engine with a thread of its own, so that one can be loaded
/// or unloaded while others serve.
public final class ModelHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelHost.class);
    private static final int RETRY_AFTER_SECONDS = 2;

    private final ModelSource source;
    private final ModelLoader loader;
    private final Duration drainLimit;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Map<String, HostedModel> models = new LinkedHashMap<>();
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

    /// The model that a request names.
    ///
    /// @throws RefusedException if it is not served here, or not now
    public ServedModel require(@Nullable String name) {
        if (name == null) {
            throw new RefusedException(ApiError.invalid("model", "model is required"));
        }
        HostedModel model = find(name).orElseThrow(() -> new RefusedException(ApiError.modelNotFound()));
        if (!model.isServing()) {
            throw new RefusedException(notNow(model.state()));
        }
        return model.served().orElseThrow();
    }

    /// Why a model was not loaded is for those who run this host; clients learn that it was not.
    private static ApiError notNow(HostedModel.State state) {
        return switch (state) {
            case LOADING -> ApiError.unavailable("the model is being loaded", "model_loading", RETRY_AFTER_SECONDS);
            case DRAINING -> ApiError.unavailable("the model is being unloaded", "draining", RETRY_AFTER_SECONDS);
            case READY -> ApiError.unavailable("the model's engine has stopped", "engine_stopped", RETRY_AFTER_SECONDS);
            case FAILED -> ApiError.unavailable("the model could not be loaded", "model_failed", RETRY_AFTER_SECONDS);
        };
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
    /// @param asked a name, or the path of a checkpoint's folder
    public HostedModel load(String asked, Target target) {
        String name =
                FolderSource.checkpointFolder(asked).map(FolderSource::nameOf).orElse(asked);
        HostedModel loading = HostedModel.loading(name);
        synchronized (this) {
            HostedModel present = models.get(name);
            if (closed || (present != null && present.state() != HostedModel.State.FAILED)) {
                return present == null ? HostedModel.failed(name, "the host is shutting down") : present;
            }
            models.put(name, loading);
        }
        Thread.ofVirtual().name("load-" + name).start(() -> load(name, asked, target));
        changed();
        return loading;
    }

    /// Stops taking requests for a model, lets those in flight finish and frees it. Waits, unless
    /// another is waiting for the same.
    ///
    /// @return false if no such model is ready
    public boolean unload(String name) throws InterruptedException {
        HostedModel draining;
        synchronized (this) {
            HostedModel present = models.get(name);
            if (present == null || present.state() == HostedModel.State.LOADING) {
                return false;
            }
            if (present.state() == HostedModel.State.FAILED) {
                models.remove(name);
                return true;
            }
            if (present.state() == HostedModel.State.DRAINING) {
                // Whoever asked first waits for its end.
                return true;
            }
            draining = present.draining();
            models.put(name, draining);
        }
        changed();
        ServedModel model = draining.served().orElseThrow();
        if (!model.engine().drain(drainLimit)) {
            LOG.warn("requests to {} were still in flight after {}", name, drainLimit);
        }
        model.close();
        synchronized (this) {
            models.remove(name);
        }
        changed();
        return true;
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

    private void load(String name, String asked, Target target) {
        settle(name, () -> {
            ModelFiles files =
                    source.find(asked, target).orElseThrow(() -> new IOException("no model of this name is known"));
            return loader.load(files);
        });
    }

    /// A model whose engine is lost is loaded anew from the same files.
    private void restart(ServedModel lost) {
        String name = lost.name();
        synchronized (this) {
            HostedModel present = models.get(name);
            boolean serves = present != null
                    && present.state() == HostedModel.State.READY
                    && present.served().filter(lost::equals).isPresent();
            if (closed || !serves) {
                return;
            }
            models.put(name, HostedModel.restarting(name));
        }
        LOG.warn("the engine of {} is lost and is started anew", name);
        Thread.ofVirtual().name("restart-" + name).start(() -> {
            lost.close();
            settle(name, () -> loader.load(lost.files()));
        });
        changed();
    }

    /// Loads, and brings the model into the state that follows.
    private void settle(String name, Loading loading) {
        HostedModel outcome;
        try {
            ServedModel loaded = loading.load();
            outcome = HostedModel.ready(loaded);
            LOG.info("serving {} for {}", name, loaded.target());
        } catch (IOException e) {
            // Asked again while an import goes on: one line each time says enough.
            LOG.warn("{} could not be loaded: {}", name, e.getMessage());
            outcome = HostedModel.failed(name, "the model could not be loaded: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            // Errors too: running out of memory is how a model that is too large shows itself.
            LOG.error("{} could not be loaded", name, e);
            outcome = HostedModel.failed(name, "the model could not be loaded: " + e.getMessage());
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
        changed();
    }

    @FunctionalInterface
    private interface Loading {
        ServedModel load() throws IOException;
    }
}
