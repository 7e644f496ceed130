package io.dipper.cli;

import io.dipper.engine.DeviceLostException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;

/// A command that ends with a message for people and an exit code for scripts.
public final class Failure extends RuntimeException {
    private final int exitCode;
    private final boolean isOwnFault;

    public Failure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
        this.isOwnFault = false;
    }

    private Failure(int exitCode, String message, Throwable cause, boolean isOwnFault) {
        super(message, cause);
        this.exitCode = exitCode;
        this.isOwnFault = isOwnFault;
    }

    public static Failure badInput(String message) {
        return new Failure(ExitCode.BAD_INPUT, message);
    }

    /// Whether the stack says more than the message: of faults of our own always, of others on demand.
    boolean needsStack() {
        return isOwnFault || (getCause() != null && System.getenv("DIPPER_DEBUG") != null);
    }

    /// The message, however it was put together, as one line.
    public String line() {
        return getMessage().replaceAll("\\p{Cntrl}+\\s*", " ").strip();
    }

    public int exitCode() {
        return exitCode;
    }

    /// What is thrown counts as what its outermost exception says of which anything is known: bad input as
    /// [BadInput] says, an error of the JVM, a lost card. All else is a fault of our own.
    public static Failure of(Throwable thrown) {
        if (thrown instanceof IOException io) {
            // In its own words: what caused it says less of the file.
            return new Failure(ExitCode.BAD_INPUT, describe(io), io, false);
        }
        var input = new BadInput();
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case Failure failure -> {
                    return failure;
                }
                case DeviceLostException lost -> {
                    return new Failure(ExitCode.DEVICE_LOST, describe(lost), thrown, false);
                }
                case AssertionError _ -> {
                    return ownFault(thrown);
                }
                case Error error -> {
                    return ofMachine(error, thrown);
                }
                default -> {
                    if (input.isMeantBy(cause)) {
                        return new Failure(ExitCode.BAD_INPUT, describe(rootCause(cause)), thrown, false);
                    }
                }
            }
        }
        return ownFault(thrown);
    }

    private static Failure ownFault(Throwable thrown) {
        return new Failure(ExitCode.FAULT, "this is a fault of Dipper's own: " + rootCause(thrown), thrown, true);
    }

    /// Errors are of the JVM: memory has run out, or something is not on the machine that should be.
    private static Failure ofMachine(Error error, Throwable thrown) {
        String kind = error.getClass().getSimpleName();
        String message = describe(rootCause(thrown));
        return new Failure(ExitCode.FAULT, message.equals(kind) ? kind : kind + ": " + message, thrown, false);
    }

    /// A service that does not start says why in its innermost exception.
    private static Throwable rootCause(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /// Some exceptions about files have the file alone for a message.
    public static String describe(Throwable exception) {
        String message = exception.getMessage();
        return switch (exception) {
            case NoSuchFileException _ -> "no such file: " + message;
            case AccessDeniedException _ -> "no access to " + message;
            case FileAlreadyExistsException _ -> "there is a file " + message;
            default ->
                message == null || message.isBlank() ? exception.getClass().getSimpleName() : message;
        };
    }
}
