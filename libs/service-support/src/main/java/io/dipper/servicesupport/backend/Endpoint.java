package io.dipper.servicesupport.backend;

import org.jspecify.annotations.Nullable;

/// One model at one place.
///
/// @param id unique among all backends
/// @param owner who serves it, as clients are told in `owned_by`
/// @param load requests that it says it has
/// @param created when it came up, in seconds since 1970
/// @param maxModelLen longest context in tokens; null where the place does not tell
public record Endpoint(
        String id,
        String model,
        String owner,
        State state,
        int load,
        long created,
        @Nullable Integer maxModelLen) {

    public enum State {
        LOADING,
        READY,
        DRAINING,
        /// It is not heard of any more, and has not said that it goes.
        AWAY
    }

    public boolean isReady() {
        return state == State.READY;
    }
}
