package io.dipper.cli;

import java.io.PrintWriter;
import java.util.Locale;

/// One line of progress that rewrites itself: percent, amount, rate, time left. Where nobody
/// watches a terminal, only its end is printed.
public final class ProgressLine {
    private static final double MIB = 1024 * 1024;

    /// Set by the launcher when standard error is a terminal.
    private static final String TERMINAL = "dipper.terminal";

    private final PrintWriter out;
    private final boolean watched = Boolean.getBoolean(TERMINAL);
    private String phase = "";
    private long phaseStartNs;
    private int width;

    public ProgressLine(PrintWriter out) {
        this.out = out;
    }

    /// Of bytes.
    public void show(String newPhase, long done, long total) {
        count(newPhase, "MiB", (double) done / MIB, (double) total / MIB);
    }

    /// Of anything that is counted.
    public void count(String newPhase, String unit, double done, double total) {
        if (!watched) {
            return;
        }
        long nowNs = System.nanoTime();
        if (!newPhase.equals(phase)) {
            phase = newPhase;
            phaseStartNs = nowNs;
        }
        double seconds = (nowNs - phaseStartNs) / 1e9;
        var text = new StringBuilder(phase);
        if (total > 0) {
            text.append(
                    String.format(Locale.ROOT, " %3.0f %% of %.1f %s", Math.min(100, 100 * done / total), total, unit));
            if (seconds > 0.5 && done > 0) {
                double rate = done / seconds;
                text.append(String.format(
                        Locale.ROOT, ", %.1f %s/s, %.0f s left", rate, unit, Math.max(0, (total - done) / rate)));
            }
        }
        rewrite(text.toString());
    }

    public void end(String message) {
        if (width > 0) {
            rewrite(message);
            out.println();
        } else if (!message.isEmpty()) {
            out.println(message);
        }
        out.flush();
        width = 0;
    }

    private void rewrite(String text) {
        out.print('\r' + text + " ".repeat(Math.max(0, width - text.length())));
        out.flush();
        width = text.length();
    }
}
