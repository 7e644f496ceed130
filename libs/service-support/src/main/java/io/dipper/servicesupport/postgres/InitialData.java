package io.dipper.servicesupport.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes a cluster's data, with PostgreSQL's own initdb.
final class InitialData {
    private static final Logger LOG = LoggerFactory.getLogger(InitialData.class);

    private final PostgresBinaries binaries;
    private final Path log;

    /// @param log where initdb's output goes
    InitialData(PostgresBinaries binaries, Path log) {
        this.binaries = binaries;
        this.log = log;
    }

    /// Makes the folder `data`. It appears by one rename: a start that ends in between leaves no half of one.
    ///
    /// @throws PostgresException if initdb fails
    void make(Path data, Path passwordFile) {
        try (var draft = DraftFolder.in(data.getParent())) {
            run(draft.path(), passwordFile);
            draft.becomes(data);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + data, e);
        }
    }

    /// The output comes by a pipe: the log may be on the disk that is full.
    private void run(Path draft, Path passwordFile) throws IOException {
        Process process = binaries.launch(
                ProcessBuilder.Redirect.PIPE,
                "initdb",
                List.of(
                        "--pgdata=" + draft,
                        "--username=" + EmbeddedPostgres.USERNAME,
                        "--pwfile=" + passwordFile,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--locale=C",
                        "--no-instructions"));
        var output = new FutureTask<>(
                () -> process.inputReader(StandardCharsets.UTF_8).lines().toList());
        Thread.ofPlatform().name("initdb-output").daemon().start(output);
        try {
            int status = process.waitFor();
            List<String> lines = output.get();
            keep(lines);
            if (status != 0) {
                throw new PostgresException("initdb could not make PostgreSQL's data under %s: %s (status %d; see %s)"
                        .formatted(draft.getParent(), PostgresOutput.problem(lines), status, log));
            }
        } catch (InterruptedException e) {
            end(process);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while preparing PostgreSQL", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("cannot read what initdb says", e);
        }
    }

    private void keep(List<String> lines) {
        try {
            Files.write(log, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException _) {
            // What matters of it is told to who started this.
        }
    }

    /// With what it runs itself, which would go on to write: all of its session.
    private static void end(Process process) {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        try {
            new ProcessBuilder("kill", "-s", "KILL", "--", "-" + process.pid())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .onExit()
                    .join();
        } catch (IOException e) {
            LOG.warn("what initdb runs could not be stopped: {}", e.toString());
        }
        // One that was only about to begin has no session yet.
        process.toHandle().destroyForcibly();
        all.forEach(each -> each.onExit().join());
    }
}
