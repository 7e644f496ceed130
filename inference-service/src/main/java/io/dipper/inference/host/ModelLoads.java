package io.dipper.inference.host;

import io.dipper.engine.DeviceLostException;
import io.dipper.operators.cuda.CudaException;
import io.dipper.servicesupport.Backoff;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is being loaded: a thread for each model brings it into the state that follows, also when its engine
/// is lost. One that is unloaded meanwhile never serves: what its load made is given back.
final class ModelLoads {
    private static final Logger LOG = LoggerFactory.getLogger(ModelLoads.class);

    private final ModelTable table;
    private final DeviceLoss loss;
    private final ModelSource source;
    private final ModelLoader loader;

    ModelLoads(ModelTable table, DeviceLoss loss, ModelSource source, ModelLoader loader) {
        this.table = table;
        this.loss = loss;
        this.source = source;
        this.loader = loader;
    }

    @FunctionalInterface
    private interface Loading {
        ServedModel load() throws IOException, InterruptedException;
    }

    /// Begins to load; frees the name if there is no thread to be had.
    void start(ModelSlot slot) {
        try {
            onThread("load-" + slot.name(), () -> settle(slot, () -> load(slot, find(slot))));
        } catch (OutOfMemoryError e) {
            table.remove(slot);
            throw e;
        }
    }

    /// To read and write whole models would hold up the virtual threads, so this is a platform thread.
    static void onThread(String name, Runnable work) {
        Thread.ofPlatform().daemon().name(name).start(work);
    }

    private ModelFiles find(ModelSlot slot) throws IOException, InterruptedException {
        Wanted wanted = slot.wanted();
        loader.require(wanted.target(), wanted.card());
        return slot.cancellation()
                .interruptibly(() -> source.find(wanted))
                .orElseThrow(() -> new IOException("no model of this name is known"));
    }

    private ServedModel load(ModelSlot slot, ModelFiles files) throws IOException, InterruptedException {
        return loader.load(files, slot.wanted().card(), slot.cancellation());
    }

    /// A model whose engine is lost is loaded anew from the same files, until it serves or somebody
    /// unloads it.
    private void restart(ModelSlot slot, ServedModel lost) {
        String deviceLoss = lost.engine().deviceLoss();
        if (deviceLoss != null) {
            loss.happen(lost.engine().device(), deviceLoss);
            return;
        }
        HostedModel serving = HostedModel.ready(slot.wanted(), lost);
        HostedModel restarting = HostedModel.restarting(slot.wanted());
        synchronized (table) {
            if (loss.hasHappened() || !table.moveWhileOpen(slot, serving, restarting)) {
                return;
            }
            try {
                onThread("restart-" + slot.name(), () -> restartPatiently(slot, lost, restarting));
            } catch (OutOfMemoryError e) {
                // No thread is to be had: it can still be unloaded, and what it took is given back then.
                table.move(slot, restarting, serving);
                throw e;
            }
        }
        LOG.warn("the engine of {} is lost and is started anew", slot.name());
        table.changed(slot.name());
    }

    private void restartPatiently(ModelSlot slot, ServedModel lost, HostedModel restarting) {
        lost.close();
        var backoff = new Backoff();
        HostedModel outcome = settle(slot, () -> load(slot, lost.files()));
        try {
            while (outcome.state() == HostedModel.State.FAILED) {
                backoff.pause();
                if (loss.hasHappened() || !table.moveWhileOpen(slot, outcome, restarting)) {
                    return;
                }
                table.changed(slot.name());
                outcome = settle(slot, () -> load(slot, lost.files()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Loads, and brings the model into the state that follows.
    private HostedModel settle(ModelSlot slot, Loading loading) {
        HostedModel before = slot.model();
        DeviceLostException lost = null;
        HostedModel outcome;
        try {
            outcome = HostedModel.ready(slot.wanted(), loading.load());
        } catch (DeviceLostException e) {
            lost = e;
            outcome = failed(slot, e);
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            // Errors too: running out of memory is how a model that is too large shows itself.
            outcome = failed(slot, e);
        }
        if (before.state() == HostedModel.State.LOADING && table.moveWhileOpen(slot, before, outcome)) {
            outcome.served().ifPresent(model -> serve(slot, model));
        } else {
            giveBack(slot, outcome);
        }
        if (lost != null) {
            loss.happen(lost.device(), lost.getMessage());
        }
        table.changed(slot.name());
        return outcome;
    }

    private void serve(ModelSlot slot, ServedModel model) {
        LOG.info("serving {} for {}", slot.name(), model.target());
        model.engine().whenLost(() -> restart(slot, model));
    }

    /// Nobody wants it any more: it was unloaded, or the host is closed.
    private void giveBack(ModelSlot slot, HostedModel outcome) {
        try {
            outcome.served().ifPresent(ServedModel::close);
        } finally {
            if (slot.model().state() == HostedModel.State.DRAINING) {
                LOG.info("{} was unloaded while it was being loaded", slot.name());
                table.remove(slot);
            }
        }
    }

    private static HostedModel failed(ModelSlot slot, Throwable reason) {
        if (!slot.cancellation().isCancelled()) {
            log(slot.name(), reason);
        }
        String message = reason instanceof InterruptedException ? "it was interrupted" : reason.getMessage();
        return HostedModel.failed(slot.wanted(), "the model could not be loaded: " + message);
    }

    /// Asked again while an import goes on, or a card is away: one line each time says enough.
    private static void log(String name, Throwable reason) {
        if (reason instanceof IOException
                || reason instanceof InterruptedException
                || reason instanceof CudaException) {
            LOG.warn("{} could not be loaded: {}", name, reason.getMessage());
        } else {
            LOG.error("{} could not be loaded", name, reason);
        }
    }
}
