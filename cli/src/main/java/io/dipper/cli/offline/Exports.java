package io.dipper.cli.offline;

import io.dipper.checkpoint.Progress;
import io.dipper.cli.Failure;
import io.dipper.cli.ProgressLine;
import io.dipper.export.ExportResult;
import io.dipper.export.Exporter;
import io.dipper.export.Target;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;

/// Exports with progress for people.
final class Exports {
    private static final long SHOW_EVERY_NS = 100_000_000;

    private Exports() {}

    /// Long work that tells how far it is.
    interface Work<T> {
        T run(Progress progress) throws IOException;
    }

    static ExportResult export(Path checkpoint, Target target, Path out, PrintWriter messages) throws IOException {
        return shown(messages, progress -> Exporter.export(checkpoint, target, out, progress));
    }

    static <T> T shown(PrintWriter messages, Work<T> work) throws IOException {
        var line = new ProgressLine(messages);
        long[] shownNs = {System.nanoTime()};
        T result = work.run((phase, done, total) -> {
            long nowNs = System.nanoTime();
            if (nowNs - shownNs[0] > SHOW_EVERY_NS) {
                shownNs[0] = nowNs;
                line.show(phase, done, total);
            }
        });
        line.end("");
        return result;
    }

    static Target target(String name) {
        try {
            return Target.named(name);
        } catch (IllegalArgumentException e) {
            throw Failure.badInput("--target: " + e.getMessage());
        }
    }
}
