package io.dipper.inference.answer;

import java.time.InstantSource;

/// What every object of an answer repeats.
///
/// @param created seconds since 1970
/// @param model the name that was asked for
record AnswerHead(String id, long created, String model, String systemFingerprint) {
    static AnswerHead of(String id, String model, String systemFingerprint, InstantSource clock) {
        return new AnswerHead(id, clock.instant().getEpochSecond(), model, systemFingerprint);
    }
}
