package io.dipper.inference;

import static io.dipper.inference.support.Requests.CHAT;
import static io.dipper.inference.support.Requests.chat;
import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.inference.support.RealService;
import io.dipper.inference.support.RunningService;
import io.dipper.openaiapi.json.Json;
import io.dipper.servicesupport.home.DipperHome;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

@ExtendWith(RealService.class)
class ProofTest {
    private static final String PROVE = "/api/inference/prove";

    private final RunningService service;

    ProofTest(RunningService service) {
        this.service = service;
    }

    @Test
    void a_checkpoint_with_a_reference_is_compared_with_it() throws Exception {
        JsonNode report = prove(Fixtures.golden("qwen3"));
        assertThat(report.get("verdict").stringValue()).isEqualTo("PASS");
        assertThat(report.get("greedy_match").booleanValue()).isTrue();
        assertThat(report.get("max_logit_diff").doubleValue()).isBetween(0.0, 2e-4);
        assertThat(report.get("refused").isNull()).isTrue();
        assertThat(scratch()).isEmpty();
    }

    @Test
    void what_is_served_without_a_reference_is_compared_with_itself() throws Exception {
        JsonNode report = prove(Fixtures.dipperMini());
        assertThat(report.get("verdict").stringValue()).isEqualTo("PASS");
        assertThat(report.get("max_logit_diff").isNull()).isTrue();
        assertThat(report.get("greedy_match").isNull()).isTrue();
        assertThat(report.get("prefill_decode_diff").doubleValue()).isBetween(0.0, 1e-4);
    }

    @Test
    void a_design_that_is_not_built_is_refused_by_name(@TempDir Path folder) throws Exception {
        JsonNode report = prove(Fixtures.unknownDesign(folder.resolve("unknown")));
        assertThat(report.get("verdict").stringValue()).isEqualTo("REFUSED");
        assertThat(report.at("/refused/key").stringValue()).isEqualTo("parallel_residual");
        assertThat(scratch()).isEmpty();
    }

    @Test
    void files_that_cannot_be_read_are_refused_with_the_reason(@TempDir Path folder) throws Exception {
        Path broken = Files.createDirectories(folder.resolve("broken"));
        for (String name : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(Fixtures.golden("qwen3").resolve(name), broken.resolve(name));
        }
        Files.writeString(broken.resolve("tokenizer.json"), "{");
        assertThat(refusal(broken)).contains("tokenizer.json");
        Files.delete(broken.resolve("tokenizer.json"));
        Files.writeString(broken.resolve("expected.safetensors"), "no tensors");
        assertThat(refusal(broken)).contains("expected.safetensors");
        Files.delete(broken.resolve("expected.safetensors"));
        Files.write(broken.resolve("model.safetensors"), new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, 0});
        assertThat(refusal(broken)).contains("model.safetensors");
    }

    private String refusal(Path folder) throws Exception {
        JsonNode report = prove(folder);
        assertThat(report.get("verdict").stringValue()).isEqualTo("REFUSED");
        return report.at("/refused/reason").stringValue();
    }

    @Test
    void who_is_served_meanwhile_gets_the_same_answers_and_a_second_proof_waits_outside() throws Exception {
        String alone = service.ask(CHAT, chat("Hello! Who are you?"))
                .at("/choices/0/message")
                .toString();
        String body = Json.text(Map.of("folder", Fixtures.golden("qwen3").toString(), "target", "cpu-f32"));
        var proofs = Stream.generate(
                        () -> service.http().sendAsync(service.json(PROVE, body), HttpResponse.BodyHandlers.ofString()))
                .limit(3)
                .toList();
        while (!proofs.stream().allMatch(CompletableFuture::isDone)) {
            assertThat(service.ask(CHAT, chat("Hello! Who are you?"))
                            .at("/choices/0/message")
                            .toString())
                    .isEqualTo(alone);
        }
        List<Integer> statuses =
                proofs.stream().map(proof -> proof.join().statusCode()).sorted().toList();
        assertThat(statuses.getFirst()).isEqualTo(200);
        assertThat(statuses).allMatch(status -> status == 200 || status == 429);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "folder | {}",
                "folder | {\"folder\": 5}",
                "folder | {\"folder\": \"\"}",
                "folder | {\"folder\": \"/no/such/folder\", \"target\": \"cpu-f32\"}",
                "folder | {\"folder\": \"dipper-mini\"}",
                "target | {\"folder\": \"MINI\", \"target\": \"tpu\"}",
                "target | {\"folder\": \"MINI\", \"target\": 1}"
            })
    void what_cannot_be_proven_is_refused_by_its_field(String field, String body) throws Exception {
        HttpResponse<String> reply =
                service.post(PROVE, body.replace("MINI", Fixtures.dipperMini().toString()));
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(Json.tree(reply.body()).at("/error/param").stringValue()).isEqualTo(field);
    }

    private JsonNode prove(Path folder) throws Exception {
        return service.ask(PROVE, Map.of("folder", folder.toString(), "target", "cpu-f32"));
    }

    private List<Path> scratch() throws Exception {
        try (Stream<Path> files = Files.list(service.bean(DipperHome.class).models())) {
            return files.filter(file -> file.getFileName().toString().startsWith(".proof-"))
                    .toList();
        }
    }
}
