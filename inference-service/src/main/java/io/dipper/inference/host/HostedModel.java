package io.dipper.inference.host;

import java.util.Optional;

/// A model on this host in one of its states, as a value: a picture taken at one moment.
///
/// @param message why it is not ready; empty if it is
public record HostedModel(String name, State state, String message, Optional<ServedModel> served) {

    public enum State {
        LOADING,
        READY,
        DRAINING,
        FAILED
    }

    static HostedModel loading(String name) {
        return new HostedModel(name, State.LOADING, "the model is being loaded", Optional.empty());
    }

    static HostedModel restarting(String name) {
        return new HostedModel(name, State.LOADING, "the model's engine is being restarted", Optional.empty());
    }

    static HostedModel ready(ServedModel model) {
        return new HostedModel(model.name(), State.READY, "", Optional.of(model));
    }

    static HostedModel failed(String name, String message) {
        return new HostedModel(name, State.FAILED, message, Optional.empty());
    }

    HostedModel draining() {
        return new HostedModel(name, State.DRAINING, "the model is being unloaded", served);
    }

    /// Ready, and its engine lives.
    public boolean isServing() {
        return state == State.READY && served.orElseThrow().engine().isHealthy();
    }
}
