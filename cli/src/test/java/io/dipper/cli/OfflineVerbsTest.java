package io.dipper.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OfflineVerbsTest {
    @TempDir
    Path folder;

    @Test
    void provePassesOnAGoldenAndPrintsOneDocument() {
        Result result = run("prove", Fixtures.golden("qwen3").toString(), "--json");
        assertThat(result.code).isZero();
        JsonNode document = JsonMapper.shared().readTree(result.out);
        assertThat(document.path("verdict").asString()).isEqualTo("PASS");
        assertThat(document.path("greedy_match").asBoolean()).isTrue();
        assertThat(document.path("refused").isNull()).isTrue();
    }

    @Test
    void proveRefusesADesignThatIsNotBuiltWithExitCode2() throws Exception {
        Path unknown = Fixtures.unknownDesign(folder.resolve("unknown"));
        Result result = run("prove", unknown.toString(), "--json");
        assertThat(result.code).isEqualTo(2);
        JsonNode document = JsonMapper.shared().readTree(result.out);
        assertThat(document.path("verdict").asString()).isEqualTo("REFUSED");
        assertThat(document.path("refused").path("key").asString()).isEqualTo("parallel_residual");
    }

    @Test
    void proveFailsWithExitCode1WhereWeightsAreNotTheReferences() throws Exception {
        Path golden = Fixtures.golden("qwen3");
        Path changed = folder.resolve("changed");
        Files.createDirectories(changed);
        for (String name : new String[] {"config.json", "expected.safetensors"}) {
            Files.copy(golden.resolve(name), changed.resolve(name));
        }
        byte[] weights = Files.readAllBytes(golden.resolve("model.safetensors"));
        weights[weights.length - 1] ^= 0x01;
        for (int i = weights.length / 2; i < weights.length / 2 + 4096; i += 2) {
            weights[i + 1] ^= (byte) 0x80;
        }
        Files.write(changed.resolve("model.safetensors"), weights);
        assertThat(run("prove", changed.toString(), "--json").code).isEqualTo(1);
    }

    @Test
    void inspectTellsTheFactsAsJson() {
        Path config = Fixtures.configurations().resolve("Qwen--Qwen3-0.6B/config.json");
        Result result = run("inspect", config.toString(), "--context", "8192", "--json");
        assertThat(result.code).isZero();
        JsonNode facts = JsonMapper.shared().readTree(result.out);
        assertThat(facts.path("text_parameters_total").asLong()).isEqualTo(596049920);
        assertThat(facts.path("kv_cache").path("total_bytes").path("8192").asLong())
                .isEqualTo(8192L * 114688);
    }

    @Test
    void inspectTellsPeopleInLinesWithoutJson() {
        String qwen = Fixtures.configurations().resolve("Qwen--Qwen3-0.6B").toString();
        assertThat(run("inspect", qwen).out)
                .contains("attention_kind_per_layer: 28 × full", "moe_layers: none", "  4096: 469762048")
                .doesNotContain("{", "}", "[", "]", "null");
        assertThat(run("inspect", Fixtures.golden("gemma3").toString()).out)
                .contains(" × sliding, ")
                .doesNotContain("[");
    }

    @Test
    void inspectRefusesAnUnknownKeyByName() throws Exception {
        String config = Files.readString(Fixtures.golden("qwen3").resolve("config.json"));
        Path changed = folder.resolve("config.json");
        Files.writeString(changed, config.replaceFirst("\\{", "{\"quantum_heads\": 3,"));
        Result result = run("inspect", changed.toString());
        assertThat(result.code).isEqualTo(2);
        assertThat(result.err).contains("quantum_heads");
        assertThat(result.out).isEmpty();
    }

    @Test
    void planSaysWhetherItFits() {
        String config = Fixtures.configurations().resolve("Qwen--Qwen3-0.6B").toString();
        String[] load = {"plan", config, "--context", "4096", "--concurrency", "8", "--memory"};
        assertThat(run(with(load, "100000000000")).out).contains("fits, leaves");
        Result tight = run(with(load, "5000000000"));
        assertThat(tight.code).isEqualTo(1);
        assertThat(tight.out).contains("does not fit");
    }

    @Test
    void diagramDrawsOneDesignOrTwo() {
        String qwen = Fixtures.configurations().resolve("Qwen--Qwen3-0.6B").toString();
        String gemma =
                Fixtures.configurations().resolve("google--gemma-3-1b-it").toString();
        assertThat(run("diagram", qwen, "--format", "svg").out).startsWith("<svg");
        assertThat(run("diagram", qwen, "--format", "mermaid").code).isZero();
        assertThat(run("diagram", qwen, "--against", gemma).code).isZero();
    }

    @Test
    void exportDrawsWeightsForADesignThatHasNone() throws Exception {
        String config = Fixtures.golden("gemma3").resolve("config.json").toString();
        String out = folder.resolve("random").toString();
        String[] export = {"export", config, "--target", "cpu-f32", "--out", out, "--random-weights"};
        assertThat(run(with(export, "--set", "num_hidden_layers=2", "--set", "intermediate_size=96")).code)
                .isZero();
        JsonNode manifest = JsonMapper.shared()
                .readTree(folder.resolve("random/manifest.json").toFile());
        assertThat(manifest.toString()).contains("layers.1.").doesNotContain("layers.2.");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(folder.resolve("random"));
        }
    }

    @Test
    void aChangedConfigurationNeedsRandomWeightsAndJson() {
        String golden = Fixtures.golden("gemma3").toString();
        String[] export = {
            "export",
            golden,
            "--target",
            "cpu-f32",
            "--out",
            folder.resolve("x").toString()
        };
        assertThat(run(with(export, "--set", "num_hidden_layers=2")).code).isEqualTo(2);
        assertThat(run(with(export, "--random-weights", "--set", "num_hidden_layers=two")).err)
                .contains("num_hidden_layers");
        assertThat(run(with(export, "--random-weights", "--set", "num_hidden_layers=99")).code)
                .isEqualTo(2);
        assertThat(folder.resolve("x")).doesNotExist();
    }

    @Test
    void aSliceIsACheckpointAndAnExportOfItsOwn() {
        String golden = Fixtures.golden("gemma3n").toString();
        String slice = "{\"intermediate_size\": 80, \"skipped_layers\": [4]}";
        String kept = folder.resolve("smaller").toString();
        String out = folder.resolve("out").toString();
        String[] export = {"export", golden, "--target", "cpu-f32", "--out", out, "--slice"};
        Result result = run(with(export, slice, "--checkpoint", kept));
        assertThat(result.code).as(result.err).isZero();
        assertThat(folder.resolve("out/manifest.json")).exists();
        assertThat(run("prove", kept).out).contains("\"PASS\"");
        String facts = run("inspect", kept, "--json").out;
        assertThat(facts).isEqualTo(run("inspect", golden, "--slice", slice, "--json").out);
        assertThat(JsonMapper.shared().readTree(facts).path("layers").asInt()).isEqualTo(5);
        String[] load = {"--context", "64", "--concurrency", "2"};
        assertThat(run(with(words("plan", kept), load)).out)
                .isEqualTo(run(with(words("plan", golden, "--slice", slice), load)).out)
                .isNotEqualTo(run(with(words("plan", golden), load)).out);
        String[] second = {"export", golden, "--target", "cpu-f32", "--out", out + "2", "--slice"};
        assertThat(run(with(second, "{\"intermediate_size\": 161}")).err).contains("intermediate_size", "160", "161");
        assertThat(folder.resolve("out2")).doesNotExist();
        Result wider = run("inspect", golden, "--slice", "{\"intermediate_size\": 161}");
        assertThat(wider.code).isEqualTo(2);
        assertThat(wider.err).contains("intermediate_size", "160", "161");
        assertThat(run("inspect", golden, "--slice", "no.json").code).isEqualTo(2);
    }

    private static String[] words(String... command) {
        return command;
    }

    private static String[] with(String[] command, String... more) {
        return Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void exportWritesAFolderOnce() {
        String out = folder.resolve("export").toString();
        String golden = Fixtures.golden("llama3").toString();
        assertThat(run("export", golden, "--target", "cpu-f32", "--out", out).code)
                .isZero();
        assertThat(folder.resolve("export/manifest.json")).exists();
        assertThat(run("export", golden, "--target", "cpu-f32", "--out", out).code)
                .isEqualTo(2);
        assertThat(run("export", golden, "--target", "tpu", "--out", out + "2").code)
                .isEqualTo(2);
    }

    @Test
    void renderPrintsALineACaseTextOrError() throws Exception {
        Path template = folder.resolve("chat.jinja");
        Files.writeString(template, """
                {%- for message in messages %}
                {%- if message.role == 'alien' %}{{ raise_exception('who is ' + message.role) }}{% endif %}
                [{{ message.role }}] {{ message.content }}
                {%- endfor %}""");
        Path cases = folder.resolve("cases.jsonl");
        Files.writeString(cases, """
                {"id": "one", "inputs": {"messages": [{"role": "user", "content": "hi"}]}}
                {"id": "two", "inputs": {"messages": [{"role": "alien", "content": "hi"}]}}
                """);
        Result result = run("render", "--template", template.toString(), "--cases", cases.toString());
        assertThat(result.code).isZero();
        var lines = result.out.lines().map(JsonMapper.shared()::readTree).toList();
        assertThat(lines.get(0).path("text").asString()).contains("[user] hi");
        assertThat(lines.get(1).path("kind").asString()).isEqualTo("raise_exception");
        assertThat(lines.get(1).path("error").asString()).isEqualTo("who is alien");
    }

    @Test
    void badUsageIsExitCode2() {
        assertThat(run("inspect").code).isEqualTo(2);
        assertThat(run("no-such-verb").code).isEqualTo(2);
        assertThat(run("inspect", folder.resolve("nothing").toString()).code).isEqualTo(2);
    }

    private record Result(int code, String out, String err) {}

    private static Result run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int code = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(code, out.toString(), err.toString());
    }
}
