package io.dipper.servicesupport.registry;

import org.jspecify.annotations.Nullable;

/// One model as one inference instance serves it now: what the instance tells the registry in each
/// heartbeat, and what the gateway routes by. It holds for `ttlSeconds` after the last heartbeat.
///
/// @param id chosen by the instance: one per instance and model
/// @param target what the export that is served was made for; null while it is not known
/// @param url the instance's base address, without a path
/// @param running requests in the engine's batch; `waiting` those in its queue; `capacity` how many
///     it takes in all
/// @param maxModelLen longest context in tokens; 0 while it is not known
/// @param createdSeconds when the model came up here, in seconds since 1970
public record EndpointLease(
        String id,
        String model,
        @Nullable String target,
        String url,
        String service,
        State state,
        int ttlSeconds,
        int running,
        int waiting,
        int capacity,
        int maxModelLen,
        long createdSeconds,
        Memory memory) {

    public static final int TTL_SECONDS = 15;

    public enum State {
        LOADING,
        READY,
        DRAINING,
        /// It ran out a moment ago, and was not given back: its instance is away. Only the registry says so.
        AWAY
    }

    /// In bytes; what is not known is 0.
    ///
    /// @param plannedTotalBytes weights that steps read whole, keys and values, and the workspace of the
    ///     largest step; `heldPeakBytes` the same as far as it was reserved and held
    public record Memory(
            long weightsBytes,
            long kvReservedBytes,
            long kvPeakBytes,
            long plannedKvBytes,
            long plannedTotalBytes,
            long heldPeakBytes,
            long rssBytes) {
        public static final Memory UNKNOWN = new Memory(0, 0, 0, 0, 0, 0, 0);
    }
}
