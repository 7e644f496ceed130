package io.dipper.transformer.tree;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// Trees that no reference could run cannot be built.
class IllFormedTreeTest {
    private static final Norm NORM = new Norm.Rms(64, 1e-6);
    private static final Gated GATED = new Gated(64, 160, Activation.SILU);
    private static final Attention ATTENTION = Attention.of(64, 4, 2, 16, new Positions.Rope(1e4, 16));
    private static final Block BLOCK = new Block(BlockNorms.pre(NORM), ATTENTION, GATED);

    private static void refused(String message, ThrowingCallable building) {
        assertThatThrownBy(building).isInstanceOf(IllFormedTree.class).hasMessageContaining(message);
    }

    private static Model model(Block... blocks) {
        return new Model(new Embedding(320, 64), List.of(blocks), NORM, Head.of(Head.Matrix.TIED), 256);
    }

    @Test
    void headsMustShareKeysEvenly() {
        refused("4 heads cannot share 3", () -> Attention.of(64, 4, 3, 16, Positions.NONE));
    }

    @Test
    void rotationMustFitTheHead() {
        refused("32 rotary dimensions", () -> Attention.of(64, 4, 2, 16, new Positions.Rope(1e4, 32)));
        refused("is odd", () -> new Positions.Rope(1e4, 15));
    }

    @Test
    void headNormsMustHaveTheHeadsWidth() {
        refused("head norm has width 64", () -> ATTENTION.with(new QkNorm.PerHead(NORM)));
        refused("projection norms", () -> ATTENTION.with(new QkNorm.WholeProjection(NORM, NORM)));
    }

    @Test
    void theStreamHasOneWidth() {
        refused(
                "beside a feed-forward part of width 32",
                () -> new Block(BlockNorms.pre(NORM), ATTENTION, new Gated(32, 160, Activation.SILU)));
        refused("block norm of width 32", () -> new Block(BlockNorms.pre(new Norm.Rms(32, 1e-6)), ATTENTION, GATED));
        refused(
                "layer 0 has width 64, the embedding 32",
                () -> new Model(
                        new Embedding(320, 32), List.of(BLOCK), new Norm.Rms(32, 1e-6), Head.of(Head.Matrix.OWN), 256));
    }

    @Test
    void aCacheIsSharedOnlyWithAnEarlierLayerOfTheSameShape() {
        refused(
                "layer 0 shares the cache of layer 0",
                () -> model(new Block(BlockNorms.pre(NORM), new SharedAttention(ATTENTION, 0), GATED)));
        Attention windowed = ATTENTION.over(new Span.Window(8));
        refused(
                "a cache of another shape",
                () -> model(BLOCK, new Block(BlockNorms.pre(NORM), new SharedAttention(windowed, 0), GATED)));
    }

    @Test
    void routersChooseFromWhatThereIs() {
        Router router = Router.of(16, 4, Router.Score.SIGMOID, Router.Weights.SUM_TO_ONE);
        refused("17 of 16 experts", () -> Router.of(16, 17, Router.Score.SOFTMAX, Router.Weights.AS_SCORED));
        refused("16 experts in 3 groups", () -> router.with(new Router.Groups(3, 1, Router.Groups.Rank.BEST_SCORE)));
        refused(
                "4 experts from 1 groups of 2",
                () -> router.with(new Router.Groups(8, 1, Router.Groups.Rank.SUM_OF_TWO_BEST)));
    }

    @Test
    void learnedPositionsCapTheContext() {
        refused(
                "context 256 over 128 positions",
                () -> new Model(
                        new Embedding(320, 64).withPositions(128),
                        List.of(BLOCK),
                        NORM,
                        Head.of(Head.Matrix.TIED),
                        256));
    }

    @Test
    void numbersMustBeNumbers() {
        refused("norm epsilon NaN", () -> new Norm.Rms(64, Double.NaN));
        refused("attention scale is 0.0", () -> Scoring.scaled(0));
        refused("embedding multiplier is Infinity", () -> new Embedding(320, 64).times(Double.POSITIVE_INFINITY));
    }
}
