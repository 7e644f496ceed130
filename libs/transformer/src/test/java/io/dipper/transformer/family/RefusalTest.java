package io.dipper.transformer.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.RopeScaling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Whatever a configuration says that is not built is refused by the name of its key, before
/// anything is built.
class RefusalTest {
    private static final JsonMapper MAPPER = new JsonMapper();

    private static ObjectNode golden(String name) {
        return (ObjectNode)
                MAPPER.readTree(Fixtures.golden(name).resolve("config.json").toFile());
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "qk_layernorm | true | only false is built",
                "use_parallel_residual | true | only false is built",
                "head_dim | 8 | only 16.0 is built",
                "num_key_value_heads | null | cannot share them evenly",
                "rms_norm_eps | 1e-5 | does not know the key",
            })
    void whatStableLmHasAndTheTreeHasNotIsRefusedByItsKey(String key, String value, String reason) {
        ObjectNode config = (ObjectNode) MAPPER.readTree(
                Fixtures.variant("stablelm-biased").resolve("config.json").toFile());
        config.set(key, MAPPER.readTree(value));
        Refusal refusal = refused(config);
        assertThat(refusal.key()).isEqualTo(key);
        assertThat(refusal.reason()).contains(reason);
    }

    @Test
    void whatGptOssLeavesOutOfItsRotationIsTheReferencesDefault() {
        ObjectNode config = golden("gpt-oss");
        config.remove("rope_parameters");
        Reading reading = Families.read(config);
        assertThat(reading).isInstanceOf(Reading.Read.class);
        Attention attention =
                (Attention) ((Reading.Read) reading).model().blocks().getFirst().mixer();
        assertThat(((Positions.Rope) attention.positions()).scaling())
                .isEqualTo(new RopeScaling.Yarn(32, 4096, 32, 1, 0.1 * Math.log(32) + 1, false));
    }

    private static Refusal refused(JsonNode config) {
        Reading reading = Families.read(config);
        assertThat(reading).isInstanceOf(Refusal.class);
        return (Refusal) reading;
    }

    @ParameterizedTest(name = "{0}: {1} = {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "qwen3-next | hidden_act | \"gelu\" | only silu is built",
                "qwen3 | hidden_size | \"64\" | not a whole number",
                "qwen3 | hidden_size | 64.5 | not a whole number",
                "qwen3 | hidden_size | 0 | not a whole number from 1",
                "qwen3 | hidden_size | -64 | not a whole number from 1",
                "qwen3 | hidden_size | 4294967360 | not a whole number",
                "qwen3 | hidden_size | null | this design needs it",
                "qwen3 | vocab_size | [320] | not a whole number",
                "qwen3 | num_hidden_layers | 100000 | more than 1024",
                "qwen3 | num_key_value_heads | 3 | cannot share them evenly",
                "qwen3 | head_dim | 31 | cannot be rotated in pairs",
                "qwen3 | rms_norm_eps | 2 | lies in [0, 1)",
                "qwen3 | rms_norm_eps | true | not a finite number",
                "qwen3 | tie_word_embeddings | \"yes\" | neither true nor false",
                "qwen3 | hidden_act | \"gelu_fast\" | known are gelu",
                "qwen3 | layer_types | [\"full_attention\"] | 1 entries for 4 layers",
                "qwen3 | layer_types | [\"full_attention\", \"sliding_attention\", \"full_attention\", \"full_attention\"] | there are none",
                "qwen3 | layer_types | [\"full_attention\", \"linear_attention\", \"full_attention\", \"full_attention\"] | this design knows",
                "qwen3 | use_bidirectional_attention | true | only false is built",
                "qwen3 | model_type | \"qwen9\" | known are",
                "qwen3 | model_type | 3 | not a text",
                "qwen3 | architectures | [\"Qwen3ForSequenceClassification\"] | not a model that generates text",
                "qwen3 | rope_parameters | 5 | not an object",
                "qwen3 | rope_scaling | {\"type\": \"linear\", \"factor\": 2.0} | stated beside rope_parameters",
                "qwen3 | rope_theta | 5 | rope_parameters says",
                "llama3 | attention_bias | 1 | neither true nor false",
                "mistral-7b-v0.1 | sliding_window | 0 | not a whole number from 1",
                "mistral-7b-v0.1 | attention_bias | true | only false is built",
                "mistral-small-3.1-wrapped | text_config | null | this design needs it",
                "mistral-small-3.1-wrapped | tie_word_embeddings | true | text_config says false",
                "llama3 | quantization_config | {\"quant_method\": \"fp8\", \"weight_block_size\": [128]} | not two positive",
            })
    void aValueThatIsNotBuiltIsRefusedByItsKey(String golden, String key, String value, String reason) {
        ObjectNode config = golden(golden);
        config.set(key, MAPPER.readTree(value));
        Refusal refusal = refused(config);
        assertThat(refusal.key()).startsWith(key);
        assertThat(refusal.reason()).contains(reason);
    }

    @ParameterizedTest(name = "{0}: rope {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "llama3 | {\"rope_type\": \"mrope\"} | rope_parameters.rope_type",
                "llama3 | {\"rope_type\": \"linear\"} | rope_parameters.factor",
                "llama3 | {\"rope_type\": \"linear\", \"factor\": 0} | rope_parameters.factor",
                "llama3 | {\"rope_type\": \"linear\", \"factor\": 2, \"beta_fast\": 3} | rope_parameters.beta_fast",
                "llama3 | {\"rope_type\": \"yarn\", \"type\": \"linear\", \"factor\": 2} | rope_parameters.type",
                "llama3 | {\"rope_type\": \"yarn\", \"factor\": 2, \"beta_fast\": 1, \"beta_slow\": 2} | rope_parameters.beta_fast",
                "llama3 | {\"rope_type\": \"llama3\", \"factor\": 2, \"low_freq_factor\": 4, \"high_freq_factor\": 1, \"original_max_position_embeddings\": 8} | rope_parameters.high_freq_factor",
                "llama3 | {\"rope_type\": \"longrope\", \"short_factor\": [1], \"long_factor\": [1], \"original_max_position_embeddings\": 8} | rope_parameters.short_factor",
                "llama3 | {\"rope_type\": \"default\", \"rope_theta\": -1} | rope_parameters.rope_theta",
                "llama3 | {\"rope_type\": \"default\", \"partial_rotary_factor\": 1.5} | rope_parameters.partial_rotary_factor",
            })
    void aRotationThatIsNotBuiltIsRefusedByItsKey(String golden, String rope, String key) {
        ObjectNode config = golden(golden);
        config.set("rope_parameters", MAPPER.readTree(rope));
        assertThat(refused(config).key()).isEqualTo(key);
    }

    @Test
    void allUnknownKeysAreNamedTogetherAlsoThoseInside() {
        ObjectNode config = golden("llama3");
        config.put("residual_multiplier", 0.5).put("logits_scaling", 8);
        ((ObjectNode) config.get("rope_parameters")).put("fudge", 3);
        Refusal refusal = refused(config);
        assertThat(refusal.key()).isEqualTo("residual_multiplier");
        assertThat(refusal.more()).extracting(Refusal::key).containsExactly("logits_scaling", "rope_parameters.fudge");
        assertThat(refusal.message()).contains("logits_scaling = 8: this design does not know the key");
    }

    @Test
    void somethingElseThanAnObjectIsRefused() {
        assertThat(refused(MAPPER.readTree("[1]")).reason()).isEqualTo("a configuration is a JSON object");
    }

    @ParameterizedTest
    @CsvSource({"gptq", "awq", "bitsandbytes"})
    void quantisedFormsThatAreNotBuiltAreRefused(String method) {
        ObjectNode config = golden("llama3");
        config.putObject("quantization_config").put("quant_method", method);
        assertThat(refused(config).key()).isEqualTo("quantization_config.quant_method");
    }

    @Test
    void oldAndNewSpellingGiveTheSameModel() {
        ObjectNode now = golden("llama3");
        ObjectNode before = now.deepCopy();
        ObjectNode parameters = (ObjectNode) before.remove("rope_parameters");
        before.set("rope_theta", parameters.remove("rope_theta"));
        before.set("rope_scaling", parameters);
        before.set("torch_dtype", before.remove("dtype"));
        assertThat(((Read) Families.read(before)).model()).isEqualTo(((Read) Families.read(now)).model());
    }
}
