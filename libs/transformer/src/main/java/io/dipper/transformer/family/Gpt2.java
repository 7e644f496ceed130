package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.same;
import static io.dipper.transformer.family.Rule.stackedColumns;
import static io.dipper.transformer.family.Rule.stackedRows;
import static io.dipper.transformer.family.Rule.transposed;

import io.dipper.transformer.family.Renaming.Layout;
import io.dipper.transformer.fold.FileFacts;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Dense;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.Scoring;
import java.util.ArrayList;
import java.util.List;

/// GPT-2: multi-head attention over learned positions, biases and layer norms everywhere. Its
/// matrices are stored with inputs as rows.
final class Gpt2 implements Family {
    private static final String BLOCK = "transformer.h.{layer}.";
    private static final String LAYER = "layers.{layer}.";

    @Override
    public String name() {
        return "gpt2";
    }

    @Override
    public Model read(Keys keys) {
        int hidden = keys.positive("n_embd");
        int heads = keys.positive("n_head");
        if (hidden % heads != 0) {
            throw keys.refused("n_head", "does not divide n_embd " + hidden);
        }
        int positions = keys.positiveOr("n_positions", 1024);
        Norm norm = new Norm.Layer(hidden, keys.epsilon("layer_norm_epsilon", 1e-5), true);
        Attention attention = Attention.of(hidden, heads, heads, hidden / heads, Positions.NONE)
                .with(Biases.ALL);
        Dense dense = new Dense(
                hidden,
                keys.positiveOr("n_inner", 4 * hidden),
                CommonKeys.activation(keys, "activation_function", "gelu_new"),
                true);
        boolean scaled = keys.flagOr("scale_attn_weights", true);
        boolean byDepth = keys.flagOr("scale_attn_by_inverse_layer_idx", false);
        int layers = CommonKeys.atMost(keys, "n_layer", CommonKeys.MOST_LAYERS);
        List<Block> blocks = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            double scale = (scaled ? attention.scoring().scale() : 1) / (byDepth ? layer + 1 : 1);
            blocks.add(new Block(BlockNorms.pre(norm), attention.with(Scoring.scaled(scale)), dense));
        }
        harmless(keys);
        return new Model(
                new Embedding(keys.positive("vocab_size"), hidden).withPositions(positions),
                blocks,
                norm,
                Head.of(CommonKeys.head(keys, true)),
                positions);
    }

    private static void harmless(Keys keys) {
        keys.harmless("n_ctx", "n_special", "predict_special_tokens", "output_past", "reorder_and_upcast_attn")
                .harmless("attn_pdrop", "embd_pdrop", "resid_pdrop", "summary_activation", "summary_first_dropout")
                .harmless("summary_proj_to_labels", "summary_type", "summary_use_proj");
    }

    /// Each layer stores its causal mask, a value a pair of positions.
    @Override
    public FileFacts files(Keys keys, Model model) {
        long positions = model.contextLength();
        return FileFacts.NONE.withMaskBuffers(model.blocks().size() * positions * positions);
    }

    @Override
    public Renaming names() {
        return Renaming.of(
                        same("embedding", "transformer.wte.weight"),
                        same("position_embedding", "transformer.wpe.weight"),
                        same(LAYER + "before_mixer", BLOCK + "ln_1.weight"),
                        same(LAYER + "before_mixer.bias", BLOCK + "ln_1.bias"),
                        same(LAYER + "before_mlp", BLOCK + "ln_2.weight"),
                        same(LAYER + "before_mlp.bias", BLOCK + "ln_2.bias"),
                        stackedColumns(
                                BLOCK + "attn.c_attn.weight", LAYER + "attn.q", LAYER + "attn.k", LAYER + "attn.v"),
                        stackedRows(
                                BLOCK + "attn.c_attn.bias",
                                LAYER + "attn.q.bias",
                                LAYER + "attn.k.bias",
                                LAYER + "attn.v.bias"),
                        transposed(LAYER + "attn.o", BLOCK + "attn.c_proj.weight"),
                        same(LAYER + "attn.o.bias", BLOCK + "attn.c_proj.bias"),
                        transposed(LAYER + "mlp.up", BLOCK + "mlp.c_fc.weight"),
                        same(LAYER + "mlp.up.bias", BLOCK + "mlp.c_fc.bias"),
                        transposed(LAYER + "mlp.down", BLOCK + "mlp.c_proj.weight"),
                        same(LAYER + "mlp.down.bias", BLOCK + "mlp.c_proj.bias"),
                        same("norm", "transformer.ln_f.weight"),
                        same("norm.bias", "transformer.ln_f.bias"),
                        same("head", "lm_head.weight"))
                .spelled(Layout.PLAIN, Layout.BARE)
                .leavingOut("*.attn.bias", "causal mask")
                .leavingOut("*.attn.masked_bias", "causal mask");
    }
}
