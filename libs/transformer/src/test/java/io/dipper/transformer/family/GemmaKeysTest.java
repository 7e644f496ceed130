package io.dipper.transformer.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.tree.Model;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Gemma's configuration classes: a key that is left out has the class's default, and every key that
/// a file can carry changes the model, is refused by name, or is known to change no answer.
class GemmaKeysTest {
    private static final JsonMapper MAPPER = new JsonMapper();

    private static final String COMMON = """
            "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
            "hidden_size": 2304, "intermediate_size": 9216, "hidden_activation": "gelu_pytorch_tanh",
            "rms_norm_eps": 1e-6, "attention_bias": false, "attention_dropout": 0.0, "query_pre_attn_scalar": 256,
            "sliding_window": 4096, "tie_word_embeddings": true, "use_bidirectional_attention": null,
            "initializer_range": 0.02, "use_cache": true, "layer_types": null,""";

    private static final String BY_KIND = """
            "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 1000000.0},
                                "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}},""";

    private static final Map<String, String> STATED = Map.of(
            "gemma2",
            "{\"model_type\": \"gemma2\", " + COMMON + """
                "vocab_size": 256000, "max_position_embeddings": 8192, "final_logit_softcapping": 30.0,
                "attn_logit_softcapping": 50.0, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}""",
            "gemma3_text",
            "{\"model_type\": \"gemma3_text\", " + COMMON + BY_KIND + """
                "vocab_size": 262208, "max_position_embeddings": 131072, "final_logit_softcapping": null,
                "attn_logit_softcapping": null}""",
            "gemma3n_text",
            "{\"model_type\": \"gemma3n_text\", " + BY_KIND + """
                "num_hidden_layers": 35, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 256,
                "hidden_size": 2048, "intermediate_size": 16384, "hidden_activation": "gelu_pytorch_tanh",
                "rms_norm_eps": 1e-6, "attention_bias": false, "attention_dropout": 0.0, "sliding_window": 512,
                "tie_word_embeddings": true, "vocab_size": 262400, "vocab_size_per_layer_input": 262144,
                "hidden_size_per_layer_input": 256, "max_position_embeddings": 32768, "layer_types": null,
                "final_logit_softcapping": 30.0, "altup_active_idx": 0, "altup_coef_clip": 120.0,
                "altup_correct_scale": true, "altup_num_inputs": 4, "num_kv_shared_layers": 15, "laurel_rank": 64,
                "activation_sparsity_pattern": null, "initializer_range": 0.02, "use_cache": true}""");

    private static ObjectNode stated(String type) {
        return (ObjectNode) MAPPER.readTree(STATED.get(type));
    }

    private static Model model(JsonNode config) {
        Reading reading = Families.read(config);
        assertThat(reading).as("%s", reading).isInstanceOf(Read.class);
        return ((Read) reading).model();
    }

    static Stream<Arguments> everyKey() {
        return STATED.keySet().stream()
                .sorted()
                .flatMap(type -> stated(type).propertyNames().stream()
                        .filter(key -> !key.equals("model_type"))
                        .map(key -> Arguments.of(type, key)));
    }

    @ParameterizedTest(name = "{0} without {1}")
    @MethodSource("everyKey")
    void aKeyThatIsLeftOutHasTheClassesDefault(String type, String key) {
        ObjectNode without = stated(type);
        without.remove(key);
        assertThat(model(without)).isEqualTo(model(stated(type)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "gemma2, gemma2",
        "gemma3_text, gemma3_text",
        "gemma3n_text, gemma3n_text",
        "gemma3, gemma3_text",
        "gemma3n, gemma3n_text"
    })
    void aFileThatStatesNothingIsAllDefaults(String type, String text) {
        assertThat(model(MAPPER.createObjectNode().put("model_type", type))).isEqualTo(model(stated(text)));
    }

    @ParameterizedTest(name = "{0} with {1} = {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "gemma2 | attn_logit_softcapping | null",
                "gemma2 | final_logit_softcapping | null",
                "gemma2 | final_logit_softcapping | 12",
                "gemma2 | query_pre_attn_scalar | 144",
                "gemma2 | sliding_window | 8",
                "gemma2 | attention_bias | true",
                "gemma2 | tie_word_embeddings | false",
                "gemma2 | num_key_value_heads | 8",
                "gemma2 | hidden_activation | \"silu\"",
                "gemma2 | rms_norm_eps | 1e-5",
                "gemma2 | rope_parameters | {\"rope_type\": \"linear\", \"factor\": 2.0}",
                "gemma3_text | final_logit_softcapping | 12",
                "gemma3_text | query_pre_attn_scalar | 144",
                "gemma3_text | sliding_window_pattern | 3",
                "gemma3_text | sliding_window | 8",
                "gemma3_text | attention_bias | true",
                "gemma3_text | tie_word_embeddings | false",
                "gemma3_text | rope_parameters | {\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 8.0}}",
                "gemma3_text | rope_parameters | {\"sliding_attention\": {\"rope_theta\": 5000.0}}",
                "gemma3n_text | final_logit_softcapping | null",
                "gemma3n_text | altup_coef_clip | null",
                "gemma3n_text | altup_correct_scale | false",
                "gemma3n_text | altup_num_inputs | 3",
                "gemma3n_text | altup_active_idx | 2",
                "gemma3n_text | laurel_rank | 32",
                "gemma3n_text | num_kv_shared_layers | 10",
                "gemma3n_text | vocab_size_per_layer_input | 1000",
                "gemma3n_text | hidden_size_per_layer_input | 128",
                "gemma3n_text | hidden_activation | \"gelu\"",
                "gemma3n_text | sliding_window | 8",
                "gemma3n_text | attention_bias | true",
                "gemma3n_text | tie_word_embeddings | false",
                "gemma3n_text | intermediate_size | 8192",
                "gemma3n_text | rope_parameters | {\"full_attention\": {\"rope_theta\": 5000.0}}"
            })
    void aKeyThatMeansSomethingChangesTheModel(String type, String key, String value) {
        ObjectNode other = stated(type);
        other.set(key, MAPPER.readTree(value));
        assertThat(model(other)).isNotEqualTo(model(stated(type)));
    }

    @ParameterizedTest(name = "{0} with {1} = {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "gemma2 | attention_dropout | 0.1",
                "gemma2 | cache_implementation | \"hybrid\"",
                "gemma2 | hidden_act | \"gelu_pytorch_tanh\"",
                "gemma3_text | attn_logit_softcapping | 50.0",
                "gemma3_text | _sliding_window_pattern | 6",
                "gemma3n_text | query_pre_attn_scalar | 256",
                "gemma3n_text | altup_lr_multiplier | 2.0",
                "gemma3n_text | initializer_range | 0.1"
            })
    void aKeyThatTheReferenceDoesNotComputeWithChangesNothing(String type, String key, String value) {
        ObjectNode other = stated(type);
        other.set(key, MAPPER.readTree(value));
        assertThat(model(other)).isEqualTo(model(stated(type)));
    }

    @ParameterizedTest(name = "{0} with {1} = {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "gemma2 | use_bidirectional_attention | true",
                "gemma2 | sliding_window | null",
                "gemma2 | sliding_window_size | 512",
                "gemma2 | num_key_value_heads | 3",
                "gemma3_text | use_bidirectional_attention | true",
                "gemma3_text | sliding_window | null",
                "gemma3_text | _sliding_window_pattern | 4",
                "gemma3_text | rope_parameters | {\"rope_type\": \"default\", \"rope_theta\": 5000.0}",
                "gemma3_text | per_layer_config | {}",
                "gemma3n_text | altup_num_inputs | 1",
                "gemma3n_text | altup_active_idx | 4",
                "gemma3n_text | altup_coef_clip | 0",
                "gemma3n_text | laurel_rank | 0",
                "gemma3n_text | num_kv_shared_layers | 35",
                "gemma3n_text | num_kv_shared_layers | -1",
                "gemma3n_text | intermediate_size | [8192, 8192]",
                "gemma3n_text | activation_sparsity_pattern | 0.95",
                "gemma3n_text | activation_sparsity_pattern | [0.95]",
                "gemma3n_text | layer_types | [\"full_attention\"]",
                "gemma3n_text | sliding_window | null",
                "gemma3n_text | attn_logit_softcapping | 50.0"
            })
    void aValueThatIsNotBuiltIsRefusedByItsKey(String type, String key, String value) {
        ObjectNode other = stated(type);
        other.set(key, MAPPER.readTree(value));
        Reading reading = Families.read(other);
        assertThat(reading).isInstanceOf(Refusal.class);
        assertThat(((Refusal) reading).key()).isEqualTo(key);
    }

    @Test
    void theOlderSpellingOfRotationsMeansTheSame() {
        for (String type : new String[] {"gemma3_text", "gemma3n_text"}) {
            ObjectNode older = stated(type);
            older.remove("rope_parameters");
            older.put("rope_theta", 1e6).put("rope_local_base_freq", 1e4).putNull("rope_scaling");
            assertThat(model(older)).isEqualTo(model(stated(type)));
            ObjectNode both = stated(type);
            ((ObjectNode) both.get("rope_parameters").get("full_attention")).remove("rope_theta");
            both.put("rope_theta", 1e6);
            assertThat(model(both)).isEqualTo(model(stated(type)));
        }
    }

    @Test
    void whatTheOuterObjectSaysOfTheHeadHoldsForTheText() {
        ObjectNode wrapped =
                MAPPER.createObjectNode().put("model_type", "gemma3n").put("tie_word_embeddings", false);
        assertThat(model(wrapped).head().tied()).isFalse();
        wrapped.putObject("text_config").put("tie_word_embeddings", true);
        assertThat(((Refusal) Families.read(wrapped)).key()).isEqualTo("tie_word_embeddings");
    }
}
