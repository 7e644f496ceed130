package io.dipper.transformer.family;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.fixtures.Fixtures;
import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.fold.Facts;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class SlicingTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String PUBLISHED = "{\"intermediate_size\": 8192, \"skipped_layers\": [20, 21, 22, 23, 24]}";

    private static JsonNode e4b() {
        return MAPPER.readTree(Fixtures.root()
                .resolve("models/catalogue/google--gemma-3n-E4B/config.json")
                .toFile());
    }

    private static JsonNode golden(String name) {
        return MAPPER.readTree(Fixtures.golden(name).resolve("config.json").toFile());
    }

    private static Slicing.Sliced sliced(JsonNode config, String slice) {
        Slicing slicing = Slicing.of(config, MAPPER.readTree(slice));
        assertThat(slicing).isInstanceOf(Slicing.Sliced.class);
        return (Slicing.Sliced) slicing;
    }

    @Test
    void thePublishedSliceOfTheLargerModelIsThePublishedSmallerModel() {
        JsonNode e2b = MAPPER.readTree(Fixtures.configurations()
                .resolve("google--gemma-3n-E2B/config.json")
                .toFile());
        Read published = (Read) Families.read(e2b);
        Read cut = sliced(e4b(), PUBLISHED).part();
        assertThat(cut.model()).isEqualTo(published.model());
        assertThat(Facts.of(cut.model(), cut.family(), cut.files(), List.of()))
                .isEqualTo(Facts.of(published.model(), published.family(), published.files(), List.of()));
    }

    @Test
    void whatTheLargerModelLeavesToDefaultsHoldsForTheLayersThatStay() {
        ObjectNode bare = (ObjectNode) e4b();
        ObjectNode text = (ObjectNode) bare.get("text_config");
        text.remove(List.of(
                "layer_types",
                "activation_sparsity_pattern",
                "intermediate_size",
                "num_hidden_layers",
                "num_kv_shared_layers"));
        assertThat(sliced(bare, PUBLISHED).part().model())
                .isEqualTo(sliced(e4b(), PUBLISHED).part().model());
    }

    @Test
    void aSliceMayBeCutAgain() {
        JsonNode once =
                sliced(e4b(), "{\"skipped_layers\": [20, 21, 22, 23, 24]}").config();
        assertThat(sliced(once, "{\"intermediate_size\": 8192}").part().model())
                .isEqualTo(sliced(e4b(), PUBLISHED).part().model());
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "gemma3n | {\"intermediate_size\": 161} | intermediate_size = 161: layer 0 has widths from 1 to 160, not 161",
                "gemma3n | {\"intermediate_size\": 0} | intermediate_size = 0: not a whole number from 1",
                "gemma3n | {\"intermediate_size\": [8, 8, 8, 8, 8, 200]} | layer 5 has widths from 1 to 160, not 200",
                "gemma3n | {\"intermediate_size\": [8, 8, 8, 8, 8, 0]} | layer 5 has widths from 1 to 160, not 0",
                "gemma3n | {\"intermediate_size\": [8, 8]} | 2 entries for the 6 layers that stay",
                "gemma3n | {\"intermediate_size\": [8, 8, 8, 8, 8, 8], \"skipped_layers\": [0]} | 6 entries for the 5 layers that stay",
                "gemma3n | {\"intermediate_size\": \"half\"} | intermediate_size = \"half\": not a whole number",
                "gemma3n | {\"skipped_layers\": [6]} | skipped_layers = [6]: 6 is none of the layers 0 to 5",
                "gemma3n | {\"skipped_layers\": [-1]} | -1 is none of the layers 0 to 5",
                "gemma3n | {\"skipped_layers\": [0, 0]} | 0 stands there twice",
                "gemma3n | {\"skipped_layers\": [0, 1, 2, 3, 4, 5]} | leaves none of 6 layers",
                "gemma3n | {\"skipped_layers\": [1]} | layer 1 keeps the keys and values that layer 3 reads",
                "gemma3n | {\"skipped_layers\": [2, 3]} | layer 2 keeps the keys and values that layer 5 reads",
                "gemma3n | {\"skipped_layers\": 3} | not a list of whole numbers",
                "gemma3n | {\"skip\": [3]} | skip = [3]: this design does not know the key",
                "gemma3n | [] | a configuration is a JSON object",
                "gemma3 | {\"intermediate_size\": 8} | model_type = gemma3: only gemma3n holds smaller models"
            })
    void aSliceThatCannotBeCutIsRefusedByItsField(String name, String slice, String message) {
        Slicing slicing = Slicing.of(golden(name), MAPPER.readTree(slice));
        assertThat(slicing).isInstanceOf(Slicing.Refused.class);
        assertThat(((Slicing.Refused) slicing).refusal().message()).contains(message);
    }

    @Test
    void aSourceMayGoWithAllItsReaders() {
        assertThat(sliced(golden("gemma3n"), "{\"skipped_layers\": [2, 5]}").kept())
                .containsExactly(0, 1, 3, 4);
    }
}
