package io.dipper.benchmark.runs;

import io.dipper.benchmark.results.Results;
import org.jspecify.annotations.Nullable;

/// What a run is compared with.
///
/// @param run its id; null where the results came from a file
public record Baseline(@Nullable String run, Results results) {}
