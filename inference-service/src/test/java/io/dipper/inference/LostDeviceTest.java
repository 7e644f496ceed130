package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamed;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.engine.DeviceLostException;
import io.dipper.fixtures.Fixtures;
import io.dipper.inference.host.HostedModel;
import io.dipper.inference.host.ModelHost;
import io.dipper.inference.support.ExpectedCase;
import io.dipper.inference.support.RawClient;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.ScriptedRunner;
import io.dipper.openaiapi.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A card whose context is lost: all that is asked of models there ends with the same clear error, and
/// nothing is started on it again in this process.
@Timeout(60)
class LostDeviceTest {
    private static final String SECOND = "mini-twin";
    private static final long POLL_NS = 1_000_000;

    private final DeviceLostException loss =
            new DeviceLostException("cpu", "the context at /dev/secret is lost", new IllegalStateException("700"));
    private final ScriptedRunner first = new ScriptedRunner(ExpectedCase.all(), 30_000);
    private final ScriptedRunner second = new ScriptedRunner(ExpectedCase.all(), 30_000);

    @TempDir
    Path folder;

    @Test
    void streams_and_answers_of_all_models_there_end_with_one_error() throws Exception {
        try (RunningService service = RunningService.start(runners())) {
            load(service);
            var host = service.bean(ModelHost.class);
            var told = new Semaphore(0);
            host.whenDeviceLost(_ -> told.release());
            first.hold();
            second.hold();
            var endless = chat("Tell me all").put("max_tokens", 20_000).put("ignore_eos", true);
            try (var running = RawClient.post(service, CHAT, streamed(endless));
                    var neighbour = RawClient.post(
                            service, CHAT, streamed(endless.deepCopy().put("model", SECOND)))) {
                running.awaitText("\"delta\":{\"content\"", () -> first.step(1));
                neighbour.awaitText("\"delta\":{\"content\"", () -> second.step(1));
                CompletableFuture<HttpResponse<String>> queued = service.http()
                        .sendAsync(service.json(CHAT, Json.text(endless)), HttpResponse.BodyHandlers.ofString());
                service.awaitStats(stats -> stats.running() + stats.waiting() == 2, () -> {});
                first.failWith(loss);
                first.step(1);
                assertEndsAsLost(running, () -> first.step(1));
                assertEndsAsLost(neighbour, () -> second.step(1));
                assertLost(queued.join());
            }
            told.acquire();
            assertThat(told.availablePermits()).isZero();
            assertNothingStartsAgain(service);
            first.letGo();
            second.letGo();
        }
    }

    @Test
    void a_stream_whose_step_hangs_on_what_is_lost_ends_all_the_same() throws Exception {
        try (RunningService service = RunningService.start(runners())) {
            load(service);
            first.hold();
            second.hold();
            var endless = chat("Tell me all").put("max_tokens", 20_000).put("ignore_eos", true);
            try (var running = RawClient.post(service, CHAT, streamed(endless));
                    var hanging = RawClient.post(
                            service, CHAT, streamed(endless.deepCopy().put("model", SECOND)))) {
                running.awaitText("\"delta\":{\"content\"", () -> first.step(1));
                hanging.awaitText("\"delta\":{\"content\"", () -> second.step(1));
                first.failWith(loss);
                first.step(1);
                assertEndsAsLost(running, () -> first.step(1));
                assertEndsAsLost(hanging, () -> {});
            }
            second.letGo();
        }
    }

    @Test
    void a_stream_whose_step_hangs_has_its_end_when_the_service_stops() throws Exception {
        RunningService service = RunningService.start(first, Map.of("dipper.drain-timeout", "100ms"));
        first.hold();
        var endless = chat("Tell me all").put("max_tokens", 20_000).put("ignore_eos", true);
        try (var hanging = RawClient.post(service, CHAT, streamed(endless))) {
            hanging.awaitText("\"delta\":{\"content\"", () -> first.step(1));
            Thread stopping = Thread.ofPlatform().start(service::close);
            hanging.awaitText("data: [DONE]", () -> {});
            assertThat(hanging.text()).contains("\"model_closed\"");
            stopping.join();
        } finally {
            first.letGo();
        }
    }

    private static void assertNothingStartsAgain(RunningService service) throws Exception {
        assertLost(service.post(CHAT, Json.text(chat("Hello"))));
        assertLost(service.post(CHAT, Json.text(chat("Hello").put("model", SECOND))));
        assertLost(service.post("/api/inference/models/another/load", ""));
        HttpResponse<String> ready = service.get("/health/ready");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(Json.tree(ready.body()).at("/missing/device").isString()).isTrue();
        assertThat(service.get("/health").statusCode()).isEqualTo(200);
        assertThat(service.bean(ModelHost.class).list()).noneMatch(HostedModel::isServing);
    }

    @Test
    void what_a_process_had_that_lost_its_device_its_successor_loads_again() throws Exception {
        Map<String, Object> settings = Map.of(
                "server.port", freePort(), "dipper.home", folder.resolve("home").toString());
        Path file = folder.resolve("home").resolve("served-" + settings.get("server.port") + ".json");
        try (RunningService service = RunningService.start(runners(), settings)) {
            load(service);
            first.failWith(loss);
            assertLost(service.post(CHAT, Json.text(chat("Hello"))));
        }
        first.failWith(null);
        assertThat(Files.readString(file)).contains("dipper-mini", SECOND);

        Map<String, Object> successor = new java.util.HashMap<>(settings);
        successor.put("dipper.model", "none");
        try (RunningService service = RunningService.start(runners(), successor)) {
            for (String model : List.of(RunningService.MODEL, SECOND)) {
                awaitServing(service, model);
                assertThat(service.post(CHAT, Json.text(chat("Hello").put("model", model)))
                                .statusCode())
                        .isEqualTo(200);
            }
        }
        assertThat(file).as("a service that stops in order has no successor").doesNotExist();
    }

    private java.util.function.Supplier<io.dipper.engine.Runner> runners() {
        var runners = new ConcurrentLinkedQueue<>(List.of(first, second));
        return () -> Objects.requireNonNull(runners.poll(), "a third runner");
    }

    private void load(RunningService service) throws Exception {
        Path twin = folder.resolve(SECOND);
        Files.createDirectories(twin);
        try (Stream<Path> files = Files.list(Fixtures.dipperMini())) {
            for (Path file : files.toList()) {
                Files.createSymbolicLink(twin.resolve(file.getFileName()), file);
            }
        }
        String asked = URLEncoder.encode(twin.toString(), StandardCharsets.UTF_8);
        assertThat(service.post("/api/inference/models/" + asked + "/load", "").statusCode())
                .isEqualTo(202);
        awaitServing(service, SECOND);
    }

    private static void awaitServing(RunningService service, String model) {
        var host = service.bean(ModelHost.class);
        while (host.find(model).filter(HostedModel::isServing).isEmpty()) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private static void assertEndsAsLost(RawClient client, Runnable meanwhile) throws IOException {
        client.awaitText("data: [DONE]", meanwhile);
        String end = client.text().substring(client.text().lastIndexOf("data: {"));
        assertThat(end).startsWith("data: {\"error\":{\"message\":").contains("\"device_lost\"");
        assertThat(end).doesNotContain("secret");
    }

    private static void assertLost(HttpResponse<String> reply) {
        assertThat(reply.statusCode()).as(reply.body()).isEqualTo(503);
        assertThat(Json.tree(reply.body()).at("/error/code").stringValue()).isEqualTo("device_lost");
        assertThat(reply.headers().firstValue("Retry-After")).isPresent();
        assertThat(reply.body()).doesNotContain("secret");
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
