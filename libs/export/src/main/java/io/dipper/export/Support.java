package io.dipper.export;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.Dense;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.RopeScaling;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.SharedAttention;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// Which parts of a design the operators cannot run yet.
final class Support {
    private final SequencedSet<String> missing = new LinkedHashSet<>();
    private final int contextLength;

    private Support(int contextLength) {
        this.contextLength = contextLength;
    }

    static List<String> missing(Model model) {
        Support support = new Support(model.contextLength());
        for (Block block : model.blocks()) {
            support.mixer(block.mixer());
            support.feedForward(block.feedForward());
        }
        if (model.streams().isPresent()) {
            support.missing.add("AltUp, LAuReL and per-layer embeddings");
        }
        return List.copyOf(support.missing);
    }

    private void mixer(Mixer mixer) {
        switch (mixer) {
            case Attention attention -> attention(attention);
            case SharedAttention _ -> missing.add("attention over another layer's cache");
            case LatentAttention _ -> missing.add("multi-head latent attention");
            case GatedDelta _ -> missing.add("the gated delta rule");
        }
    }

    private void attention(Attention attention) {
        if (attention.scoring().sinks() == Scoring.Sinks.LEARNED_PER_HEAD) {
            missing.add("attention sinks");
        }
        if (attention.scoring().temperature().isPresent()) {
            missing.add("attention temperature by position");
        }
        if (attention.gate() == Attention.Gate.SIGMOID_BESIDE_QUERY) {
            missing.add("gated attention output");
        }
        if (attention.qkNorm() instanceof QkNorm.PerHead perHead
                && perHead.value().isPresent()) {
            missing.add("norms on value heads");
        }
        if (attention.positions() instanceof Positions.Rope rope
                && rope.scaling() instanceof RopeScaling.LongRope longRope
                && longRope.originalContext() < contextLength) {
            missing.add("LongRoPE beyond its original context");
        }
    }

    private void feedForward(FeedForward feedForward) {
        switch (feedForward) {
            case Dense _ -> {}
            case Gated gated -> {
                if (gated.sparsity().isPresent()) {
                    missing.add("activation sparsity");
                }
                if (gated.clamp().isPresent()) {
                    missing.add("the clamped gate");
                }
            }
            case Experts _ -> missing.add("routed experts");
        }
    }
}
