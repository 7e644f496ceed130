package io.dipper.registry.imports;

import java.time.Instant;

/// An import as callers see it.
///
/// @param bytesDone of `bytesTotal` of what `message` says is being done
/// @param message what is being done, or why it failed
/// @param digest of the checkpoint, once it is known
public record ImportJob(
        String id,
        String name,
        String source,
        String revision,
        ImportState state,
        long bytesDone,
        long bytesTotal,
        String message,
        String digest,
        Instant createdAt,
        Instant updatedAt) {}
