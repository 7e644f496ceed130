package io.dipper.transformer.diagram;

import static io.dipper.transformer.diagram.Descriptions.count;
import static io.dipper.transformer.diagram.Descriptions.norm;
import static io.dipper.transformer.diagram.Descriptions.number;

import io.dipper.transformer.diagram.Diagram.Line;
import io.dipper.transformer.diagram.Diagram.Step;
import io.dipper.transformer.fold.KvCache;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.RopeScaling;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Span;
import java.util.List;

/// A mixer in lines: what it is, what it sees, how it knows positions, what it keeps.
final class MixerDescription {
    private final List<Line> lines;

    private MixerDescription(List<Line> lines) {
        this.lines = lines;
    }

    static void add(List<Line> lines, Mixer mixer) {
        MixerDescription description = new MixerDescription(lines);
        switch (mixer) {
            case Attention attention -> {
                description.attention(attention);
                description.line("keeps", count(KvCache.valuesPerToken(attention)) + " values a token");
            }
            case SharedAttention shared -> {
                description.attention(shared.attention());
                description.line("keeps", "nothing: reads layer " + shared.sourceLayer());
            }
            case LatentAttention latent -> description.latent(latent);
            case GatedDelta delta -> description.delta(delta);
        }
    }

    private void line(String label, String value) {
        lines.add(new Line(Step.MIXER, label, value));
    }

    private void attention(Attention attention) {
        String heads = attention.heads() == attention.kvHeads()
                ? attention.heads() + " heads of " + attention.headDim()
                : attention.heads() + " heads over " + attention.kvHeads() + " key-value heads of "
                        + attention.headDim();
        line("attention", heads);
        line(
                "sees",
                switch (attention.span()) {
                    case Span.Full _ -> "everything before";
                    case Span.Window(int tokens) -> "the last " + count(tokens) + " tokens";
                    case Span.Chunk(int tokens) -> "its chunk of " + count(tokens) + " tokens";
                });
        line("positions", positions(attention.positions()));
        switch (attention.qkNorm()) {
            case QkNorm.None _ -> {}
            case QkNorm.PerHead perHead ->
                line("head norms", norm(perHead.query()) + (perHead.value().isPresent() ? ", values too" : ""));
            case QkNorm.WholeProjection whole -> line("projection norms", norm(whole.query()));
        }
        scoring(attention.scoring(), attention.headDim());
        switch (attention.biases()) {
            case NONE -> {}
            case QUERY_KEY_VALUE -> line("biases", "query, key, value");
            case ALL -> line("biases", "all projections");
        }
        if (attention.gate() == Attention.Gate.SIGMOID_BESIDE_QUERY) {
            line("output", "gated by a sigmoid");
        }
    }

    private void scoring(Scoring scoring, int headDim) {
        if (Math.abs(scoring.scale() * Math.sqrt(headDim) - 1) > 1e-9) {
            line("score scale", number(scoring.scale()));
        }
        scoring.softcap().ifPresent(cap -> line("scores capped at", number(cap)));
        if (scoring.sinks() == Scoring.Sinks.LEARNED_PER_HEAD) {
            line("sinks", "one learned a head");
        }
        scoring.temperature().ifPresent(_ -> line("queries", "grow with position"));
    }

    private void latent(LatentAttention latent) {
        line("latent attention", latent.heads() + " heads of " + latent.plainDim() + " + " + latent.rotaryDim());
        line("latent", count(latent.latentDim()) + " for keys and values");
        latent.queryLatentNorm().ifPresent(query -> line("query latent", count(query.width())));
        line("sees", "everything before");
        line("positions", positions(latent.rope()));
        scoring(latent.scoring(), latent.queryDim());
        line("keeps", count(KvCache.valuesPerToken(latent)) + " values a token");
    }

    private void delta(GatedDelta delta) {
        line("gated delta rule", delta.valueHeads() + " heads over " + delta.keyHeads() + " key heads");
        line("convolution", delta.kernel() + " tokens");
        line("sees", "its state");
        line(
                "keeps",
                count(KvCache.recurrentValues(delta) + KvCache.convolutionValues(delta)) + " values, at any length");
    }

    private static String positions(Positions positions) {
        return switch (positions) {
            case Positions.None _ -> "none";
            case Positions.Rope rope -> {
                String base = "RoPE θ " + number(rope.theta()) + " on " + rope.rotaryDim();
                yield switch (rope.scaling()) {
                    case RopeScaling.None _ -> base;
                    case RopeScaling.Linear linear -> base + ", linear × " + number(linear.factor());
                    case RopeScaling.Dynamic dynamic -> base + ", dynamic × " + number(dynamic.factor());
                    case RopeScaling.Yarn yarn -> base + ", YaRN × " + number(yarn.factor());
                    case RopeScaling.Llama3 llama3 -> base + ", llama3 × " + number(llama3.factor());
                    case RopeScaling.LongRope _ -> base + ", LongRoPE";
                };
            }
        };
    }
}
