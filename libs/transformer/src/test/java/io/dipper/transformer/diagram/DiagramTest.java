package io.dipper.transformer.diagram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.tree.Model;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xml.sax.InputSource;
import tools.jackson.databind.json.JsonMapper;

class DiagramTest {
    static Stream<String> checkpoints() throws IOException {
        try (Stream<Path> folders = Files.list(Fixtures.configurations())) {
            return folders
                    .filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static Diagram diagram(String checkpoint) {
        return Diagram.of(model(checkpoint), checkpoint.substring(checkpoint.indexOf("--") + 2));
    }

    private static Model model(String checkpoint) {
        Path config = Fixtures.configurations().resolve(checkpoint).resolve("config.json");
        Read read = (Read) Families.read(new JsonMapper().readTree(config.toFile()));
        return read.model();
    }

    @Test
    void aDesignReadsAsText() {
        assertThat(DiagramText.print(diagram("google--gemma-3-1b-it"))).isEqualTo("""
                        gemma-3-1b-it
                        layers: 4 × (5 × A, B), 2 × A

                        Embedding
                          table             262,144 tokens × 1,152
                          times             33.94

                        A: 22 layers
                          norm              RMSNorm, 1 + weight
                          attention         4 heads over 1 key-value heads of 256
                          sees              the last 512 tokens
                          positions         RoPE θ 10,000 on 256
                          head norms        RMSNorm, 1 + weight
                          keeps             512 values a token
                          norm              RMSNorm, 1 + weight
                          norm              RMSNorm, 1 + weight
                          gated MLP         GELU (tanh), width 6,912
                          norm              RMSNorm, 1 + weight

                        B: 4 layers
                          norm              RMSNorm, 1 + weight
                          attention         4 heads over 1 key-value heads of 256
                          sees              everything before
                          positions         RoPE θ 1,000,000 on 256
                          head norms        RMSNorm, 1 + weight
                          keeps             512 values a token
                          norm              RMSNorm, 1 + weight
                          norm              RMSNorm, 1 + weight
                          gated MLP         GELU (tanh), width 6,912
                          norm              RMSNorm, 1 + weight

                        Head
                          norm              RMSNorm, 1 + weight
                          matrix            the embedding's
                          context           32,768
                        """);
    }

    @Test
    void twoDesignsSideBySideShowWhatDiffers() {
        String text = DiagramText.print(Comparison.of(diagram("meta-llama--Llama-3.1-8B"), diagram("Qwen--Qwen3-8B")));
        assertThat(text.lines().filter(line -> line.startsWith("≠")))
                .anySatisfy(line ->
                        assertThat(line).contains("table").contains("128,256").contains("151,936"))
                .anySatisfy(line -> assertThat(line).contains("head norms").endsWith("RMSNorm"));
        assertThat(text.lines().filter(line -> line.contains("attention"))).noneMatch(line -> line.startsWith("≠"));
    }

    @Test
    void aDesignEqualsItself() {
        Comparison same = Comparison.of(diagram("Qwen--Qwen3-8B"), diagram("Qwen--Qwen3-8B"));
        assertThat(same.pairs()).allSatisfy(pair -> assertThat(pair.rows()).noneMatch(Comparison.Row::differs));
    }

    @Test
    void patternsNameTheUnitThatRepeats() {
        assertThat(Diagram.pattern(List.of(0, 0, 0))).isEqualTo("3 × A");
        assertThat(Diagram.pattern(List.of(0, 1, 0, 1))).isEqualTo("2 × (A, B)");
        assertThat(Diagram.pattern(List.of(0, 0, 1, 0, 0, 1, 0))).isEqualTo("2 × (2 × A, B), A");
        assertThat(Diagram.pattern(List.of(0, 1, 1, 1))).isEqualTo("A, 3 × B");
        assertThat(Diagram.pattern(List.of(0))).isEqualTo("A");
    }

    @Test
    void kindsOfLayersThatSeeTheSameAreColouredApart() {
        String svg = DiagramSvg.print(diagram("deepseek-ai--DeepSeek-V3"));
        assertThat(svg).contains("<rect class=\"mla\"", "<rect class=\"mla-2\"");
    }

    @Test
    void aTallStackKeepsTheLettersOfItsKinds() {
        assertThat(DiagramSvg.print(diagram("deepseek-ai--DeepSeek-V3"))).contains(">A</text>", ">B</text>");
        assertThat(DiagramSvg.print(diagram("meta-llama--Llama-4-Scout-17B-16E-Instruct")))
                .contains(">A</text>", ">B</text>");
    }

    @Test
    void aContextAsShortAsTheChartBeginsIsADot() {
        Model model = model("openai-community--gpt2-xl");
        assertThat(CacheChart.print(Map.of("gpt2-xl", model))).contains("<circle");
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void everyDesignRenders(String checkpoint) throws IOException {
        Diagram diagram = diagram(checkpoint);
        assertThat(DiagramMermaid.print(diagram)).startsWith("flowchart BT").contains("--> logits");
        String svg = DiagramSvg.print(diagram);
        assertThatCode(() -> DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(svg))))
                .doesNotThrowAnyException();
    }
}
