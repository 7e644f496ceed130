package io.dipper.transformer.family;

import io.dipper.transformer.tree.Activation;
import io.dipper.transformer.tree.Head;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Keys that mean the same in every family.
final class CommonKeys {
    /// More layers than any design has, so that a lie about them cannot ask for endless memory.
    static final int MOST_LAYERS = 1024;

    private static final int MOST_EXPERTS = 4096;

    private static final Map<String, Activation> ACTIVATIONS = Map.of(
            "silu", Activation.SILU,
            "swish", Activation.SILU,
            "gelu", Activation.GELU,
            "gelu_new", Activation.GELU_TANH,
            "gelu_pytorch_tanh", Activation.GELU_TANH,
            "relu", Activation.RELU,
            "relu2", Activation.RELU_SQUARED);

    private CommonKeys() {}

    /// What the file format itself carries, generation defaults and training leftovers.
    static void harmless(Keys keys) {
        keys.harmless(
                "model_type",
                "transformers_version",
                "torch_dtype",
                "dtype",
                "_name_or_path",
                "name_or_path",
                "auto_map",
                "bos_token_id",
                "eos_token_id",
                "pad_token_id",
                "initializer_range",
                "use_cache",
                "attention_dropout",
                "cache_implementation",
                "_attn_implementation",
                "_attn_implementation_autoset",
                "attn_implementation",
                "return_dict",
                "output_attentions",
                "output_hidden_states",
                "problem_type",
                "id2label",
                "label2id",
                "chunk_size_feed_forward",
                "task_specific_params",
                "transformers.js_config",
                "unsloth_fixed",
                "unsloth_version");
        keys.mustBe("is_encoder_decoder", false)
                .mustBe("add_cross_attention", false)
                .mustBe("use_bidirectional_attention", false);
        architecture(keys);
    }

    /// A checkpoint of the same model type may carry another head than the one for text.
    private static void architecture(Keys keys) {
        Optional<List<String>> architectures = keys.texts("architectures");
        boolean generates = architectures.isEmpty()
                || architectures.get().isEmpty()
                || architectures.get().stream()
                        .anyMatch(name -> name.endsWith("ForCausalLM")
                                || name.endsWith("LMHeadModel")
                                || name.endsWith("ForConditionalGeneration"));
        if (!generates) {
            throw keys.refused("architectures", "not a model that generates text");
        }
    }

    static Storage storage(Keys keys) {
        Optional<Keys> stated = keys.object("quantization_config");
        if (stated.isEmpty()) {
            return Storage.PLAIN;
        }
        Keys quantization = stated.get();
        quantization.harmless("modules_to_not_convert", "ignored_layers");
        return switch (quantization.text("quant_method")) {
            case "fp8" -> {
                quantization
                        .harmless("activation_scheme")
                        .choice("fmt", "e4m3", Map.of("e4m3", "e4m3", "float8_e4m3fn", "e4m3"));
                List<Integer> block = quantization.wholes("weight_block_size").orElse(List.of());
                if (block.size() != 2 || block.getFirst() < 1 || block.getLast() < 1) {
                    throw quantization.refused("weight_block_size", "not two positive whole numbers");
                }
                yield new Storage.Fp8Blocks(block.getFirst(), block.getLast());
            }
            case "mxfp4" -> new Storage.Mxfp4();
            default -> throw quantization.refused("quant_method", "only fp8 and mxfp4 are built");
        };
    }

    static int layers(Keys keys) {
        return atMost(keys, "num_hidden_layers", MOST_LAYERS);
    }

    static int experts(Keys keys, String key) {
        return atMost(keys, key, MOST_EXPERTS);
    }

    static int atMost(Keys keys, String key, int most) {
        int count = keys.positive(key);
        if (count > most) {
            throw keys.refused(key, "more than " + most);
        }
        return count;
    }

    /// Key-value heads, as many as heads where nothing is said.
    static int keyValueHeads(Keys keys, int heads) {
        int kvHeads = keys.positiveOr("num_key_value_heads", heads);
        if (heads % kvHeads != 0) {
            throw keys.refused("num_key_value_heads", heads + " heads cannot share them evenly");
        }
        return kvHeads;
    }

    /// The head dimension, or the hidden size cut evenly among the heads.
    static int headDim(Keys keys, int hidden, int heads) {
        OptionalInt stated = keys.optionalPositive("head_dim");
        if (stated.isPresent()) {
            return stated.getAsInt();
        }
        if (hidden % heads != 0) {
            throw keys.refused("num_attention_heads", "does not divide hidden_size " + hidden);
        }
        return hidden / heads;
    }

    static Activation activation(Keys keys, String key, String otherwise) {
        return keys.choice(key, otherwise, ACTIVATIONS);
    }

    static Head.Matrix head(Keys keys, boolean tiedByDefault) {
        return keys.flagOr("tie_word_embeddings", tiedByDefault) ? Head.Matrix.TIED : Head.Matrix.OWN;
    }

    /// A key with one entry a layer.
    static <T> List<T> perLayer(Keys keys, String key, List<T> values, int layers) {
        if (values.size() != layers) {
            throw keys.refused(key, values.size() + " entries for " + layers + " layers");
        }
        return values;
    }
}
