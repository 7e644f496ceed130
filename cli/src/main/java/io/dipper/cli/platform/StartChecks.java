package io.dipper.cli.platform;

import io.dipper.cli.ExitCode;
import io.dipper.cli.Failure;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.HomeLock;
import io.dipper.servicesupport.postgres.PostgresException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.web.server.PortInUseException;

/// What a start needs, looked at before anything starts, and told by the option that it came from.
final class StartChecks {
    private static final int LEAVING_POLLS = 100;
    private static final long LEAVING_POLL_MILLIS = 100;

    private StartChecks() {}

    /// Logs and secrets are written before a service could say that it cannot.
    static void requireWritable(DipperHome home) {
        try {
            Files.createDirectories(home.logs());
            for (Path folder : new Path[] {home.root(), home.logs()}) {
                Files.delete(Files.createTempFile(folder, ".check", null));
            }
        } catch (IOException e) {
            throw Failure.badInput("--home " + home.root() + " cannot be written: " + Failure.describe(e));
        }
    }

    static void requireUnused(DipperHome home) {
        try {
            HomeLock.acquire(home).close();
        } catch (HomeLock.InUseException e) {
            throw inUse(e);
        }
    }

    /// The inference service of a platform that was killed needs a moment to see that, and to end.
    static void awaitFree(int port) throws InterruptedException {
        for (int i = 0; i < LEAVING_POLLS && !isFree(port); i++) {
            TimeUnit.MILLISECONDS.sleep(LEAVING_POLL_MILLIS);
        }
    }

    private static boolean isFree(int port) {
        try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    static void requireFree(int port, Service service) {
        // Given back at once: the service binds it.
        if (!isFree(port)) {
            throw taken(port, service.toString());
        }
    }

    /// Why a start failed; what somebody else took between the checks and the start is told as the checks tell it.
    static Failure told(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof HomeLock.InUseException inUse) {
                return inUse(inUse);
            }
            if (cause instanceof PortInUseException inUse) {
                return taken(inUse.getPort(), "a service");
            }
            if (cause instanceof PostgresException postgres) {
                return new Failure(ExitCode.FAULT, postgres.getMessage());
            }
        }
        return Failure.of(thrown);
    }

    private static Failure inUse(HomeLock.InUseException e) {
        return Failure.badInput("--home " + e.getMessage());
    }

    private static Failure taken(int port, String service) {
        return Failure.badInput(
                "--port: " + port + ", where " + service + " would answer, is taken by another program");
    }
}
