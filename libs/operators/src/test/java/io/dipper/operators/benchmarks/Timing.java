package io.dipper.operators.benchmarks;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/// What the operators' benchmarks share.
final class Timing {
    private static final int WARM_UP = 12;

    private Timing() {}

    /// The least seconds of each run, taken in turns, so that what disturbs the machine disturbs all.
    static double[] together(int rounds, Runnable... runs) {
        double[] least = new double[runs.length];
        Arrays.fill(least, Double.POSITIVE_INFINITY);
        for (int round = -WARM_UP; round < rounds; round++) {
            for (int i = 0; i < runs.length; i++) {
                long start = System.nanoTime();
                runs[i].run();
                if (round >= 0) {
                    least[i] = Math.min(least[i], (System.nanoTime() - start) * 1e-9);
                }
            }
        }
        return least;
    }

    /// GB/s at which so many threads read memory together.
    static double readRate(int threads) {
        long half = 128L << 20;
        try (var arena = Arena.ofShared()) {
            var a = IntStream.range(0, threads)
                    .mapToObj(_ -> arena.allocate(half, 4096).fill((byte) 1))
                    .toList();
            var b = IntStream.range(0, threads)
                    .mapToObj(_ -> arena.allocate(half, 4096).fill((byte) 1))
                    .toList();
            double[] seconds = together(
                    5,
                    () -> IntStream.range(0, threads)
                            .parallel()
                            .forEach(i -> a.get(i).mismatch(b.get(i))));
            return 2e-9 * half * threads / seconds[0];
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
            fill(channel.map(FileChannel.MapMode.READ_WRITE, 0, count * Float.BYTES, arena), 1);
        }
    }

    static void fill(MemorySegment floats, long seed) {
        var random = new Random(seed);
        for (long i = 0; i < floats.byteSize() / Float.BYTES; i++) {
            floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (random.nextFloat() - 0.5f) * 0.1f);
        }
    }
}
