package io.dipper.cli.offline;

import io.dipper.cli.Failure;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A configuration at another scale: some of its keys set otherwise.
final class ConfigurationChanges {
    private static final List<String> LAYER_COUNTS = List.of("num_hidden_layers", "n_layer");

    private ConfigurationChanges() {}

    /// Sets each key where the text model's own keys are. With another number of layers, lists that have
    /// an entry a layer are cut to it.
    ///
    /// @param values JSON a key
    /// @throws Failure for a value that is no JSON, or more layers than a list has entries for
    static JsonNode apply(JsonNode config, Map<String, String> values) {
        ObjectNode changed = (ObjectNode) config.deepCopy();
        ObjectNode text = changed.path("text_config") instanceof ObjectNode inner ? inner : changed;
        values.forEach((key, value) -> {
            JsonNode parsed = parse(key, value);
            if (LAYER_COUNTS.contains(key) && parsed.isInt() && text.path(key).isInt()) {
                cutLists(text, text.get(key).intValue(), parsed.intValue());
            }
            text.set(key, parsed);
        });
        return changed;
    }

    private static JsonNode parse(String key, String value) {
        try {
            return JsonMapper.shared().readTree(value);
        } catch (JacksonException e) {
            throw Failure.badInput("--set " + key + ": not JSON: " + value);
        }
    }

    private static void cutLists(ObjectNode text, int before, int now) {
        for (String key : List.copyOf(text.propertyNames())) {
            if (text.get(key) instanceof ArrayNode list && list.size() == before) {
                if (now > before) {
                    throw Failure.badInput("--set: " + key + " has entries for " + before + " layers, not for " + now);
                }
                ArrayNode cut = text.putArray(key);
                for (int layer = 0; layer < now; layer++) {
                    cut.add(list.get(layer));
                }
            }
        }
    }
}
