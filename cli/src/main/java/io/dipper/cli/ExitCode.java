package io.dipper.cli;

/// What scripts can rely on.
public final class ExitCode {
    public static final int GOOD = 0;
    /// Parity failed, it does not fit, it regressed.
    public static final int NO = 1;
    public static final int BAD_INPUT = 2;
    public static final int UNDECIDED = 3;
    /// None of these: a fault of the product's own, whose stack is printed, an error of the JVM, such as that memory
    /// has run out, or a database that does not start here.
    public static final int FAULT = 70;
    /// The process has lost its context on a card: it helps to start it anew.
    public static final int DEVICE_LOST = 75;

    private ExitCode() {}
}
