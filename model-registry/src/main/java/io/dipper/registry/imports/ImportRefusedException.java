package io.dipper.registry.imports;

/// A checkpoint that cannot be served, for a reason that trying again does not change.
final class ImportRefusedException extends Exception {
    private static final int MAX_MESSAGE = 8_000;

    ImportRefusedException(String message) {
        super(message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) + "…" : message, null, false, false);
    }
}
