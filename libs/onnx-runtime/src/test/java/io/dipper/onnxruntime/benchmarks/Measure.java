package io.dipper.onnxruntime.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/// What the benchmarks share: times, memory, and a file of weights.
final class Measure {
    private Measure() {}

    /// Seconds by the clock, and seconds that the calling thread had a processor: on a machine with
    /// other work the second is the sounder one, if the calling thread does all the work.
    record Seconds(double wall, double processor) {}

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /// The least of at least `repeats` runs and at least 1 s, after one that does not count; each
    /// kind by itself.
    static Seconds best(int repeats, Runnable run) {
        run.run();
        double wall = Double.POSITIVE_INFINITY;
        double processor = Double.POSITIVE_INFINITY;
        long until = System.nanoTime() + 1_000_000_000L;
        for (int i = 0; i < repeats || System.nanoTime() < until; i++) {
            long start = System.nanoTime();
            long processorStart = THREADS.getCurrentThreadCpuTime();
            run.run();
            processor = Math.min(processor, (THREADS.getCurrentThreadCpuTime() - processorStart) * 1e-9);
            wall = Math.min(wall, (System.nanoTime() - start) * 1e-9);
        }
        return new Seconds(wall, processor);
    }

    /// Anonymous and file-backed resident memory, in MB.
    record Resident(long anonymous, long file) {
        static Resident now() throws IOException {
            long anonymous = 0;
            long file = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("RssAnon:")) {
                    anonymous = kilobytes(line);
                } else if (line.startsWith("RssFile:")) {
                    file = kilobytes(line);
                }
            }
            return new Resident(anonymous / 1000, file / 1000);
        }

        private static long kilobytes(String line) {
            return Long.parseLong(line.replaceAll("\\D", ""));
        }

        Resident since(Resident before) {
            return new Resident(anonymous - before.anonymous, file - before.file);
        }

        @Override
        public String toString() {
            return "anon %+d MB, file %+d MB".formatted(anonymous, file);
        }
    }

    /// The most that has been resident at once, in MB.
    static long peak() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                            .mapToLong(Resident::kilobytes)
                            .sum()
                    / 1000;
        }
    }

    /// Writes a file of `count` small random floats, unless it is there.
    static void weights(Path file, long count) throws IOException {
        if (Files.exists(file) && Files.size(file) == count * Float.BYTES) {
            return;
        }
        try (var channel = FileChannel.open(
                        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                var arena = Arena.ofConfined()) {
            channel.truncate(0);
            fill(channel.map(FileChannel.MapMode.READ_WRITE, 0, count * Float.BYTES, arena), 1);
        }
    }

    /// The whole of a file, mapped read-only.
    static MemorySegment map(Path file, Arena arena) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        }
    }

    static void fill(MemorySegment floats, long seed) {
        var random = new Random(seed);
        for (long i = 0; i < floats.byteSize() / Float.BYTES; i++) {
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (random.nextFloat() - 0.5f) * 0.1f);
        }
    }

    /// GB/s at which one thread reads memory: what a product that reads every weight once cannot
    /// beat by much.
    static double readRate() {
        long half = 160L << 20;
        try (var arena = Arena.ofConfined()) {
            var a = arena.allocate(half, 4096).fill((byte) 1);
            var b = arena.allocate(half, 4096).fill((byte) 1);
            return 2 * half / best(5, () -> a.mismatch(b)).processor() * 1e-9;
        }
    }
}
