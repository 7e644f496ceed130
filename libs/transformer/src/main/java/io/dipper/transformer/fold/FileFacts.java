package io.dipper.transformer.fold;

import java.util.Optional;
import java.util.OptionalLong;

/// What a model's published files hold beside the text model's parameters, as far as its
/// configuration tells, and how the files spell what the design calls otherwise.
///
/// @param predictionLayers elements of the layers for multi-token prediction, with the copies of
///     embedding and head that some files repeat for them
/// @param blockScales inverse scales beside eight-bit weights, one a block
/// @param vision elements of the vision tower and its projector; empty where they are not derived
/// @param maskBuffers elements of stored causal masks
/// @param ropeType the file's name for its rotary scaling where that is not the design's
public record FileFacts(
        long predictionLayers, long blockScales, OptionalLong vision, long maskBuffers, Optional<String> ropeType) {
    public static final FileFacts NONE = new FileFacts(0, 0, OptionalLong.of(0), 0, Optional.empty());

    public FileFacts withPredictionLayers(long elements) {
        return new FileFacts(elements, blockScales, vision, maskBuffers, ropeType);
    }

    public FileFacts withBlockScales(long elements) {
        return new FileFacts(predictionLayers, elements, vision, maskBuffers, ropeType);
    }

    public FileFacts withVision(OptionalLong elements) {
        return new FileFacts(predictionLayers, blockScales, elements, maskBuffers, ropeType);
    }

    public FileFacts withMaskBuffers(long elements) {
        return new FileFacts(predictionLayers, blockScales, vision, elements, ropeType);
    }

    public FileFacts withRopeType(String spelling) {
        return new FileFacts(predictionLayers, blockScales, vision, maskBuffers, Optional.of(spelling));
    }
}
