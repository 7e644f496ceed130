package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.invoke.MethodHandle;

/// Launches captured as a CUDA graph, so that replays take the card's time alone.
final class CapturedWork implements AutoCloseable {
    private static final MethodHandle BEGIN = CudaDriver.handle("cuStreamBeginCapture_v2", JAVA_LONG, JAVA_INT);
    private static final MethodHandle END = CudaDriver.handle("cuStreamEndCapture", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle INSTANTIATE =
            CudaDriver.handle("cuGraphInstantiateWithFlags", JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle LAUNCH = CudaDriver.handle("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle DESTROY = CudaDriver.handle("cuGraphExecDestroy", JAVA_LONG);
    private static final MethodHandle DESTROY_GRAPH = CudaDriver.handle("cuGraphDestroy", JAVA_LONG);
    private static final int THIS_THREAD = 1;
    private static final int WARM_UP = 2;
    private static final int ROUNDS = 6;

    private final CudaStream stream;
    private final long graph;
    private final long executable;

    /// Runs the work once, so that it has what memory it needs, and captures it then.
    CapturedWork(CudaStream stream, Runnable work) {
        this.stream = stream;
        work.run();
        stream.await();
        CudaDriver.call("beginning a capture", () -> (int) BEGIN.invokeExact(stream.handle(), THIS_THREAD));
        work.run();
        this.graph = CudaDriver.create("ending a capture", out -> (int) END.invokeExact(stream.handle(), out));
        this.executable = CudaDriver.create("preparing a graph", out -> (int) INSTANTIATE.invokeExact(out, graph, 0L));
    }

    /// The least microseconds of some replays.
    double microseconds() {
        double least = Double.POSITIVE_INFINITY;
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            long start = stream.mark();
            CudaDriver.call("replaying", () -> (int) LAUNCH.invokeExact(executable, stream.handle()));
            long end = stream.mark();
            stream.await();
            if (round >= 0) {
                least = Math.min(least, 1e3 * CudaStream.between(start, end));
            }
            stream.forget(start);
            stream.forget(end);
        }
        return least;
    }

    @Override
    public void close() {
        CudaDriver.call("forgetting a graph", () -> (int) DESTROY.invokeExact(executable));
        CudaDriver.call("forgetting a graph", () -> (int) DESTROY_GRAPH.invokeExact(graph));
    }
}
