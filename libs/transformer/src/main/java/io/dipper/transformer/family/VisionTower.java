package io.dipper.transformer.family;

import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/// Elements of the vision tower and projector that stand beside a wrapped text model.
///
/// Only counted, never run: each formula adds up what the reference's modules of that name declare.
final class VisionTower {
    private static final int MOST = 1 << 20;

    private final JsonNode vision;
    private final JsonNode outer;
    private final long text;

    private VisionTower(JsonNode vision, JsonNode outer, int textHidden) {
        this.vision = vision;
        this.outer = outer;
        this.text = textHidden;
    }

    /// 0 without a tower; empty for a kind that is not known here or whose numbers make no tower.
    static OptionalLong elements(JsonNode config, int textHidden) {
        JsonNode vision = config.path("vision_config");
        if (!vision.isObject()) {
            return OptionalLong.of(0);
        }
        var tower = new VisionTower(vision, config, textHidden);
        try {
            return switch (vision.path("model_type").asString("")) {
                case "siglip_vision_model" -> OptionalLong.of(tower.siglip());
                case "pixtral" -> OptionalLong.of(tower.pixtral());
                case "llama4_vision_model" -> OptionalLong.of(tower.llama4());
                default -> OptionalLong.empty();
            };
        } catch (UnknownSize _) {
            return OptionalLong.empty();
        }
    }

    /// SigLIP without its pooling head, a norm and one matrix to the text's width.
    private long siglip() throws UnknownSize {
        if (vision.path("vision_use_head").asBoolean(true)) {
            throw new UnknownSize();
        }
        long hidden = size("hidden_size");
        long patches = square(size("image_size") / size("patch_size")) * hidden + patchEmbedding() + hidden;
        return patches + size("num_hidden_layers") * biasedBlock() + 2 * hidden + text * hidden + hidden;
    }

    /// Pixtral: rotary positions, gated feed-forwards, no biases; its projector merges neighbouring
    /// patches.
    private long pixtral() throws UnknownSize {
        long hidden = size("hidden_size");
        long block = 4 * hidden * hidden + 3 * hidden * size("intermediate_size") + 2 * hidden;
        long tower = patchEmbedding() + hidden + size("num_hidden_layers") * block;
        long merger = square(sizeOr(outer, "spatial_merge_size", 2)) * hidden * hidden;
        long biases = outer.path("multimodal_projector_bias").asBoolean(false) ? 2 * text : 0;
        return tower + hidden + merger + hidden * text + text * text + biases;
    }

    /// Llama 4: learned positions and a class token, a pixel shuffle through two matrices, one to
    /// the text's width.
    private long llama4() throws UnknownSize {
        long hidden = size("hidden_size");
        long patches = square(size("image_size") / size("patch_size")) + 1;
        long tower = patches * hidden + hidden + patchEmbedding() + size("num_hidden_layers") * biasedBlock();
        long output = size("projector_output_dim");
        long adapter = size("intermediate_size") * size("projector_input_dim") + output * output;
        return tower + 4 * hidden + adapter + size("vision_output_dim") * text;
    }

    /// Attention and a dense feed-forward with biases, between two layer norms.
    private long biasedBlock() throws UnknownSize {
        long hidden = size("hidden_size");
        long intermediate = size("intermediate_size");
        return 4 * (hidden * hidden + hidden) + 2 * hidden * intermediate + intermediate + hidden + 4 * hidden;
    }

    private long patchEmbedding() throws UnknownSize {
        return sizeOr(vision, "num_channels", 3) * square(size("patch_size")) * size("hidden_size");
    }

    private long size(String key) throws UnknownSize {
        return sizeOr(vision, key, 0);
    }

    private static long sizeOr(JsonNode node, String key, int otherwise) throws UnknownSize {
        int value = node.path(key).asInt(otherwise);
        if (value < 1 || value > MOST) {
            throw new UnknownSize();
        }
        return value;
    }

    private static long square(long side) {
        return side * side;
    }

    private static final class UnknownSize extends Exception {
        private static final long serialVersionUID = 1;
    }
}
