package io.dipper.gateway.routing;

import org.jspecify.annotations.Nullable;

/// One model at one address.
///
/// @param url without a path
/// @param bearer what opens it
/// @param load requests that it says it has
public record Endpoint(
        String id, String model, String url, @Nullable String bearer, State state, int load) {

    public enum State {
        LOADING,
        READY,
        DRAINING
    }

    public boolean isReady() {
        return state == State.READY;
    }

    @Override
    public String toString() {
        return "Endpoint[" + id + ", " + model + ", " + url + ", " + state + "]";
    }
}
