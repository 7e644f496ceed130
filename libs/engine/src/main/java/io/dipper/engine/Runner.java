package io.dipper.engine;

import io.dipper.engine.plan.Plan;

/// Runs one step of a model. Called by the engine's thread alone.
public interface Runner extends AutoCloseable {
    /// Where runners that only work on the processors live.
    String HOST = "cpu";

    RunnerShape shape();

    /// Where it lives, as in `cpu` or `cuda:0`: runners of one device share its fate.
    default String device() {
        return HOST;
    }

    /// What is done once, on the engine's thread, before the first step; may take seconds.
    ///
    /// @throws RuntimeException if the runner cannot work; the engine does not start then
    /// @throws DeviceLostException if nothing on its device will
    default void prepare() {}

    /// Computes the plan's rows and draws the tokens that it asks for.
    ///
    /// @throws RuntimeException if the step failed; its requests end as failed, later steps may go
    ///     on
    /// @throws DeviceFullException if it failed for want of memory
    /// @throws DeviceLostException if nothing works on the device any more: all requests end
    Tokens run(Plan plan);

    /// Whether steps can be started before others are finished; [#start] is called then.
    default boolean queues() {
        return false;
    }

    /// Whether the started plan's continuation ([Plan#continues]) may be started before it is finished.
    default boolean mayContinue(Plan started) {
        return false;
    }

    /// Begins a step and does not wait for it. A continuation takes its tokens from the draws of the step
    /// before, row by row.
    default void start(Plan plan) {
        throw new UnsupportedOperationException("a runner without a queue");
    }

    /// Waits for the oldest step that was started, the plan's, and reads what it drew. A runner without
    /// a queue computes it here.
    default Tokens finish(Plan plan) {
        return run(plan);
    }

    /// Of the time that all runs took so far, what went into laying out inputs and reading outputs,
    /// in nanoseconds; 0 where that is not known.
    default long layoutNs() {
        return 0;
    }

    /// Bytes set aside for keys, values and states; 0 where that is not known. Any thread may ask.
    default long kvReservedBytes() {
        return 0;
    }

    /// Bytes of its device that were planned before any was taken, for weights, keys and values and all
    /// else; 0 where nothing is planned. Any thread may ask.
    default long plannedBytes() {
        return 0;
    }

    /// The most bytes that a run has held beside weights, keys and values; 0 where that is not known.
    /// Any thread may ask.
    default long workspacePeakBytes() {
        return 0;
    }

    /// Not called when its device is lost: what it holds there goes with the process, and to give it back
    /// through what is broken could take the process down before all were told.
    @Override
    void close();
}
