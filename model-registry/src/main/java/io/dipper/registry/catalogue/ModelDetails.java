package io.dipper.registry.catalogue;

import io.dipper.checkpoint.StoredFile;
import io.dipper.servicesupport.registry.EndpointLease;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// All that is known of a model's current version.
///
/// @param facts as `inspect` prints them
/// @param versions every digest that the name ever had and still has, the current one first
public record ModelDetails(
        String name,
        String digest,
        String source,
        long bytes,
        Instant createdAt,
        String checkpointFolder,
        Architecture architecture,
        Map<String, Object> facts,
        List<StoredFile> files,
        List<Export> exports,
        List<Version> versions,
        List<EndpointLease> endpoints) {
    /// A graph with its weights for one target, and the proofs that were tried, the latest first.
    ///
    /// @param memory null until an engine ran it
    public record Export(
            String target,
            ExportState state,
            String folder,
            long bytes,
            double seconds,
            Instant createdAt,
            List<Proof> proofs,
            ExportMemory memory) {}

    /// One verdict; `report` is what the prover found, in its own words.
    public record Proof(String verdict, Map<String, Object> report, String prover, double seconds, Instant createdAt) {}

    public record Version(String digest, String source, Instant createdAt) {}
}
