package io.dipper.cli.offline;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import io.dipper.export.MemoryPlan;
import io.dipper.export.Target;
import io.dipper.transformer.tree.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "plan", description = "The memory that serving a checkpoint takes, and whether it fits.")
public final class PlanCommand extends OfflineCommand {
    private static final int MOST_CONCURRENCY = 65_536;
    private static final double GIB = 1L << 30;

    @Parameters(paramLabel = "PATH", description = "a checkpoint folder or a config.json")
    Path path;

    @Option(
            names = "--context",
            required = true,
            paramLabel = "N",
            description = "tokens of each sequence, at most the model's context")
    int context;

    @Option(
            names = "--concurrency",
            required = true,
            paramLabel = "N",
            description = "sequences at once, at most 65536")
    int concurrency;

    @Option(names = "--target", defaultValue = "cpu-f32", description = "default: cpu-f32")
    String target;

    @Option(names = "--memory", paramLabel = "BYTES", description = "what there is")
    Long memory;

    @Option(names = "--slice", paramLabel = "JSON", description = Slices.DESCRIPTION)
    String slice;

    @Override
    public Integer call() throws IOException {
        requireRange("--concurrency", concurrency, MOST_CONCURRENCY, "");
        if (memory != null && memory < 1) {
            throw Failure.badInput("--memory must be at least 1 byte, given: " + memory);
        }
        Model model = design(path, slice).model();
        requireRange("--context", context, model.contextLength(), " (the model's context)");
        Target chosen = Exports.target(target);
        var load = new MemoryPlan.Load(concurrency, context, chosen.stepTokens());
        try {
            return show(model, chosen, load);
        } catch (ArithmeticException _) {
            throw Failure.badInput("--context " + context + " and --concurrency " + concurrency + " of " + path
                    + " take more bytes than can be counted (2^63)");
        }
    }

    private static void requireRange(String option, int value, int most, String why) {
        if (value < 1 || value > most) {
            throw Failure.badInput(option + " must be 1 to " + most + why + ", given: " + value);
        }
    }

    private int show(Model model, Target chosen, MemoryPlan.Load load) {
        MemoryPlan plan = MemoryPlan.of(model, chosen, load);
        long total = plan.totalBytes();
        plan.rows().forEach(row -> line(row.what(), row.bytes(), ""));
        line("total", total, "");
        plan.mapped()
                .forEach(row -> line(row.what(), row.bytes(), "  in the host's memory, read by rows: not counted"));
        int code = memory == null ? ExitCode.GOOD : verdict(model, chosen, load, plan);
        out().flush();
        return code;
    }

    private void line(String what, long bytes, String remark) {
        out().printf(Locale.ROOT, "%-32s %,18d bytes  %9.3f GiB%s%n", what, bytes, bytes / GIB, remark);
    }

    private int verdict(Model model, Target chosen, MemoryPlan.Load load, MemoryPlan plan) {
        if (plan.fits(memory)) {
            out().printf(Locale.ROOT, "fits, leaves %.3f GiB%n", (memory - plan.totalBytes()) / GIB);
            return ExitCode.GOOD;
        }
        out().printf(
                        Locale.ROOT,
                        "does not fit: would up to a context of %d at this concurrency, or up to %d sequences at this context%n",
                        MemoryPlan.longestContext(model, chosen, load, memory),
                        MemoryPlan.mostSequences(model, chosen, load, memory, MOST_CONCURRENCY));
        return ExitCode.NO;
    }
}
