package io.dipper.transformer.tree;

/// One layer: a mixer and a feed-forward part, each a branch beside the residual stream, with their
/// norms.
public record Block(BlockNorms norms, Mixer mixer, FeedForward feedForward) {
    public Block {
        IllFormedTree.unless(
                mixer.hidden() == feedForward.hidden(),
                "mixer of width %d beside a feed-forward part of width %d",
                mixer.hidden(),
                feedForward.hidden());
        norms.norms()
                .forEach(norm -> IllFormedTree.unless(
                        norm.width() == mixer.hidden(),
                        "block norm of width %d in a stream of %d",
                        norm.width(),
                        mixer.hidden()));
    }

    public int hidden() {
        return mixer.hidden();
    }
}
