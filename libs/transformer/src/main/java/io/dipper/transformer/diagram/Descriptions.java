package io.dipper.transformer.diagram;

import io.dipper.transformer.diagram.Diagram.Line;
import io.dipper.transformer.diagram.Diagram.Step;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Dense;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Streams;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The parts of a tree in a few words each, for boxes of a drawing.
final class Descriptions {
    private Descriptions() {}

    static List<Line> embedding(Model model) {
        Embedding embedding = model.embedding();
        List<Line> lines = new ArrayList<>();
        lines.add(whole("table", count(embedding.vocabulary()) + " tokens × " + count(embedding.width())));
        if (embedding.multiplier() != 1) {
            lines.add(whole("times", number(embedding.multiplier())));
        }
        embedding.learnedPositions().ifPresent(count -> lines.add(whole("positions", count(count) + ", learned")));
        model.streams().ifPresent(streams -> streams(lines, streams));
        return lines;
    }

    private static void streams(List<Line> lines, Streams streams) {
        lines.add(whole("AltUp", streams.altUp().inputs() + " streams, one computed"));
        lines.add(whole("LAuReL", "rank " + streams.laurel().rank()));
        lines.add(whole(
                "per layer",
                count(streams.perLayer().vocabulary()) + " tokens × "
                        + streams.perLayer().width() + " a layer"));
    }

    static List<Line> head(Model model) {
        Head head = model.head();
        List<Line> lines = new ArrayList<>();
        lines.add(whole("norm", norm(model.finalNorm())));
        lines.add(whole(
                "matrix",
                switch (head.matrix()) {
                    case TIED -> "the embedding's";
                    case OWN -> "its own";
                    case OWN_WITH_BIAS -> "its own, with bias";
                }));
        if (head.scale() != 1) {
            lines.add(whole("times", number(head.scale())));
        }
        head.softcap().ifPresent(cap -> lines.add(whole("capped at", number(cap))));
        lines.add(whole("context", count(model.contextLength())));
        return lines;
    }

    static List<Line> block(Block block) {
        List<Line> lines = new ArrayList<>();
        switch (block.norms()) {
            case BlockNorms.Pre(Norm mixer, Norm feedForward) -> {
                lines.add(new Line(Step.NORM_BEFORE_MIXER, "norm", norm(mixer)));
                MixerDescription.add(lines, block.mixer());
                lines.add(new Line(Step.NORM_BEFORE_MLP, "norm", norm(feedForward)));
                feedForward(lines, block.feedForward());
            }
            case BlockNorms.Post(Norm mixer, Norm feedForward) -> {
                MixerDescription.add(lines, block.mixer());
                lines.add(new Line(Step.NORM_AFTER_MIXER, "norm", norm(mixer)));
                feedForward(lines, block.feedForward());
                lines.add(new Line(Step.NORM_AFTER_MLP, "norm", norm(feedForward)));
            }
            case BlockNorms.Sandwich(Norm beforeMixer, Norm afterMixer, Norm beforeFeed, Norm afterFeed) -> {
                lines.add(new Line(Step.NORM_BEFORE_MIXER, "norm", norm(beforeMixer)));
                MixerDescription.add(lines, block.mixer());
                lines.add(new Line(Step.NORM_AFTER_MIXER, "norm", norm(afterMixer)));
                lines.add(new Line(Step.NORM_BEFORE_MLP, "norm", norm(beforeFeed)));
                feedForward(lines, block.feedForward());
                lines.add(new Line(Step.NORM_AFTER_MLP, "norm", norm(afterFeed)));
            }
        }
        return lines;
    }

    private static void feedForward(List<Line> lines, FeedForward feedForward) {
        switch (feedForward) {
            case Dense dense ->
                lines.add(feed(
                        "MLP",
                        dense.activation() + ", width " + count(dense.intermediate())
                                + (dense.biased() ? ", biases" : "")));
            case Gated gated -> lines.add(feed("gated MLP", gated(gated)));
            case Experts experts -> {
                Router router = experts.router();
                lines.add(feed(
                        "experts", router.used() + " of " + router.experts() + ", each " + gated(experts.expert())));
                lines.add(feed("router", choice(router)));
                lines.add(feed("weights", weights(router)));
                experts.shared()
                        .ifPresent(shared -> lines.add(feed(
                                "for every token",
                                gated(shared.expert())
                                        + (shared.gate() == Experts.Switch.SIGMOID ? ", with a switch" : ""))));
            }
        }
    }

    private static String gated(Gated gated) {
        StringBuilder text = new StringBuilder();
        text.append(gated.activation()).append(", width ").append(count(gated.intermediate()));
        gated.sparsity()
                .ifPresent(
                        share -> text.append(", ").append(number(100 * share)).append(" % cut to zero"));
        gated.clamp().ifPresent(clamp -> text.append(", clamped at ").append(number(clamp.limit())));
        return text.append(gated.biased() ? ", biases" : "").toString();
    }

    private static String choice(Router router) {
        StringBuilder text = new StringBuilder();
        text.append(
                switch (router.score()) {
                    case SOFTMAX -> "softmax";
                    case SOFTMAX_OF_CHOSEN -> "softmax of the chosen";
                    case SIGMOID -> "sigmoid";
                });
        if (router.correction() == Router.Correction.STORED_PER_EXPERT) {
            text.append(", corrected");
        }
        if (router.groups().count() > 1) {
            text.append(", ")
                    .append(router.groups().chosen())
                    .append(" of ")
                    .append(router.groups().count());
            text.append(" groups");
        }
        router.softcap().ifPresent(cap -> text.append(", capped at ").append(number(cap)));
        return text.toString();
    }

    private static String weights(Router router) {
        String sum = switch (router.weights()) {
            case AS_SCORED -> "the scores";
            case SUM_TO_ONE -> "sum to one";
        };
        String side = switch (router.side()) {
            case OUTPUT -> "";
            case INPUT -> ", on the inputs";
        };
        return sum + (router.scaling() == 1 ? "" : ", times " + number(router.scaling())) + side;
    }

    static String norm(Norm norm) {
        return switch (norm) {
            case Norm.Layer layer -> layer.biased() ? "LayerNorm with bias" : "LayerNorm";
            case Norm.Rms rms ->
                switch (rms.factor()) {
                    case WEIGHT -> "RMSNorm";
                    case ONE_PLUS_WEIGHT -> "RMSNorm, 1 + weight";
                    case NONE -> "RMSNorm without weight";
                };
        };
    }

    /// With thin groups of three digits.
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? count((long) value)
                : String.format(Locale.ROOT, "%.4g", value);
    }

    private static Line whole(String label, String value) {
        return new Line(Step.WHOLE, label, value);
    }

    private static Line feed(String label, String value) {
        return new Line(Step.FEED_FORWARD, label, value);
    }
}
