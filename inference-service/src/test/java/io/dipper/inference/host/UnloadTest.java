package io.dipper.inference.host;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamed;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.Engine;
import io.dipper.engine.Runner;
import io.dipper.fixtures.Fixtures;
import io.dipper.inference.host.HostedModel.State;
import io.dipper.inference.support.ExpectedCase;
import io.dipper.inference.support.RawClient;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.ScriptedRunner;
import io.dipper.openaiapi.json.Json;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What is unloaded while it is being loaded, restarted or drained.
@Timeout(60)
class UnloadTest {
    private static final String SECOND = "mini-twin";
    private static final long POLL_NS = 500_000;

    private final ScriptedRunner first = new ScriptedRunner(ExpectedCase.all(), 30_000);
    private final ClosingRunner second = new ClosingRunner();
    private final Semaphore opened = new Semaphore(0);
    private final CountDownLatch isReleased = new CountDownLatch(1);
    private final Queue<State> states = new ConcurrentLinkedQueue<>();
    private RunningService service;
    private ModelHost host;

    @TempDir
    Path folder;

    @BeforeEach
    void start() throws Exception {
        var runners = new ConcurrentLinkedQueue<Runner>(List.of(first));
        service = RunningService.start(() -> runners.isEmpty() ? openSecond() : runners.remove());
        host = service.bean(ModelHost.class);
    }

    @AfterEach
    void stop() {
        isReleased.countDown();
        first.letGo();
        service.close();
    }

    /// As a runtime does that reads weights: no interrupt ends it.
    private Runner openSecond() {
        opened.release();
        boolean isInterrupted = false;
        while (isReleased.getCount() > 0) {
            LockSupport.parkNanos(POLL_NS);
            isInterrupted |= Thread.interrupted();
        }
        assertThat(isInterrupted)
                .as("an interrupt where a library may be starting")
                .isFalse();
        return second;
    }

    @Test
    void a_load_that_is_unloaded_never_serves_and_leaves_nothing() throws Exception {
        host.whenChanged(name -> host.find(SECOND).map(HostedModel::state).ifPresent(states::add));
        assertThat(service.post(loadPath(twin()), "").statusCode()).isEqualTo(202);
        opened.acquire();
        CompletableFuture<HttpResponse<String>> unloaded = unload(SECOND);
        await(SECOND, State.DRAINING);
        assertThat(unloaded).isNotDone();
        assertThat(leases()).containsExactly("dipper-mini READY", SECOND + " DRAINING");
        assertThat(service.post(CHAT, Json.text(chat("Hello").put("model", SECOND)))
                        .statusCode())
                .isEqualTo(503);
        HttpResponse<String> again = service.post(loadPath(twin()), "");
        assertThat(again.statusCode()).isEqualTo(409);
        assertThat(again.body()).contains("model_unloading", SECOND + " is being unloaded");
        CompletableFuture<HttpResponse<String>> alsoUnloaded = unload(SECOND);

        isReleased.countDown();
        assertThat(unloaded.join().statusCode()).isEqualTo(200);
        assertThat(unloaded.join().body()).doesNotContain(SECOND);
        assertThat(alsoUnloaded.join().statusCode()).isIn(200, 404);
        assertThat(second.isClosed.getCount())
                .as("what it took is free when the unload returns")
                .isZero();
        assertThat(states).contains(State.LOADING, State.DRAINING).doesNotContain(State.READY, State.FAILED);
        assertThat(leases()).containsExactly("dipper-mini READY");
        assertThat(service.get("/metrics").body()).doesNotContain(SECOND);
        assertThat(service.post(unloadPath(SECOND), "").statusCode()).isEqualTo(404);
        assertThat(service.post(CHAT, Json.text(chat("Hello"))).statusCode()).isEqualTo(200);
    }

    @Test
    void an_engine_that_is_being_restarted_can_be_unloaded() throws Exception {
        first.failWith(new IllegalStateException("a fault"));
        for (int i = 0; i < Engine.FAILURES_TAKEN_FOR_LOST; i++) {
            service.post(CHAT, Json.text(chat("Hello")));
        }
        opened.acquire();
        CompletableFuture<HttpResponse<String>> unloaded = unload(RunningService.MODEL);
        await(RunningService.MODEL, State.DRAINING);
        isReleased.countDown();
        assertThat(unloaded.join().statusCode()).isEqualTo(200);
        assertThat(second.isClosed.getCount()).isZero();
        assertThat(host.list()).isEmpty();
        assertThat(service.post(CHAT, Json.text(chat("Hello"))).statusCode()).isEqualTo(404);
    }

    @Test
    void all_who_unload_a_model_wait_for_the_same_end_also_when_the_first_gives_up() throws Exception {
        first.hold();
        var endless = chat("Tell me all").put("max_tokens", 200).put("ignore_eos", true);
        try (var running = RawClient.post(service, CHAT, streamed(endless))) {
            running.awaitText("\"delta\":{\"content\"", () -> first.step(1));
            Thread impatient = Thread.ofVirtual().start(() -> unloadHere(RunningService.MODEL));
            await(RunningService.MODEL, State.DRAINING);
            impatient.interrupt();
            impatient.join();
            CompletableFuture<HttpResponse<String>> second = unload(RunningService.MODEL);
            CompletableFuture<HttpResponse<String>> third = unload(RunningService.MODEL);
            for (int i = 0; i < 50; i++) {
                first.step(1);
                assertThat(service.get("/api/inference/models").body()).contains("DRAINING");
                assertThat(second.isDone() || third.isDone())
                        .as("told that it is gone while it answers")
                        .isFalse();
            }
            first.letGo();
            running.awaitText("data: [DONE]", () -> {});
            assertThat(running.text()).contains("\"finish_reason\":\"length\"");
            assertThat(List.of(second.join().statusCode(), third.join().statusCode()))
                    .contains(200)
                    .isSubsetOf(200, 404);
            assertThat(host.list()).isEmpty();
        }
    }

    private void unloadHere(String model) {
        try {
            host.unload(model);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> leases() {
        return new Leases(host, "http://127.0.0.1:1")
                .current().stream()
                        .map(lease -> lease.model() + " " + lease.state())
                        .toList();
    }

    private void await(String model, State state) {
        while (host.find(model).filter(found -> found.state() == state).isEmpty()) {
            LockSupport.parkNanos(POLL_NS);
            assertThat(Thread.interrupted()).as("waited too long").isFalse();
        }
    }

    private CompletableFuture<HttpResponse<String>> unload(String model) {
        return service.http().sendAsync(service.json(unloadPath(model), ""), HttpResponse.BodyHandlers.ofString());
    }

    private static String unloadPath(String model) {
        return "/api/inference/models/" + model + "/unload";
    }

    private static String loadPath(Path asked) {
        return "/api/inference/models/" + URLEncoder.encode(asked.toString(), StandardCharsets.UTF_8) + "/load";
    }

    /// Dipper-mini's files under another name.
    private Path twin() throws Exception {
        Path twin = folder.resolve(SECOND);
        if (!Files.exists(twin)) {
            Files.createDirectories(twin);
            try (Stream<Path> files = Files.list(Fixtures.dipperMini())) {
                for (Path file : files.toList()) {
                    Files.createSymbolicLink(twin.resolve(file.getFileName()), file);
                }
            }
        }
        return twin;
    }

    private static final class ClosingRunner implements Runner {
        private final ScriptedRunner runner = new ScriptedRunner(ExpectedCase.all());
        private final CountDownLatch isClosed = new CountDownLatch(1);

        @Override
        public io.dipper.engine.RunnerShape shape() {
            return runner.shape();
        }

        @Override
        public io.dipper.engine.Tokens run(io.dipper.engine.plan.Plan plan) {
            return runner.run(plan);
        }

        @Override
        public void close() {
            isClosed.countDown();
        }
    }
}
