package io.dipper.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.registry.designs.PublishedDesign;
import io.dipper.registry.designs.PublishedDesigns;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Published designs are searched, compared and drawn before any weight is there.
@Timeout(120)
class DesignTest {
    @TempDir
    static Path home;

    static RunningRegistry registry;

    @BeforeAll
    static void start() throws Exception {
        registry = RunningRegistry.start(home, Map.of());
        int known = PublishedDesigns.all().size();
        registry.await("/api/registry/designs", answer -> answer.data().size() == known);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "attention=mla&maxActive=40000000000&minContext=131072| moonshotai/Kimi-K2-Instruct deepseek-ai/DeepSeek-R1"
                        + " deepseek-ai/DeepSeek-V3 deepseek-ai/DeepSeek-V2-Lite",
                "attention=linear| Qwen/Qwen3-Next-80B-A3B-Instruct",
                "attention=chunked&minContext=2000000| meta-llama/Llama-4-Scout-17B-16E-Instruct",
                "family=gpt2&maxActive=200000000| openai-community/gpt2",
                "q=no-such-design| ''"
            })
    void designsAreFoundByTheirArchitecture(String query, String names) throws Exception {
        RunningRegistry.Answer answer = registry.get("/api/registry/designs?" + query);

        assertThat(answer.data().valueStream().map(design -> design.get("name").stringValue()))
                .containsExactlyElementsOf(names.isEmpty() ? List.of() : List.of(names.split(" ", -1)));
    }

    @Test
    void aDesignSaysWhatItsVendorClaimsBesideWhatIsComputed() throws Exception {
        JsonNode design =
                registry.get("/api/registry/designs/deepseek-ai/DeepSeek-V3").body();

        assertThat(design.get("claimedTotal").stringValue()).isEqualTo("671B");
        assertThat(design.at("/architecture/parametersTotal").longValue()).isEqualTo(671_026_419_200L);
        assertThat(design.at("/facts/counts/mtp").longValue()).isEqualTo(13_463_426_304L);
        assertThat(design.at("/config/kv_lora_rank").intValue()).isEqualTo(512);
    }

    @Test
    void twoDesignsAreDrawnBesideEachOther() throws Exception {
        String diagram = "/api/registry/designs/moonshotai/Kimi-K2-Instruct/diagram";
        HttpResponse<String> svg = text(diagram + "?against=deepseek-ai/DeepSeek-V3");
        assertThat(svg.headers().firstValue("Content-Type")).hasValue("image/svg+xml;charset=UTF-8");
        assertThat(svg.body()).startsWith("<svg").contains("Kimi-K2-Instruct", "DeepSeek-V3");
        assertThat(text(diagram + "?format=mermaid").body()).startsWith("flowchart");
        assertThat(text(diagram + "?format=text").body()).contains("384");
    }

    @Test
    void whatCannotBeDrawnIsRefusedByName() throws Exception {
        String diagram = "/api/registry/designs/Qwen/Qwen3-8B/diagram";
        assertThat(text(diagram + "?format=png").statusCode()).isEqualTo(400);
        assertThat(text(diagram + "?format=mermaid&against=Qwen/Qwen3-4B").statusCode())
                .isEqualTo(400);
        assertThat(text(diagram + "?against=Qwen/none").statusCode()).isEqualTo(404);
        assertThat(registry.get("/api/registry/designs/Qwen/none").status()).isEqualTo(404);
    }

    @Test
    void everyDesignOfTheMissionIsThereInAllItsSizes() {
        assertThat(PublishedDesigns.all())
                .extracting(PublishedDesign::name)
                .doesNotHaveDuplicates()
                .contains("Qwen/Qwen3-0.6B", "Qwen/Qwen3-1.7B", "Qwen/Qwen3-4B", "Qwen/Qwen3-8B", "Qwen/Qwen3-14B")
                .contains("Qwen/Qwen3-32B", "Qwen/Qwen3-30B-A3B", "Qwen/Qwen3-235B-A22B")
                .contains("allenai/OLMo-2-0425-1B", "allenai/OLMo-2-1124-7B", "allenai/OLMo-2-1124-13B")
                .contains("google/gemma-3n-E2B", "google/gemma-3n-E4B", "google/gemma-3-270m", "google/gemma-3-12b-it")
                .contains("deepseek-ai/DeepSeek-R1", "meta-llama/Llama-4-Maverick-17B-128E-Instruct");
    }

    private static HttpResponse<String> text(String path) throws Exception {
        return registry.http()
                .send(
                        registry.request(path)
                                .header("Authorization", "Bearer " + RunningRegistry.TOKEN)
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
