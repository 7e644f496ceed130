package io.dipper.export;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.RopeScaling;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.Scoring.Temperature;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Streams;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.stream.Stream;

/// Which parts of a design the operators cannot run yet.
final class Support {
    /// As many as the operator that ends them takes.
    private static final int MOST_STREAMS = 16;

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
        model.streams().ifPresent(streams -> support.streams(streams, model.blocks()));
        return List.copyOf(support.missing);
    }

    /// Their operators take norms of one kind, with one epsilon.
    private void streams(Streams streams, List<Block> blocks) {
        if (!blocks.stream().allMatch(block -> block.norms() instanceof BlockNorms.Sandwich)) {
            missing.add("several residual streams without norms before and after each branch");
        }
        Stream<Norm> ofStreams = Stream.of(
                streams.altUp().routerNorm(),
                streams.laurel().norm(),
                streams.perLayer().outputNorm());
        List<Norm> norms = Stream.concat(
                        ofStreams,
                        blocks.stream().flatMap(block -> block.norms().norms()))
                .distinct()
                .toList();
        if (!norms.stream().allMatch(Norm.Rms.class::isInstance)) {
            missing.add("norms of residual streams of another kind");
        }
        if (streams.altUp().inputs() > MOST_STREAMS) {
            missing.add("more than " + MOST_STREAMS + " residual streams");
        }
        if (norms.stream().mapToDouble(Norm::epsilon).distinct().count() > 1) {
            missing.add("norms of residual streams with several epsilons");
        }
    }

    private void mixer(Mixer mixer) {
        switch (mixer) {
            case Attention attention -> attention(attention);
            case SharedAttention shared -> attention(shared.attention());
            case LatentAttention latent -> latent(latent);
            case GatedDelta delta -> {
                if (!(delta.outputNorm() instanceof Norm.Rms)) {
                    missing.add("recurrent output norms of another kind");
                }
            }
        }
    }

    private void attention(Attention attention) {
        attention.scoring().temperature().ifPresent(temperature -> {
            switch (temperature) {
                case Temperature.Floors _ -> {
                    if (attention.qkNorm() instanceof QkNorm.PerHead) {
                        missing.add("attention temperature before head norms");
                    }
                }
                case Temperature.LogLength _ -> missing.add("attention temperature by the length's logarithm");
            }
        });
        if (attention.positions() instanceof Positions.Rope rope
                && rope.scaling() instanceof RopeScaling.LongRope longRope
                && longRope.originalContext() < contextLength) {
            missing.add("LongRoPE beyond its original context");
        }
    }

    private void latent(LatentAttention latent) {
        Scoring scoring = latent.scoring();
        if (!scoring.equals(Scoring.scaled(scoring.scale()))) {
            missing.add("scores of latent attention that are more than scaled");
        }
        if (!(latent.latentNorm() instanceof Norm.Rms)) {
            missing.add("norms of latents of another kind");
        }
    }

    private void feedForward(FeedForward feedForward) {
        if (feedForward instanceof Experts experts
                && experts.expert().sparsity().isPresent()) {
            missing.add("activation sparsity of experts");
        }
    }
}
