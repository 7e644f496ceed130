package io.dipper.transformer.family;

import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.SharedAttention;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What came of asking for a smaller model inside a larger one that was trained to hold it
/// (MatFormer): feed-forward parts cut to their first values, layers left out.
///
/// A slice is stated as JSON: `{"intermediate_size": 8192, "skipped_layers": [20, 21, 22, 23, 24]}`.
/// The width holds for every layer, or is a list with an entry for each layer that stays.
public sealed interface Slicing {

    /// The smaller model's configuration as its own file has it, and what it reads as.
    ///
    /// @param kept the larger model's layers that stay
    record Sliced(JsonNode config, Read whole, Read part, List<Integer> kept) implements Slicing {
        public Sliced {
            kept = List.copyOf(kept);
        }
    }

    record Refused(Refusal refusal) implements Slicing {}

    static Slicing of(JsonNode config, JsonNode slice) {
        return switch (Families.read(config)) {
            case Refusal refusal -> new Refused(refusal);
            case Read whole -> {
                try {
                    yield cut(config, whole, Keys.of(slice));
                } catch (RefusedKey refused) {
                    yield new Refused(refused.refusal());
                }
            }
        };
    }

    private static Slicing cut(JsonNode config, Read whole, Keys slice) {
        List<Block> blocks = whole.model().blocks();
        if (!whole.family().equals("gemma3n")) {
            throw new RefusedKey(new Refusal("model_type", whole.family(), "only gemma3n holds smaller models"));
        }
        List<Integer> kept = kept(slice, blocks);
        List<Integer> widths = widths(slice, kept, blocks);
        slice.finish();
        ObjectNode smaller = (ObjectNode) config.deepCopy();
        ObjectNode text = smaller.path("text_config") instanceof ObjectNode inner ? inner : smaller;
        rewrite(text, blocks, kept, widths);
        return switch (Families.read(smaller)) {
            case Refusal refusal -> new Refused(refusal);
            case Read part -> new Sliced(smaller, whole, part, kept);
        };
    }

    private static List<Integer> kept(Keys slice, List<Block> blocks) {
        List<Integer> skipped = slice.wholes("skipped_layers").orElse(List.of());
        Set<Integer> left = new HashSet<>();
        for (int layer : skipped) {
            if (layer < 0 || layer >= blocks.size()) {
                throw slice.refused("skipped_layers", layer + " is none of the layers 0 to " + (blocks.size() - 1));
            }
            if (!left.add(layer)) {
                throw slice.refused("skipped_layers", layer + " stands there twice");
            }
        }
        List<Integer> kept = IntStream.range(0, blocks.size())
                .filter(layer -> !left.contains(layer))
                .boxed()
                .toList();
        if (kept.isEmpty()) {
            throw slice.refused("skipped_layers", "leaves none of " + blocks.size() + " layers");
        }
        for (int layer : kept) {
            if (blocks.get(layer).mixer() instanceof SharedAttention shared && left.contains(shared.sourceLayer())) {
                throw slice.refused(
                        "skipped_layers",
                        "layer " + shared.sourceLayer() + " keeps the keys and values that layer " + layer + " reads");
            }
        }
        return kept;
    }

    private static List<Integer> widths(Keys slice, List<Integer> kept, List<Block> blocks) {
        List<Integer> stored = kept.stream()
                .map(layer -> gated(blocks.get(layer)).intermediate())
                .toList();
        List<Integer> wanted = slice.isList("intermediate_size")
                ? slice.wholes("intermediate_size").orElseThrow()
                : Optional.of(slice.optionalPositive("intermediate_size"))
                        .filter(width -> width.isPresent())
                        .map(width -> Collections.nCopies(kept.size(), width.getAsInt()))
                        .orElse(stored);
        if (wanted.size() != kept.size()) {
            throw slice.refused(
                    "intermediate_size", wanted.size() + " entries for the " + kept.size() + " layers that stay");
        }
        for (int i = 0; i < wanted.size(); i++) {
            if (wanted.get(i) < 1 || wanted.get(i) > stored.get(i)) {
                throw slice.refused(
                        "intermediate_size",
                        "layer " + kept.get(i) + " has widths from 1 to " + stored.get(i) + ", not " + wanted.get(i));
            }
        }
        return wanted;
    }

    private static Gated gated(Block block) {
        if (block.feedForward() instanceof Gated gated) {
            return gated;
        }
        throw new IllegalStateException("a family whose feed-forward parts are gated has another");
    }

    /// States what differs a layer, whether or not the larger model's file left it to a default.
    private static void rewrite(ObjectNode text, List<Block> blocks, List<Integer> kept, List<Integer> widths) {
        List<String> kinds = Gemma3n.kinds(Keys.of(text), blocks.size());
        text.put("num_hidden_layers", kept.size());
        text.put(
                "num_kv_shared_layers",
                kept.stream()
                        .filter(layer -> blocks.get(layer).mixer() instanceof SharedAttention)
                        .count());
        ArrayNode layerTypes = text.putArray("layer_types");
        ArrayNode sparsity = text.putArray("activation_sparsity_pattern");
        ArrayNode sizes = text.putArray("intermediate_size");
        List<Integer> left = new ArrayList<>(widths);
        for (int layer : kept) {
            layerTypes.add(kinds.get(layer));
            sparsity.add(gated(blocks.get(layer)).sparsity().orElse(0));
            sizes.add(left.removeFirst());
        }
    }
}
