package io.dipper.cli.platform;

import io.dipper.cli.Failure;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.Deque;

/// The JVM's one shutdown hook: stops what was started, last first, and ends with exit code 0,
/// which a JVM that gets SIGTERM would not do by itself.
final class Shutdown {
    private final Deque<Step> steps = new ArrayDeque<>();
    private final PrintWriter messages;
    private int exitCode;
    private volatile boolean stopping;

    private record Step(String name, AutoCloseable closing) {}

    Shutdown(PrintWriter messages) {
        this.messages = messages;
    }

    void install() {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    stopAll();
                    Runtime.getRuntime().halt(exitCode());
                }));
    }

    /// Stopped before what was added earlier.
    synchronized void add(String name, AutoCloseable closing) {
        steps.push(new Step(name, closing));
    }

    /// Whether it has begun.
    boolean isStopping() {
        return stopping;
    }

    /// What the JVM ends with instead of 0. What fails because it is stopped does not count.
    synchronized void failed(int code) {
        if (!stopping) {
            exitCode = code;
        }
    }

    /// How a command ends that could not start. What fails because it is stopped is not told.
    ///
    /// @return the exit code of one that is being stopped, when it is
    /// @throws Failure what kept it from starting, as which the JVM ends
    int endOf(Throwable thrown) {
        if (!stopping) {
            Failure told = StartChecks.told(thrown);
            failed(told.exitCode());
            throw told;
        }
        return exitCode();
    }

    synchronized int exitCode() {
        return exitCode;
    }

    /// Stops what is still there; a second call finds nothing.
    void stopAll() {
        stopping = true;
        stopSteps();
    }

    private synchronized void stopSteps() {
        while (!steps.isEmpty()) {
            Step step = steps.pop();
            try {
                step.closing.close();
            } catch (Exception | Error e) {
                // Whatever it is, the others are to be stopped.
                messages.println("dipper: stopping " + step.name + " failed: "
                        + Failure.of(e).line());
            }
        }
    }
}
