package io.dipper.transformer.fold;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Span;
import java.util.List;

/// What a sequence keeps between steps, in values; a target multiplies by the size of its elements.
public final class KvCache {
    private KvCache() {}

    /// Values that a layer keeps for each token that it keeps.
    public static long valuesPerToken(Mixer mixer) {
        return switch (mixer) {
            case Attention attention -> 2L * attention.keyValueWidth();
            case SharedAttention _ -> 0;
            case LatentAttention latent -> latent.latentDim() + latent.rotaryDim();
            case GatedDelta _ -> 0;
        };
    }

    /// How many of `context` tokens a layer keeps.
    public static long tokensKept(Mixer mixer, long context) {
        return switch (mixer) {
            case Attention attention ->
                switch (attention.span()) {
                    case Span.Full _ -> context;
                    case Span.Window(int tokens) -> Math.min(context, tokens);
                    case Span.Chunk(int tokens) -> Math.min(context, tokens);
                };
            case SharedAttention _, GatedDelta _ -> 0;
            case LatentAttention _ -> context;
        };
    }

    /// Whether a layer keeps every token, so that its cache never stops growing.
    public static boolean keepsAll(Mixer mixer) {
        return switch (mixer) {
            case Attention attention -> attention.span() instanceof Span.Full;
            case LatentAttention _ -> true;
            case SharedAttention _, GatedDelta _ -> false;
        };
    }

    /// Values of a recurrent layer's matrices, the same at every length.
    public static long recurrentValues(Mixer mixer) {
        return switch (mixer) {
            case GatedDelta delta -> (long) delta.valueHeads() * delta.keyDim() * delta.valueDim();
            case Attention _, SharedAttention _, LatentAttention _ -> 0;
        };
    }

    /// Values of a recurrent layer's convolution, which remembers its last inputs.
    public static long convolutionValues(Mixer mixer) {
        return switch (mixer) {
            case GatedDelta delta -> (long) delta.convolutionWidth() * (delta.kernel() - 1);
            case Attention _, SharedAttention _, LatentAttention _ -> 0;
        };
    }

    /// Values that one sequence of `context` tokens keeps in all.
    public static long values(Model model, long context) {
        return mixers(model).stream()
                .mapToLong(mixer -> valuesPerToken(mixer) * tokensKept(mixer, context)
                        + recurrentValues(mixer)
                        + convolutionValues(mixer))
                .sum();
    }

    static List<Mixer> mixers(Model model) {
        return model.blocks().stream().map(block -> block.mixer()).toList();
    }
}
