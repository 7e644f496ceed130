package io.dipper.inference.host;

import io.dipper.servicesupport.http.Readiness;
import java.util.Optional;

/// The model that this service is started with: it is asked for until it is there, and the service is ready
/// when it serves.
public final class FirstModel implements AutoCloseable {
    private static final String CONDITION = "model";

    private final ModelHost host;
    private final Readiness readiness;
    private final String name;
    private final PatientLoad load;

    /// @param before knows whether its load killed processes before this one
    public FirstModel(ModelHost host, Readiness readiness, Optional<ServedBefore> before, Wanted wanted) {
        this.host = host;
        this.readiness = readiness;
        this.name = wanted.name();
        this.load = new PatientLoad(
                host,
                wanted,
                Integer.MAX_VALUE,
                before.<PatientLoad.Asking>map(served -> served::load).orElse(host::begin),
                this::update);
    }

    /// Begins to load; returns at once.
    public void start() {
        readiness.waitFor(CONDITION, name + " is being loaded");
        host.whenChanged(changed -> {
            if (changed.equals(name)) {
                update();
            }
        });
        load.start();
    }

    /// Says whether the model still serves. What is said last is so: two changes come on two threads.
    private synchronized void update() {
        boolean serves = host.find(name).filter(HostedModel::isServing).isPresent();
        if (serves) {
            readiness.met(CONDITION);
        } else {
            readiness.waitFor(CONDITION, name + " is not served");
        }
    }

    @Override
    public void close() {
        load.close();
    }
}
