package io.dipper.engineort.benchmarks;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.engineort.MeasuredLoad;
import io.dipper.export.MemoryPlan;
import io.dipper.export.MemoryPlan.Load;
import io.dipper.export.Target;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/// What the plan says of a model beside what serving it took, under a full load: as many sequences as
/// there is room for, each as long as it may be. Prints a row of the table in
/// `docs/benchmarks/memory.md`.
///
/// Arguments: a checkpoint folder or its config.json, the export folder, sequences, tokens of each,
/// tokens of a step. One model a process: freed memory is not always given back.
public final class MemoryBenchmark {
    private MemoryBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        Path checkpoint = Path.of(arguments[0]);
        var load = new Load(
                Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
        Reading.Read read = switch (Families.read(Checkpoint.readConfig(checkpoint))) {
            case Refusal refusal -> throw new IOException(refusal.message());
            case Reading.Read model -> model;
        };
        MemoryPlan plan = MemoryPlan.of(read.model(), Target.CPU_F32, load);
        System.gc();
        long before = status("VmRSS:");
        MeasuredLoad measured = MeasuredLoad.of(
                Path.of(arguments[1]), load, Runtime.getRuntime().availableProcessors());
        long resident = status("VmHWM:") - before;
        System.out.printf(
                Locale.ROOT,
                "| %s | %d × %d, %d | %,d | %,d | %,d | %,d | %,d | %+.2f %% | %,d | %+.2f %% |%n",
                read.family(),
                load.sequences(),
                load.contextTokens(),
                load.stepTokens(),
                plan.keyValueBytes(),
                measured.kvBytes(),
                measured.workspaceBytes(),
                plan.totalBytes(),
                measured.totalBytes(),
                100.0 * plan.totalBytes() / measured.totalBytes() - 100,
                resident,
                100.0 * plan.totalBytes() / resident - 100);
    }

    private static long status(String line) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(text -> text.startsWith(line))
                    .mapToLong(text -> Long.parseLong(text.replaceAll("\\D", "")) * 1024)
                    .sum();
        }
    }
}
