package io.dipper.servicesupport.postgres;

/// The embedded PostgreSQL cannot run on this machine or in this home: its disk is full, say. The message says
/// what failed, where, and what PostgreSQL said of it.
public final class PostgresException extends IllegalStateException {
    PostgresException(String message) {
        super(message);
    }

    PostgresException(String message, Throwable cause) {
        super(message, cause);
    }
}
