package io.dipper.servicesupport.postgres;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.HomeLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A real PostgreSQL server for one home, run as a child process: durable, closed by a generated
/// password, on the loopback address only. The data survive any end of either process. A server
/// that dies is started again, on the same port.
public final class EmbeddedPostgres implements AutoCloseable {

    static final String USERNAME = "dipper";

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final int START_ATTEMPTS = 5;
    private static final Duration PAUSE_BETWEEN_RESTARTS = Duration.ofSeconds(15);
    private static final long FIRST_PAUSE_MS = 100;

    private final HomeLock lock;
    private final PostgresCluster cluster;
    private final int port;
    private Process process;
    private boolean wanted;

    private EmbeddedPostgres(HomeLock lock, PostgresCluster cluster, int port) {
        this.lock = lock;
        this.cluster = cluster;
        this.port = port;
    }

    /// Starts the home's server, on data that are made now if there are none. What an interrupted start has begun
    /// is stopped, and taken away.
    ///
    /// @throws HomeLock.InUseException when another process runs this home's server, or this one does
    /// @throws PostgresException when this one does not start
    public static EmbeddedPostgres start(DipperHome home) {
        HomeLock lock = HomeLock.acquire(home);
        EmbeddedPostgres started = null;
        try {
            DraftFolder.clear(home.postgres());
            var cluster = new PostgresCluster(home, PostgresBinaries.unpackedUnder(home.postgres()));
            cluster.initialize();
            cluster.stopLeftover();
            var postgres = new EmbeddedPostgres(lock, cluster, freePort());
            postgres.start();
            started = postgres;
            return postgres;
        } catch (UncheckedIOException e) {
            throw new PostgresException(
                    "PostgreSQL does not start: " + e.getMessage() + ": "
                            + e.getCause().getMessage(),
                    e);
        } finally {
            if (started == null) {
                lock.close();
            }
        }
    }

    /// How to connect; valid over restarts.
    public DatabaseSettings settings() {
        return new DatabaseSettings("jdbc:postgresql://127.0.0.1:" + port + "/postgres", USERNAME, cluster.password());
    }

    /// Starts a stopped server; does nothing to a running one.
    public synchronized void start() {
        wanted = true;
        if (process != null && process.isAlive()) {
            return;
        }
        Process started = startWithPatience();
        process = started;
        Thread.ofVirtual().name("postgres-keeper").start(() -> keep(started));
    }

    /// Stops the server in order; the data stay.
    public synchronized void stop() {
        wanted = false;
        if (process != null) {
            cluster.stop(process.toHandle());
            process = null;
        }
    }

    public synchronized void restart() {
        stop();
        start();
    }

    /// The server's process, as `kill` knows it.
    public synchronized long pid() {
        if (process == null) {
            throw new IllegalStateException("PostgreSQL is stopped");
        }
        return process.pid();
    }

    @Override
    public void close() {
        stop();
        lock.close();
    }

    /// Starts a server that died again, for as long as it takes: what hinders it now (a full disk, say)
    /// may pass.
    private void keep(Process started) {
        started.onExit().join();
        while (true) {
            try {
                restartIfWanted(started);
                return;
            } catch (IllegalStateException | UncheckedIOException e) {
                LOG.error("PostgreSQL does not start, trying again in {} s", PAUSE_BETWEEN_RESTARTS.toSeconds(), e);
            }
            try {
                Thread.sleep(PAUSE_BETWEEN_RESTARTS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private synchronized void restartIfWanted(Process died) {
        if (wanted && process != null && process.pid() == died.pid()) {
            LOG.warn("PostgreSQL ended with status {}; starting it again", died.exitValue());
            start();
        }
    }

    /// The sessions of a server that was killed may hold on to its shared memory for a moment,
    /// during which a new one refuses.
    private Process startWithPatience() {
        long pauseMs = FIRST_PAUSE_MS;
        for (int attempt = 1; ; attempt++) {
            try {
                return cluster.start(port);
            } catch (IllegalStateException | UncheckedIOException e) {
                if (attempt == START_ATTEMPTS) {
                    throw e;
                }
                LOG.info("{}; trying again", e.getMessage());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(pauseMs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while starting PostgreSQL", e);
            }
            pauseMs *= 2;
        }
    }

    private static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("no free port for PostgreSQL", e);
        }
    }
}
