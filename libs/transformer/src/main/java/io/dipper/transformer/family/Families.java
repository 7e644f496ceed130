package io.dipper.transformer.family;

import io.dipper.transformer.family.Wrapped.WithoutText;
import io.dipper.transformer.fold.FileFacts;
import io.dipper.transformer.tree.IllFormedTree;
import io.dipper.transformer.tree.Model;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/// The designs that can be read, by the `model_type` of their configurations: one line a family.
public final class Families {
    private static final Map<String, Family> BY_MODEL_TYPE = new TreeMap<>(Map.ofEntries(
            Map.entry("deepseek_v2", new DeepSeekV2()),
            Map.entry("deepseek_v3", new DeepSeekV3("deepseek-v3")),
            Map.entry("gemma2", new Gemma2()),
            Map.entry("gemma3", new Wrapped(new Gemma3(), "gemma3_text", WithoutText.ALL_DEFAULTS)),
            Map.entry("gemma3_text", new Gemma3()),
            Map.entry("gemma3n", new Wrapped(new Gemma3n(), "gemma3n_text", WithoutText.ALL_DEFAULTS)),
            Map.entry("gemma3n_text", new Gemma3n()),
            Map.entry("git", new Grok2()),
            Map.entry("glm4_moe", new Glm4Moe()),
            Map.entry("gpt2", new Gpt2()),
            Map.entry("gpt_oss", new GptOss()),
            Map.entry("kimi_k2", new DeepSeekV3("kimi-k2")),
            Map.entry("llama", new Llama()),
            Map.entry("llama4", new Wrapped(new Llama4(), "llama4_text")),
            Map.entry("llama4_text", new Llama4()),
            Map.entry("minimax_m2", new MiniMaxM2()),
            Map.entry("mistral", new Mistral()),
            Map.entry("mistral3", new Wrapped(new Mistral(), "mistral")),
            Map.entry("mixtral", new Mixtral()),
            Map.entry("olmo2", new Olmo2()),
            Map.entry("olmo3", new Olmo3()),
            Map.entry("phi3", new Phi3()),
            Map.entry("qwen2", new Qwen2()),
            Map.entry("qwen3", new Qwen3()),
            Map.entry("qwen3_moe", new Qwen3Moe()),
            Map.entry("qwen3_next", new Qwen3Next()),
            Map.entry("smollm3", new SmolLm3()),
            Map.entry("stablelm", new StableLm())));

    private Families() {}

    /// The model types that have a family.
    public static Set<String> modelTypes() {
        return new TreeSet<>(BY_MODEL_TYPE.keySet());
    }

    /// The model that a `config.json` describes, or why it cannot be served.
    public static Reading read(JsonNode config) {
        try {
            Keys keys = Keys.of(config);
            String type = keys.text("model_type");
            Family family = BY_MODEL_TYPE.get(type);
            if (family == null) {
                throw keys.refused("model_type", "known are " + String.join(", ", BY_MODEL_TYPE.keySet()));
            }
            CommonKeys.harmless(keys);
            Storage storage = CommonKeys.storage(keys);
            Model model = family.read(keys);
            FileFacts files = family.files(keys, model)
                    .withBlockScales(BlockScales.count(storage, model, family.predictionLayers(keys)));
            keys.finish();
            return new Reading.Read(model, family.name(), family.names(), storage, files);
        } catch (RefusedKey refused) {
            return refused.refusal();
        } catch (IllFormedTree illFormed) {
            // Each value is allowed, but together they make no model that a reference could run.
            return new Refusal("", "", illFormed.getMessage());
        }
    }
}
