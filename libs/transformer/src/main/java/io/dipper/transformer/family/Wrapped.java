package io.dipper.transformer.family;

import io.dipper.transformer.family.Renaming.Layout;
import io.dipper.transformer.fold.FileFacts;
import io.dipper.transformer.tree.Model;
import java.util.Optional;

/// The text part of a multimodal model: a family's configuration under `text_config`, its names
/// under a prefix, the towers' tensors left out.
///
/// What only the outer object states (whether the head is tied) holds for the text model; where
/// both state it they must agree.
record Wrapped(Family text, String textType, WithoutText withoutText) implements Family {
    /// What holds where a file has no `text_config`.
    enum WithoutText {
        REFUSED,
        ALL_DEFAULTS
    }

    Wrapped(Family text, String textType) {
        this(text, textType, WithoutText.REFUSED);
    }

    @Override
    public String name() {
        return text.name();
    }

    @Override
    public Model read(Keys outer) {
        Keys inner = switch (withoutText) {
            case REFUSED -> outer.object("text_config").orElseThrow(() -> outer.missing("text_config"));
            case ALL_DEFAULTS -> outer.objectOrEmpty("text_config");
        };
        if (!inner.optionalText("model_type").orElse(textType).equals(textType)) {
            throw inner.refused("model_type", "this wrapper holds a " + textType);
        }
        CommonKeys.harmless(inner);
        Optional<Boolean> tied = inner.optionalFlag("tie_word_embeddings");
        Optional<Boolean> outerTied = outer.optionalFlag("tie_word_embeddings");
        if (tied.isPresent() && outerTied.isPresent() && !tied.equals(outerTied)) {
            throw outer.refused("tie_word_embeddings", "text_config says " + tied.get());
        }
        outerTied.ifPresent(value -> inner.assume("tie_word_embeddings", value));
        outer.harmless(
                "vision_config",
                "audio_config",
                "image_token_index",
                "image_token_id",
                "boi_token_index",
                "eoi_token_index",
                "boi_token_id",
                "eoi_token_id",
                "boa_token_id",
                "eoa_token_id",
                "audio_token_id",
                "mm_tokens_per_image",
                "vision_soft_tokens_per_image",
                "audio_soft_tokens_per_image",
                "multimodal_projector_bias",
                "projector_hidden_act",
                "spatial_merge_size",
                "vision_feature_layer");
        return text.read(inner);
    }

    @Override
    public FileFacts files(Keys outer, Model model) {
        return text.files(outer, model).withVision(VisionTower.elements(outer.node(), model.hidden()));
    }

    @Override
    public Renaming names() {
        return text.names()
                .spelled(Layout.WRAPPED, Layout.WRAPPED_INSIDE, Layout.PLAIN)
                .leavingOut("*vision_tower.*", "vision tower")
                .leavingOut("*vision_model.*", "vision tower")
                .leavingOut("*audio_tower.*", "audio tower")
                .leavingOut("*embed_vision.*", "vision embedder")
                .leavingOut("*embed_audio.*", "audio embedder")
                .leavingOut("*multi_modal_projector.*", "multimodal projector");
    }
}
