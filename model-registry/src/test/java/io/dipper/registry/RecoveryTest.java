package io.dipper.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.checkpoint.StagedFolder;
import io.dipper.fixtures.Fixtures;
import io.dipper.registry.catalogue.ModelFolders;
import io.dipper.servicesupport.registry.ModelName;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class RecoveryTest {
    private static final String QWEN3 = "path:" + Fixtures.golden("qwen3");

    @TempDir
    static Path home;

    static RunningRegistry registry;

    @BeforeAll
    static void start() {
        registry = RunningRegistry.start(home, Map.of());
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @AfterEach
    void forget() throws IOException {
        registry.bean(JdbcClient.class)
                .sql("truncate model, import_job restart identity cascade")
                .update();
        StagedFolder.deleteTree(registry.models());
    }

    @Test
    void modelsOutliveARestart() throws Exception {
        registry.importNow("m", QWEN3);
        JsonNode before = registry.get("/api/registry/models/m").body();

        registry.stopService();
        registry.startService();

        assertThat(registry.get("/api/registry/models/m").body()).isEqualTo(before);
    }

    @Test
    void whatADeadRegistryLeftIsFinishedByTheNextStart() throws Exception {
        String digest = registry.importNow("m", QWEN3).get("digest").stringValue();
        registry.delete("/api/registry/models/m");
        String host = InetAddress.getLocalHost().getHostName();
        JdbcClient jdbc = registry.bean(JdbcClient.class);
        // The number of a process that ended, and a lease that would still hold for long.
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        String id = jdbc.sql("""
                        insert into import_job (name, source, state, attempts, owner, owned_until)
                        values ('m', ?, 'EXPORTING', 1, ?, now() + interval '1 hour') returning id""")
                .params(QWEN3, host + "/" + ended.pid() + "/1/x")
                .query(String.class)
                .single();
        Path folder = registry.models().resolve(ModelFolders.name(new ModelName("m"), digest));
        Path half = Files.createDirectories(folder.resolve(".cpu-f32.staged-1/content"));
        Files.writeString(half.resolveSibling("lock"), "");
        Files.writeString(half.resolve("weights.bin"), "half");
        registry.stopService();

        registry.startService();

        JsonNode job = registry.finished(id);
        assertThat(job.get("state").stringValue()).as(job.toString()).isEqualTo("READY");
        assertThat(half).doesNotExist();
        assertThat(folder.resolve("cpu-f32/manifest.json")).exists();
    }

    @Test
    void aJobThatEndsItsRegistryAgainAndAgainIsGivenUp() throws Exception {
        String id = registry.bean(JdbcClient.class)
                .sql(
                        "insert into import_job (name, source, state, attempts) values ('m', ?, 'COPYING', 5) returning id")
                .param(QWEN3)
                .query(String.class)
                .single();

        JsonNode job = registry.finished(id);

        assertThat(job.get("state").stringValue()).isEqualTo("FAILED");
        assertThat(job.get("message").stringValue()).contains("ended 5 times");
    }

    @Test
    void aJobOfALivingRegistryIsLeftAlone() throws Exception {
        JdbcClient jdbc = registry.bean(JdbcClient.class);
        jdbc.sql("""
                        insert into import_job (name, source, state, owner, owned_until)
                        values ('m', ?, 'COPYING', 'another-host/1/1/x', now() + interval '1 hour')""").param(QWEN3).update();
        registry.stopService();
        registry.startService();

        // Another name comes in meanwhile, the same name waits.
        String waiting = registry.submit("m", "path:" + Fixtures.golden("llama3"))
                .get("id")
                .stringValue();
        registry.importNow("other", QWEN3);
        assertThat(registry.get("/api/registry/imports/" + waiting)
                        .body()
                        .get("state")
                        .stringValue())
                .isEqualTo("QUEUED");

        registry.bean(JdbcClient.class)
                .sql("update import_job set owned_until = now() - interval '1 second' where owner like 'another%'")
                .update();
        assertThat(registry.finished(waiting).get("state").stringValue()).isEqualTo("READY");
    }

    @Test
    void aDatabaseThatIsAwayIsA503AndItsReturnIsNoticed() throws Exception {
        registry.importNow("m", QWEN3);
        registry.postgres.stop();

        RunningRegistry.Answer away = registry.get("/api/registry/models");
        assertThat(away.status()).isEqualTo(503);
        assertThat(away.body().at("/error/code").stringValue()).isEqualTo("database_unavailable");
        assertThat(away.response().headers().firstValue("Retry-After")).isPresent();
        assertThat(registry.delete("/api/registry/models/m").status()).isEqualTo(503);
        assertThat(registry.get("/health").status()).isEqualTo(200);

        registry.postgres.start();
        RunningRegistry.Answer back = registry.await("/api/registry/models", answer -> answer.status() == 200);
        assertThat(back.data()).hasSize(1);
    }

    @Test
    void anImportGoesOnOverARestartOfTheDatabase() throws Exception {
        String id = registry.submit("m", QWEN3).get("id").stringValue();
        registry.postgres.restart();

        JsonNode job = registry.await(
                        "/api/registry/imports/" + id,
                        answer -> answer.status() == 200
                                && answer.body().get("state").stringValue().equals("READY"))
                .body();
        assertThat(job.get("digest").stringValue()).hasSize(64);
    }
}
