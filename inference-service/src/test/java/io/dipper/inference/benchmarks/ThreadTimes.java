package io.dipper.inference.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/// Processor time of this process by what it went into, in milliseconds since its start.
///
/// @param answers the carriers of request threads: parsing, detokenising, making frames
/// @param network Netty's event loops
/// @param clients the benchmark's own threads that live
/// @param process everything, the runtime's own threads and the collector included
record ThreadTimes(double answers, double network, double clients, double process) {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    static ThreadTimes now() {
        var process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return new ThreadTimes(
                named("ForkJoinPool-1-worker"),
                named("inference-http"),
                named(StreamsBenchmark.CLIENT),
                process.getProcessCpuTime() / 1e6);
    }

    ThreadTimes since(ThreadTimes earlier) {
        return new ThreadTimes(
                answers - earlier.answers,
                network - earlier.network,
                clients - earlier.clients,
                process - earlier.process);
    }

    private static double named(String prefix) {
        double ms = 0;
        for (long id : THREADS.getAllThreadIds()) {
            var info = THREADS.getThreadInfo(id);
            if (info != null && info.getThreadName().startsWith(prefix)) {
                ms += Math.max(0, THREADS.getThreadCpuTime(id)) / 1e6;
            }
        }
        return ms;
    }
}
