package io.dipper.export;

import io.dipper.export.Operators.Rotation;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Norm;
import java.util.List;

/// Multi-head latent attention: projections around one operator, which norms, turns and keeps the
/// latents and works in their space.
final class LatentLowering {
    private final WeightLayout weights;
    private final Norms norms;
    private final StepInputs inputs;
    private final KvPlan cache;
    private final Rotations rotations;
    private final int blockTokens;

    LatentLowering(
            WeightLayout weights, Norms norms, StepInputs inputs, KvPlan cache, Rotations rotations, int blockTokens) {
        this.weights = weights;
        this.norms = norms;
        this.inputs = inputs;
        this.cache = cache;
        this.rotations = rotations;
        this.blockTokens = blockTokens;
    }

    Value lower(LatentAttention latent, int layer, Value x, Operators at) {
        String path = "layers." + layer + ".attn.";
        if (!(latent.latentNorm() instanceof Norm.Rms latentNorm)) {
            throw new IllegalStateException("Support should have named the norm of the latents");
        }
        Rotation rotation = rotations.of(latent.rope());
        List<Value> values = List.of(
                query(latent, path, x, at),
                linear(path + "kv_down", x, at),
                inputs.pools().get(layer),
                inputs.positions(),
                inputs.seqStarts(),
                inputs.blockTables().get(cache.layer(layer).group()),
                rotation.cos(),
                rotation.sin(),
                norms.weight(path + "kv_latent_norm", latentNorm),
                weights.take(path + "kv_up"));
        Value mixed = at.latentAttention(values, attributes(latent, latentNorm), latent.heads() * latent.valueDim());
        return linear(path + "o", mixed, at);
    }

    private Value query(LatentAttention latent, String path, Value x, Operators at) {
        return latent.queryLatentNorm()
                .map(norm -> {
                    Value down = linear(path + "q_down", x, at);
                    return linear(path + "q_up", norms.apply(path + "q_latent_norm", norm, down, at), at);
                })
                .orElseGet(() -> linear(path + "q", x, at));
    }

    private Value linear(String path, Value x, Operators at) {
        return at.linear(x, weights.take(path), weights.takeIfThere(path + ".bias"));
    }

    private List<Attribute> attributes(LatentAttention latent, Norm.Rms latentNorm) {
        return List.of(
                Attribute.of("heads", latent.heads()),
                Attribute.of("plain_dim", latent.plainDim()),
                Attribute.of("rotary_dim", latent.rotaryDim()),
                Attribute.of("value_dim", latent.valueDim()),
                Attribute.of("latent_dim", latent.latentDim()),
                Attribute.of("scale", (float) latent.scoring().scale()),
                Attribute.of("norm_epsilon", (float) latentNorm.epsilon()),
                Attribute.of("block_tokens", blockTokens),
                Rotations.pairing(latent.rope()));
    }
}
