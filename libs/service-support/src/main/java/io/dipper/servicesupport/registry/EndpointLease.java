package io.dipper.servicesupport.registry;

/// One model as one inference instance serves it now: what the instance tells the registry in each
/// heartbeat, and what the gateway routes by. It holds for `ttlSeconds` after the last heartbeat.
///
/// @param id chosen by the instance: one per instance and model
/// @param url the instance's base address, without a path
/// @param running requests in the engine's batch; `waiting` those in its queue; `capacity` how many
///     it takes in all
/// @param maxModelLen longest context in tokens; 0 while it is not known
/// @param createdSeconds when the model came up here, in seconds since 1970
public record EndpointLease(
        String id,
        String model,
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
        DRAINING
    }

    /// In bytes; what is not known is 0.
    public record Memory(long weightsBytes, long kvReservedBytes, long kvPeakBytes, long rssBytes) {
        public static final Memory UNKNOWN = new Memory(0, 0, 0, 0);
    }
}
