package io.dipper.engine;

/// What became of a submission: taken, then its events come through the outbox, or refused at once.
public sealed interface Submitted {
    record Accepted(Outbox outbox) implements Submitted {}

    record Refused(Refusal refusal) implements Submitted {}
}
