package io.dipper.transformer.family;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.RopeScaling;
import java.util.List;
import java.util.Map;

/// OLMo 3: OLMo 2 with a window on three of four layers. Only the layers that see everything have
/// their rotation stretched.
final class Olmo3 implements Family {
    private static final double THETA = 10_000;

    @Override
    public String name() {
        return "olmo3";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(2048, 1e-5));
        int layers = decoder.layers();
        Attention attention = Olmo2.attention(decoder, keys);
        RopeKeys ropes = RopeKeys.of(keys, decoder.context());
        Rope full = ropes.forKind(Spans.FULL, decoder.headDim(), THETA, Pairing.HALF_SPLIT)
                .orElseGet(() -> ropes.forAllLayers(decoder.headDim(), THETA, Pairing.HALF_SPLIT));
        Rope sliding = ropes.forKind(Spans.SLIDING, decoder.headDim(), THETA, Pairing.HALF_SPLIT)
                .orElseGet(() -> new Rope(full.theta(), full.rotaryDim(), full.pairing(), RopeScaling.NONE));
        Map<String, Attention> mixers = Map.of(
                Spans.FULL,
                attention.at(full),
                Spans.SLIDING,
                attention.at(sliding).over(Spans.window(keys.positiveOr("sliding_window", 4096), decoder.context())));
        Gated gated = decoder.gated("intermediate_size");
        List<String> kinds = Spans.kinds(
                keys, layers, List.of(Spans.FULL, Spans.SLIDING), Spans.everyNth(layers, 4, Spans.FULL, Spans.SLIDING));
        return decoder.model(
                kinds.stream()
                        .map(kind -> new Block(BlockNorms.post(decoder.norm()), mixers.get(kind), gated))
                        .toList(),
                CommonKeys.head(keys, false));
    }

    @Override
    public Renaming names() {
        return HubNames.postNorm();
    }
}
