package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static io.dipper.inference.support.Requests.streamedWithUsage;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.dipper.fixtures.Fixtures;
import io.dipper.inference.support.RealService;
import io.dipper.inference.support.RunningService;
import io.dipper.inference.support.StreamedReply;
import io.dipper.openaiapi.json.Json;
import io.dipper.servicesupport.home.DipperHome;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Loading and unloading on the real runtime, while a neighbour serves.
@ExtendWith(RealService.class)
@Timeout(120)
class HostingTest {
    private static final long POLL_NS = 1_000_000;
    private static final String SHARD = "model-00001-of-00002.safetensors";

    private final RunningService service;

    @TempDir
    Path folder;

    /// A model of the test's own: dipper-mini's files under another name.
    private Path second;

    HostingTest(RunningService service) {
        this.service = service;
    }

    @BeforeEach
    void linkSecond() throws IOException {
        second = Files.createDirectory(folder.resolve("mini-" + Long.toHexString(System.nanoTime())));
        try (Stream<Path> files = Files.list(Fixtures.dipperMini())) {
            for (Path file : files.toList()) {
                Files.createSymbolicLink(second.resolve(file.getFileName()), file);
            }
        }
    }

    @Test
    void asked_for_many_times_at_once_a_model_is_loaded_once_and_answers_like_its_twin() throws Exception {
        String expected = content(RunningService.MODEL);
        List<CompletableFuture<HttpResponse<String>>> asked = Stream.generate(() ->
                        service.http().sendAsync(service.json(loadPath(second.toString()), ""), text()))
                .limit(8)
                .toList();
        for (CompletableFuture<HttpResponse<String>> reply : asked) {
            assertThat(reply.join().statusCode()).isIn(200, 202);
        }
        awaitState("READY");
        assertThat(entries().stream().filter(this::isSecond)).hasSize(1);
        assertThat(content(name())).isEqualTo(expected);
        assertThat(service.post(loadPath(second.toString()), "").statusCode()).isEqualTo(200);
        unload();
    }

    @Test
    void every_metric_of_a_model_says_what_it_is() throws Exception {
        assertThat(service.get("/metrics").body().lines())
                .filteredOn(line -> line.matches("# HELP (vllm|dipper|gen_ai).*"))
                .hasSizeGreaterThan(15)
                .allMatch(line -> line.matches("# HELP \\S+ \\S.*"));
    }

    @Test
    void unloaded_while_it_streams_a_model_finishes_its_answer_and_is_gone() throws Exception {
        load();
        ObjectNode request =
                streamedWithUsage(chat("Tell me a story.").put("model", name()).put("ignore_eos", true));
        request.put("max_tokens", 200);
        double running = service.metric("vllm:num_requests_running");
        var stream = CompletableFuture.supplyAsync(() -> streamed(request));
        while (running("running") == 0) {
            LockSupport.parkNanos(POLL_NS);
        }
        var gone = service.http().sendAsync(service.json(unloadPath(), ""), text());
        awaitState("DRAINING");
        HttpResponse<String> late = service.post(CHAT, Json.text(chat("Hello").put("model", name())));
        assertThat(late.statusCode()).isIn(503, 404);
        if (late.statusCode() == 503) {
            assertThat(late.headers().firstValue("Retry-After")).isPresent();
        }
        StreamedReply whole = stream.join();
        assertThat(whole.finishReason(0)).isEqualTo("length");
        assertThat(whole.chunks().getLast().at("/usage/completion_tokens").intValue())
                .isEqualTo(200);
        assertThat(gone.join().statusCode()).isEqualTo(200);
        assertThat(service.post(CHAT, Json.text(chat("Hello").put("model", name())))
                        .statusCode())
                .isEqualTo(404);
        assertThat(service.get("/metrics").body()).doesNotContain(name());
        assertThat(service.metric("vllm:num_requests_running")).isEqualTo(running);
        assertThat(service.post(unloadPath(), "").statusCode()).isEqualTo(404);
    }

    @Test
    void a_name_that_is_taken_is_not_given_to_other_files_or_another_target() throws Exception {
        load();
        Path twin = Files.createDirectories(folder.resolve("elsewhere").resolve(name()));
        Files.copy(second.resolve("config.json"), twin.resolve("config.json"));
        HttpResponse<String> otherFiles = service.post(loadPath(twin.toString()), "");
        assertThat(otherFiles.statusCode()).isEqualTo(409);
        assertThat(Json.tree(otherFiles.body()).at("/error/code").stringValue()).isEqualTo("model_loaded");
        assertThat(service.post(loadPath(name()), "{\"target\":\"cuda-bf16\"}").statusCode())
                .isEqualTo(409);
        assertThat(service.post(loadPath(name()), "{\"target\":\"cpu-f32\"}").statusCode())
                .isEqualTo(200);
        unload();
    }

    @Test
    void without_a_card_a_target_for_cards_is_refused_with_what_to_install_and_others_are_served() throws Exception {
        assumeFalse(Files.exists(Path.of("/dev/nvidiactl")), "this machine has a card");
        // Without weights: an export would be refused for these.
        Path described = Files.createDirectories(folder.resolve("described").resolve(name()));
        Files.copy(second.resolve("config.json"), described.resolve("config.json"));
        service.post(loadPath(described.toString()), "{\"target\":\"cuda-bf16\",\"card\":0}");
        assertThat(awaitState("FAILED"))
                .contains("the NVIDIA driver is missing")
                .contains("install the card's driver");
        assertThat(content(RunningService.MODEL)).isNotEmpty();
        unload();
        for (String body : List.of("{\"target\":\"cuda-bf16\",\"card\":-1}", "{\"card\":0}")) {
            HttpResponse<String> refused = service.post(loadPath(second.toString()), body);
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("card");
        }
    }

    @Test
    void a_misspelt_field_of_a_load_is_refused_by_its_name() throws Exception {
        for (String field : List.of("traget", "x".repeat(10_000))) {
            HttpResponse<String> refused =
                    service.post(loadPath(second.toString()), Json.text(Map.of(field, "onnx-standard")));
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("known are target, force, card").hasSizeLessThan(1000);
            assertThat(refused.body().contains("traget")).isEqualTo(field.equals("traget"));
        }
        assertThat(service.get("/api/inference/models").body()).doesNotContain(name());
    }

    @Test
    void what_is_not_known_is_a_failure_that_says_so_and_can_be_taken_away() throws Exception {
        assertThat(service.post(loadPath(name()), "").statusCode()).isEqualTo(202);
        assertThat(awaitState("FAILED")).contains("no model of this name is known");
        HttpResponse<String> refused =
                service.post(CHAT, Json.text(chat("Hello").put("model", name())));
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(Json.tree(refused.body()).at("/error/code").stringValue()).isEqualTo("model_failed");
        assertThat(service.get("/v1/models").body()).doesNotContain(name());
        unload();
    }

    @Test
    void a_header_that_lies_about_the_file_is_named_and_nothing_half_made_stays() throws Exception {
        byte[] whole = Files.readAllBytes(Fixtures.dipperMini().resolve(SHARD));
        assertFails(SHARD, java.util.Arrays.copyOf(whole, whole.length / 2), SHARD);
        assertFails(SHARD, withHeaderLength(whole, Long.MAX_VALUE), SHARD);
        assertFails(SHARD, withHeaderLength(whole, whole.length), SHARD);
        assertFails(SHARD, withHeaderLength(whole, 3), SHARD);
        assertFails(SHARD, new byte[5], SHARD);
        String header = new String(whole, 8, 400, StandardCharsets.UTF_8);
        int start = header.indexOf("data_offsets");
        String offsets = header.substring(start, header.indexOf(']', start) + 1);
        byte[] outside = whole.clone();
        byte[] lie = offsets.replaceAll("[0-9]", "9").getBytes(StandardCharsets.UTF_8);
        System.arraycopy(lie, 0, outside, 8 + start, lie.length);
        assertFails(SHARD, outside, SHARD);
    }

    @Test
    void a_configuration_with_an_unknown_key_is_refused_by_its_name() throws Exception {
        String config = Files.readString(Fixtures.dipperMini().resolve("config.json"));
        byte[] unknown = config.replaceFirst("\\{", "{\"mystery_scaling\": 3,").getBytes(StandardCharsets.UTF_8);
        assertFails("config.json", unknown, "mystery_scaling");
        assertFails("config.json", "{".getBytes(StandardCharsets.UTF_8), "config.json");
        assertFails("tokenizer.json", "{}".getBytes(StandardCharsets.UTF_8), "tokenizer");
    }

    /// The neighbour's stream must go on unchanged meanwhile.
    private void assertFails(String file, byte[] contents, String named) throws Exception {
        String alone = content(RunningService.MODEL);
        Path original = Files.readSymbolicLink(second.resolve(file));
        Files.delete(second.resolve(file));
        Files.write(second.resolve(file), contents);
        service.post(loadPath(second.toString()), "");
        var neighbour = CompletableFuture.supplyAsync(() -> streamed(streamedWithUsage(chat("Hello! Who are you?"))));
        assertThat(awaitState("FAILED")).contains(named);
        assertThat(neighbour.join().content(0)).isEqualTo(alone);
        assertThat(unfinishedExports()).isEmpty();
        unload();
        Files.delete(second.resolve(file));
        Files.createSymbolicLink(second.resolve(file), original);
    }

    private List<Path> unfinishedExports() throws IOException {
        Path exports = service.bean(DipperHome.class).models().resolve(".direct");
        try (Stream<Path> folders = Files.walk(exports, 2)) {
            return folders.filter(path -> exports.relativize(path).getNameCount() == 2)
                    .filter(path -> !Files.exists(path.resolve("manifest.json")))
                    .toList();
        }
    }

    private static byte[] withHeaderLength(byte[] file, long length) {
        byte[] changed = file.clone();
        ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        return changed;
    }

    private StreamedReply streamed(ObjectNode request) {
        try {
            return service.stream(CHAT, request);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String content(String model) throws Exception {
        return service.ask(CHAT, chat("Hello! Who are you?").put("model", model))
                .at("/choices/0/message/content")
                .stringValue();
    }

    private void load() throws Exception {
        assertThat(service.post(loadPath(second.toString()), "").statusCode()).isEqualTo(202);
        awaitState("READY");
    }

    private void unload() throws Exception {
        assertThat(service.post(unloadPath(), "").statusCode()).isEqualTo(200);
        assertThat(entries().stream().filter(this::isSecond)).isEmpty();
    }

    /// Returns the state's message.
    private String awaitState(String state) throws Exception {
        while (true) {
            JsonNode entry =
                    entries().stream().filter(this::isSecond).findFirst().orElseThrow();
            if (entry.get("state").stringValue().equals(state)) {
                return entry.get("message").stringValue();
            }
            assertThat(entry.get("state").stringValue())
                    .as(entry.toString())
                    .isIn("LOADING", "READY")
                    .isNotEqualTo(state.equals("READY") ? "FAILED" : "");
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private int running(String figure) throws Exception {
        return entries().stream()
                .filter(this::isSecond)
                .findFirst()
                .orElseThrow()
                .get(figure)
                .intValue();
    }

    private List<JsonNode> entries() throws Exception {
        return Json.tree(service.get("/api/inference/models").body()).get("data").values().stream()
                .toList();
    }

    private boolean isSecond(JsonNode entry) {
        return entry.get("name").stringValue().equals(name());
    }

    private String name() {
        return second.getFileName().toString();
    }

    private static String loadPath(String asked) {
        return "/api/inference/models/" + URLEncoder.encode(asked, StandardCharsets.UTF_8) + "/load";
    }

    private String unloadPath() {
        return "/api/inference/models/" + name() + "/unload";
    }

    private static HttpResponse.BodyHandler<String> text() {
        return HttpResponse.BodyHandlers.ofString();
    }
}
