package io.dipper.registry.proofs;

import java.time.Duration;
import java.util.Optional;

/// When and by whom exports are proven.
///
/// @param interval between looks for something to prove
/// @param limit of one proof
/// @param inferenceUrl asked while no instance serves anything
record ProofSettings(Duration interval, Duration limit, Optional<String> inferenceUrl) {}
