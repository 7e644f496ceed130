package io.dipper.inference.host;

import io.dipper.openaiapi.ApiError;
import io.dipper.openaiapi.RefusedException;
import java.nio.file.Path;
import java.util.Optional;

/// A model on this host in one of its states, as a value: a picture taken at one moment.
///
/// @param wanted what it was loaded for
/// @param message why it is not ready; empty if it is
public record HostedModel(Wanted wanted, State state, String message, Optional<ServedModel> served) {

    private static final int RETRY_AFTER_SECONDS = 2;

    /// What a service that starts anew needs at least.
    private static final int RESTART_SECONDS = 10;

    public enum State {
        LOADING,
        READY,
        DRAINING,
        FAILED
    }

    static HostedModel loading(Wanted wanted) {
        return new HostedModel(wanted, State.LOADING, "the model is being loaded", Optional.empty());
    }

    static HostedModel restarting(Wanted wanted) {
        return new HostedModel(wanted, State.LOADING, "the model's engine is being restarted", Optional.empty());
    }

    static HostedModel ready(Wanted wanted, ServedModel model) {
        return new HostedModel(wanted, State.READY, "", Optional.of(model));
    }

    static HostedModel failed(Wanted wanted, String message) {
        return new HostedModel(wanted, State.FAILED, message, Optional.empty());
    }

    HostedModel draining() {
        return new HostedModel(wanted, State.DRAINING, "the model is being unloaded", served);
    }

    public String name() {
        return wanted.name();
    }

    /// Whether it is what another asks for: the same target and, where those are named, files and card.
    private boolean answers(Wanted other) {
        return wanted.target() == other.target()
                && (other.card().isEmpty() || other.card().equals(wanted.card()))
                && (other.folder().isEmpty() || checkpoint().equals(other.folder()));
    }

    /// @throws RefusedException 409 if another asks for what it does not answer, or it is being unloaded
    void requireAnswers(Wanted other) {
        if (state == State.DRAINING) {
            throw new RefusedException(
                    ApiError.conflict(name() + " is being unloaded; load it when it is gone", "model_unloading"));
        }
        if (!answers(other)) {
            throw new RefusedException(ApiError.conflict(
                    name() + " is loaded from other files, for another target or on another card (" + wanted.target()
                            + "); unload it first",
                    "model_loaded"));
        }
    }

    /// Whether its load goes on, be it called off or not.
    boolean isBeingLoaded() {
        return state == State.LOADING || (state == State.DRAINING && served.isEmpty());
    }

    /// The checkpoint's folder, as far as it is known.
    private Optional<Path> checkpoint() {
        return served.map(model -> model.files().checkpointFolder()).or(wanted::folder);
    }

    /// Whether its engine stopped because its device is lost to this process.
    public boolean isDeviceLost() {
        return served.filter(model -> model.engine().isDeviceLost()).isPresent();
    }

    /// Ready, and its engine lives.
    public boolean isServing() {
        return state == State.READY && served.orElseThrow().engine().isHealthy();
    }

    /// What is answered to who asks it while it does not serve. Why it was not loaded is for those who run this
    /// host; clients learn that it was not.
    ApiError notNow() {
        if (isDeviceLost()) {
            return deviceLost();
        }
        return switch (state) {
            case LOADING -> ApiError.unavailable("the model is being loaded", "model_loading", RETRY_AFTER_SECONDS);
            case DRAINING -> unloading();
            case READY -> ApiError.unavailable("the model's engine has stopped", "engine_stopped", RETRY_AFTER_SECONDS);
            case FAILED -> ApiError.unavailable("the model could not be loaded", "model_failed", RETRY_AFTER_SECONDS);
        };
    }

    static ApiError unloading() {
        return ApiError.unavailable("the model is being unloaded", "draining", RETRY_AFTER_SECONDS);
    }

    static ApiError deviceLost() {
        return ApiError.deviceLost(RESTART_SECONDS);
    }
}
