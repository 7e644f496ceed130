package io.dipper.servicesupport.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.HomeLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Starts that come to nothing: they leave no process, and the next one is as if they had not been.
@Timeout(180)
class BrokenStartTest {
    @TempDir
    Path folder;

    private DipperHome home;
    private Path postgres;

    @BeforeEach
    void name() {
        home = new DipperHome(folder);
        postgres = home.postgres();
    }

    @Test
    void oneThatIsInterruptedLeavesNoProcessWhereverItWas() throws Exception {
        interruptWhen(() -> has("{.draft-*,binaries-*}/bin/postgres"));
        interruptWhen(() -> has(".draft-*/base/1/*"));
        interruptWhen(() -> Files.exists(postgres.resolve("data-18/postmaster.pid")));
        EmbeddedPostgres.start(home).close();
        assertThat(postgres.resolve("data-18")).exists();
    }

    private void interruptWhen(BooleanSupplier isThere) throws Exception {
        var start = new FutureTask<>(() -> {
            EmbeddedPostgres.start(home).close();
            return null;
        });
        Thread thread = Thread.ofPlatform().start(start);
        while (!isThere.getAsBoolean()) {
            assertThat(start.isDone()).isFalse();
            TimeUnit.MILLISECONDS.sleep(1);
        }
        thread.interrupt();
        thread.join();
        assertThat(ProcessHandle.allProcesses()
                        .filter(process ->
                                process.info().commandLine().orElse("").contains(folder.toString())))
                .isEmpty();
        assertThat(has(".draft-*")).isFalse();
        HomeLock.acquire(home).close();
    }

    @Test
    void whatOthersLeftHalfDoneGoesAway() throws Exception {
        for (String name : new String[] {".unpacking123/bin", ".initializing/base/1", ".draft-5/lib"}) {
            Files.writeString(Files.createDirectories(postgres.resolve(name)).resolve("file"), "half");
        }
        EmbeddedPostgres.start(home).close();
        try (Stream<Path> left = Files.list(postgres)) {
            assertThat(left.map(Path::getFileName).map(Path::toString))
                    .noneMatch(name -> name.startsWith("."))
                    .contains("data-18");
        }
    }

    @Test
    void whatInitdbSaysIsToldAndItsCommandIsNot() throws Exception {
        EmbeddedPostgres.start(home).close();
        Files.move(postgres.resolve("data-18"), folder.resolve("away"));
        program("initdb", """
                echo 'creating configuration files ... ok'
                echo '2026-01-01 00:00:00.000 UTC [7] FATAL:  could not write to file "x": No space left on device' >&2
                echo 'initdb: removing contents of data directory' >&2
                exit 1
                """);
        assertThatExceptionOfType(PostgresException.class)
                .isThrownBy(() -> EmbeddedPostgres.start(home))
                .withMessage("initdb could not make PostgreSQL's data under " + postgres
                        + ": FATAL:  could not write to file \"x\": No space left on device (status 1; see "
                        + home.logs().resolve("postgres.log") + ")");
        assertThat(home.logs().resolve("postgres.log"))
                .content()
                .contains("creating configuration files", "No space left on device");
        assertThat(has(".draft-*")).isFalse();
        HomeLock.acquire(home).close();
    }

    @Test
    void whatTheServerSaysIsToldToo() throws Exception {
        EmbeddedPostgres.start(home).close();
        Files.writeString(postgres.resolve("data-18/postgresql.conf"), "no_such_setting = 1");
        assertThatExceptionOfType(PostgresException.class)
                .isThrownBy(() -> EmbeddedPostgres.start(home))
                .withMessageContainingAll(
                        "PostgreSQL did not start on " + postgres.resolve("data-18") + ": FATAL:", "(see ");
    }

    @Test
    void whereItsProgramsDoNotRunThatIsNoFaultOfOurOwn() {
        String architecture = System.setProperty("os.arch", "aarch64");
        try {
            assertThatExceptionOfType(PostgresException.class)
                    .isThrownBy(() -> EmbeddedPostgres.start(home))
                    .withMessageContaining("runs on Linux x86-64 only: set dipper.database.url");
        } finally {
            System.setProperty("os.arch", architecture);
        }
        HomeLock.acquire(home).close();
    }

    private void program(String name, String script) throws IOException {
        try (var binaries = Files.newDirectoryStream(postgres, "binaries-*")) {
            Files.writeString(binaries.iterator().next().resolve("bin").resolve(name), "#!/bin/sh\n" + script);
        }
    }

    /// Whether there is a file of a pattern under PostgreSQL's folder.
    private boolean has(String pattern) {
        var matcher = postgres.getFileSystem().getPathMatcher("glob:" + postgres + "/" + pattern);
        try (Stream<Path> paths = Files.walk(postgres, 4)) {
            return paths.anyMatch(matcher::matches);
        } catch (IOException | java.io.UncheckedIOException _) {
            // Not there yet, or renamed just now.
            return false;
        }
    }
}
