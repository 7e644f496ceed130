package io.dipper.servicesupport.postgres;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.SecretFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One data folder, and the processes that make it, serve it and let go of it.
final class PostgresCluster {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresCluster.class);
    private static final long START_LIMIT_MS = 60_000;
    private static final long STOP_LIMIT_MS = 15_000;
    private static final long POLL_MS = 10;
    private static final Pattern PID = Pattern.compile("[0-9]{1,10}");
    /// The line of postmaster.pid that says how far the server is.
    private static final int STATUS_LINE = 7;

    /// Small enough to live beside a model; what keeps data safe (fsync, synchronous_commit,
    /// full_page_writes) stays on.
    private static final List<String> SERVER_SETTINGS = List.of(
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=60",
            "shared_buffers=32MB",
            "wal_level=minimal",
            "max_wal_senders=0",
            "io_method=sync",
            "jit=off",
            "logging_collector=off",
            "log_checkpoints=off",
            "max_logical_replication_workers=0",
            "log_timezone=UTC",
            "timezone=UTC");

    private final PostgresBinaries binaries;
    private final Path data;
    private final Path log;
    private final String password;

    PostgresCluster(DipperHome home, PostgresBinaries binaries) {
        this.binaries = binaries;
        this.data = home.postgres().resolve("data-18");
        this.log = home.logs().resolve("postgres.log");
        this.password = SecretFile.readOrCreate(passwordFile(), SecretFile::random);
        try {
            Files.createDirectories(home.logs());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + home.logs(), e);
        }
    }

    String password() {
        return password;
    }

    /// Makes the data folder if there is none.
    ///
    /// @throws PostgresException if it cannot be made
    void initialize() {
        if (!Files.exists(data.resolve("PG_VERSION"))) {
            new InitialData(binaries, log).make(data, passwordFile());
        }
    }

    /// Starts the server and waits until it takes connections. Where that fails, or the thread is interrupted,
    /// none is left running.
    Process start(int port) {
        List<String> arguments = new ArrayList<>(List.of("-D", data.toString(), "-p", Integer.toString(port)));
        for (String setting : SERVER_SETTINGS) {
            arguments.addAll(List.of("-c", setting));
        }
        long logged = log.toFile().length();
        Process process = binaries.launch(ProcessBuilder.Redirect.appendTo(log.toFile()), "postgres", arguments);
        boolean ready = false;
        try {
            awaitReady(process, logged);
            ready = true;
            return process;
        } finally {
            if (!ready && process.isAlive()) {
                stop(process.toHandle());
            }
        }
    }

    private void awaitReady(Process process, long logged) {
        long limitNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_LIMIT_MS);
        while (!isReady(process)) {
            if (!process.isAlive()) {
                throw failed("did not start on " + data, logged);
            }
            if (System.nanoTime() - limitNs > 0) {
                throw failed("was not ready on " + data + " after " + START_LIMIT_MS + " ms", logged);
            }
            pause();
        }
    }

    private PostgresException failed(String how, long logged) {
        String said = PostgresOutput.problem(PostgresOutput.since(log, logged));
        return new PostgresException("PostgreSQL " + how + (said.isEmpty() ? "" : ": " + said) + " (see " + log + ")");
    }

    /// Ends what an earlier process left running on this folder: the server has a session of its
    /// own and outlives a killed JVM.
    void stopLeftover() {
        if (!Files.exists(pidPath())) {
            return;
        }
        // What lost power while it wrote the file has left half of it, with which PostgreSQL does not start.
        Optional<String> pid = pidFile().stream().findFirst().map(String::strip).filter(PID.asMatchPredicate());
        Stream<ProcessHandle> suspects =
                pid.map(of -> ProcessHandle.of(Long.parseLong(of)).stream()).orElseGet(ProcessHandle::allProcesses);
        suspects.filter(this::servesThisFolder).forEach(process -> {
            LOG.info("stopping PostgreSQL (process {}) that an earlier run left behind", process.pid());
            stop(process);
        });
        if (pid.isEmpty()) {
            deletePidFile();
        }
    }

    private void deletePidFile() {
        try {
            Files.deleteIfExists(pidPath());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + pidPath(), e);
        }
    }

    /// Ends sessions and server in order (a "fast" shutdown), then without order, then by force. A thread that
    /// was interrupted before does so too.
    void stop(ProcessHandle process) {
        boolean interrupted = Thread.interrupted();
        try {
            for (String signal : List.of("INT", "QUIT", "KILL")) {
                if (ends(process, signal)) {
                    return;
                }
                LOG.warn(
                        "PostgreSQL (process {}) is still there {} ms after SIG{}",
                        process.pid(),
                        STOP_LIMIT_MS,
                        signal);
            }
        } catch (InterruptedException e) {
            interrupted = true;
            process.destroyForcibly();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean ends(ProcessHandle process, String signal) throws InterruptedException {
        try {
            new ProcessBuilder("kill", "-s", signal, Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            process.onExit().get(STOP_LIMIT_MS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot signal process " + process.pid(), e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot wait for PostgreSQL", e);
        }
    }

    private Path passwordFile() {
        return data.resolveSibling("password");
    }

    private boolean servesThisFolder(ProcessHandle process) {
        String arguments =
                process.info().arguments().map(a -> String.join(" ", a)).orElse("");
        return process.info().command().orElse("").endsWith("/postgres") && arguments.contains(data.toString());
    }

    private boolean isReady(Process process) {
        List<String> lines = pidFile();
        return lines.size() > STATUS_LINE
                && lines.getFirst().strip().equals(Long.toString(process.pid()))
                && lines.get(STATUS_LINE).strip().equals("ready");
    }

    private List<String> pidFile() {
        try {
            return Files.readAllLines(pidPath());
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + pidPath(), e);
        }
    }

    private Path pidPath() {
        return data.resolve("postmaster.pid");
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while starting PostgreSQL", e);
        }
    }
}
