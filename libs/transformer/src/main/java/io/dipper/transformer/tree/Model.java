package io.dipper.transformer.tree;

import java.util.List;
import java.util.Optional;

/// A decoder: token ids to logits. `contextLength` is the longest sequence that the checkpoint
/// claims to serve.
public record Model(
        Embedding embedding,
        List<Block> blocks,
        Norm finalNorm,
        Head head,
        int contextLength,
        Optional<Streams> streams) {

    public Model {
        blocks = List.copyOf(blocks);
        IllFormedTree.unless(!blocks.isEmpty(), "a model without layers");
        IllFormedTree.positive("context length", contextLength);
        IllFormedTree.unless(
                finalNorm.width() == embedding.width(),
                "final norm of width %d in a stream of %d",
                finalNorm.width(),
                embedding.width());
        for (int layer = 0; layer < blocks.size(); layer++) {
            Block block = blocks.get(layer);
            IllFormedTree.unless(
                    block.hidden() == embedding.width(),
                    "layer %d has width %d, the embedding %d",
                    layer,
                    block.hidden(),
                    embedding.width());
            if (block.mixer() instanceof SharedAttention shared) {
                checkSource(blocks, layer, shared);
            }
        }
        int positions = embedding.learnedPositions().orElse(contextLength);
        IllFormedTree.unless(contextLength <= positions, "context %d over %d positions", contextLength, positions);
    }

    public Model(Embedding embedding, List<Block> blocks, Norm finalNorm, Head head, int contextLength) {
        this(embedding, blocks, finalNorm, head, contextLength, Optional.empty());
    }

    public int hidden() {
        return embedding.width();
    }

    public int vocabulary() {
        return embedding.vocabulary();
    }

    /// The source must come earlier, keep its keys and values, and keep as many of the same tokens
    /// as are read.
    private static void checkSource(List<Block> blocks, int layer, SharedAttention shared) {
        IllFormedTree.unless(
                shared.sourceLayer() < layer, "layer %d shares the cache of layer %d", layer, shared.sourceLayer());
        if (!(blocks.get(shared.sourceLayer()).mixer() instanceof Attention source)) {
            throw new IllFormedTree("layer %d shares the cache of layer %d, which keeps none of its kind"
                    .formatted(layer, shared.sourceLayer()));
        }
        Attention reader = shared.attention();
        IllFormedTree.unless(
                source.kvHeads() == reader.kvHeads()
                        && source.headDim() == reader.headDim()
                        && source.span().equals(reader.span())
                        && source.positions().equals(reader.positions()),
                "layer %d reads a cache of another shape in layer %d",
                layer,
                shared.sourceLayer());
    }
}
