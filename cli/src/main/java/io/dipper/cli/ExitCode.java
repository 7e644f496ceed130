package io.dipper.cli;

/// What scripts can rely on.
public final class ExitCode {
    public static final int GOOD = 0;
    /// Parity failed, it does not fit, it regressed.
    public static final int NO = 1;
    public static final int BAD_INPUT = 2;
    public static final int UNDECIDED = 3;

    private ExitCode() {}
}
