package io.dipper.registry.endpoints;

import io.dipper.servicesupport.registry.EndpointLease;

/// What an instance says of itself. Counts that it leaves out are 0.
///
/// @param id the path's once more, or left out
public record EndpointHeartbeat(
        String id,
        String model,
        String target,
        String url,
        String service,
        EndpointLease.State state,
        Integer ttlSeconds,
        Integer running,
        Integer waiting,
        Integer capacity,
        Integer maxModelLen,
        Long createdSeconds,
        MemoryUse memory) {
    /// In bytes.
    public record MemoryUse(
            Long weightsBytes,
            Long kvReservedBytes,
            Long kvPeakBytes,
            Long plannedKvBytes,
            Long plannedTotalBytes,
            Long heldPeakBytes,
            Long rssBytes) {
        EndpointLease.Memory known() {
            return new EndpointLease.Memory(
                    orZero(weightsBytes),
                    orZero(kvReservedBytes),
                    orZero(kvPeakBytes),
                    orZero(plannedKvBytes),
                    orZero(plannedTotalBytes),
                    orZero(heldPeakBytes),
                    orZero(rssBytes));
        }
    }

    EndpointLease lease(String idOfPath) {
        return new EndpointLease(
                idOfPath,
                model,
                target,
                url,
                service == null ? "inference" : service,
                state,
                ttlSeconds == null ? EndpointLease.TTL_SECONDS : ttlSeconds,
                orZero(running),
                orZero(waiting),
                orZero(capacity),
                orZero(maxModelLen),
                orZero(createdSeconds),
                memory == null ? EndpointLease.Memory.UNKNOWN : memory.known());
    }

    private static int orZero(Integer value) {
        return value == null ? 0 : value;
    }

    private static long orZero(Long value) {
        return value == null ? 0 : value;
    }
}
