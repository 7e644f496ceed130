package io.dipper.engineort;

import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;

/// A graph that is open on some device, run step by step by one thread.
interface Steps extends AutoCloseable {
    /// What is done once, by that thread, before the first step.
    default void prepare() {}

    Tokens run(Plan plan);

    /// As [io.dipper.engine.Runner] has them.
    default boolean queues() {
        return false;
    }

    default boolean mayContinue(Plan started) {
        return false;
    }

    default void start(Plan plan) {
        throw new UnsupportedOperationException("steps without a queue");
    }

    default Tokens finish(Plan plan) {
        return run(plan);
    }

    /// Nanoseconds of all runs that went into laying out inputs and reading outputs.
    long layoutNs();

    /// The most bytes that a run had in use for what nodes hand to one another. Any thread may ask.
    long workspacePeakBytes();

    @Override
    void close();
}
