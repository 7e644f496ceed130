package io.dipper.inference.host;

import io.dipper.engine.EngineStats;
import io.dipper.servicesupport.registry.EndpointLease;
import java.util.List;
import java.util.UUID;

/// What this instance tells the registry of its models.
public final class Leases {
    private static final String SERVICE = "inference";

    private final ModelHost host;
    private final String url;
    private volatile boolean draining;
    private final String instance = UUID.randomUUID().toString().substring(0, 8);

    /// The leases of an instance that is reached at `url`.
    public Leases(ModelHost host, String url) {
        this.host = host;
        this.url = url;
    }

    /// Whether a successor of this process is to serve the same: what was announced is left to run out then,
    /// so that until it comes up clients hear that nobody is ready, not that there is no such model.
    boolean haveSuccessor() {
        return host.isDeviceLost();
    }

    /// From now on no model of this instance takes requests.
    public void drain() {
        draining = true;
    }

    /// One lease a model, as things are now.
    public List<EndpointLease> current() {
        return host.list().stream()
                .filter(model -> model.state() != HostedModel.State.FAILED)
                .map(this::lease)
                .toList();
    }

    private EndpointLease lease(HostedModel model) {
        String id = SERVICE + "-" + instance + "-" + model.name().replace('/', ':');
        var served = model.served();
        if (served.isEmpty()) {
            return new EndpointLease(
                    id,
                    model.name(),
                    model.wanted().target().toString(),
                    url,
                    SERVICE,
                    model.state() == HostedModel.State.LOADING
                            ? EndpointLease.State.LOADING
                            : EndpointLease.State.DRAINING,
                    EndpointLease.TTL_SECONDS,
                    0,
                    0,
                    0,
                    0,
                    0,
                    EndpointLease.Memory.UNKNOWN);
        }
        EngineStats stats = served.get().engine().stats();
        var limits = served.get().engine().limits();
        return new EndpointLease(
                id,
                model.name(),
                served.get().target(),
                url,
                SERVICE,
                model.isServing() && !draining ? EndpointLease.State.READY : EndpointLease.State.DRAINING,
                EndpointLease.TTL_SECONDS,
                stats.running(),
                stats.waiting(),
                limits.maxRunning() + limits.maxWaiting(),
                served.get().limits().contextTokens(),
                served.get().created(),
                memory(served.get().memory()));
    }

    private static EndpointLease.Memory memory(ModelMemory memory) {
        return new EndpointLease.Memory(
                memory.weightsBytes(),
                memory.kvReservedBytes(),
                memory.kvPeakBytes(),
                memory.plannedKvBytes(),
                memory.plannedTotalBytes(),
                memory.heldPeakBytes(),
                memory.rssBytes());
    }
}
