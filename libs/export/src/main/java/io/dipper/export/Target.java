package io.dipper.export;

import io.dipper.onnxgraph.ElementType;
import io.dipper.transformer.fold.Weight;
import java.util.Arrays;

/// What a graph is made for: a device, and the type of its matrices and of what it caches. Vectors
/// (norms, biases) and everything between operators are float32.
public enum Target {
    CPU_F32("cpu-f32", ElementType.F32, 32),
    CUDA_BF16("cuda-bf16", ElementType.BF16, 16),

    /// For others to run: operators of ONNX and ONNX Runtime only, logits come out.
    ONNX_STANDARD("onnx-standard", ElementType.F32, 32),

    /// A card without kernels of ours, but for drawing: a second opinion on them.
    CUDA_STANDARD_BF16("cuda-standard-bf16", ElementType.BF16, 16);

    /// Where the bytes of a weight begin: whole cache lines, whole vector registers.
    static final int ALIGNMENT = 64;

    private final String text;
    private final ElementType weights;
    private final int blockTokens;

    Target(String text, ElementType weights, int blockTokens) {
        this.text = text;
        this.weights = weights;
        this.blockTokens = blockTokens;
    }

    public static Target named(String text) {
        for (Target target : values()) {
            if (target.text.equals(text)) {
                return target;
            }
        }
        throw new IllegalArgumentException("target must be one of " + Arrays.toString(values()) + ", not " + text);
    }

    /// The type of matrices.
    public ElementType weights() {
        return weights;
    }

    /// The type that a weight is stored in. Routers stay exact: a rounding that turns a choice changes an
    /// answer more than all others.
    public ElementType type(Weight weight) {
        boolean exact = weight.shape().size() == 1 || weight.use() == Weight.Use.ROUTER;
        return exact ? ElementType.F32 : weights;
    }

    /// The type of the keys and values that are kept.
    public ElementType cache() {
        return weights;
    }

    /// The type of a sequence's state: it is written over and over, so roundings would add up.
    public ElementType state() {
        return ElementType.F32;
    }

    /// Tokens of a KV block.
    public int blockTokens() {
        return blockTokens;
    }

    /// Whether operators of ours are replaced by stock ones.
    boolean isStock() {
        return this == ONNX_STANDARD || this == CUDA_STANDARD_BF16;
    }

    /// Whether the graph draws ids; else its logits are what comes out.
    boolean draws() {
        return this != ONNX_STANDARD;
    }

    /// Whether norms, gates and residuals go into the products beside them.
    boolean fuses() {
        return this == CUDA_BF16;
    }

    public boolean runsOnCard() {
        return this == CUDA_BF16 || this == CUDA_STANDARD_BF16;
    }

    /// Blocks of each pool beside those of sequences: captured steps have rows that nobody asked for.
    int spareBlocks() {
        return hasCardForms() ? 1 : 0;
    }

    /// Most tokens of a step, unless those who serve it say otherwise.
    public int stepTokens() {
        return hasCardForms() ? 2048 : 512;
    }

    /// Whether the CUDA forms of our operators run it, whose memory is planned.
    boolean hasCardForms() {
        return this == CUDA_BF16;
    }

    @Override
    public String toString() {
        return text;
    }
}
