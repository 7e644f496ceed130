package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The attention of rows of several tokens, whose keys are in the pool already: by tiles of queries.
final class PromptAttention {
    /// As the kernel for warp groups has them.
    private static final int GROUPS_ROWS = 128;

    private static final int GROUPS_KEYS = 128;
    private static final int GROUPS_STAGES = 3;
    private static final int GROUPS_THREADS = 384;
    /// Where the matrices begin is rounded up to so many bytes.
    private static final int GROUPS_BOUNDARY = 1024;

    /// Which tiles.
    private enum Form {
        /// By warp groups, where the card has them: for any number.
        GROUPS,
        /// For fewer tiles than multiprocessors: two warps share 16 queries.
        SHARED,
        /// For as many.
        SMALL,
        /// For many.
        LARGE
    }

    private record Kernel(int rows, int threads, int bytes, CudaKernel of) {}

    private final CudaCard card;
    private final AttentionShape shape;
    private final Map<Form, Kernel> kernels = new EnumMap<>(Form.class);
    private final Optional<PoolBoxes> boxes;

    PromptAttention(CudaCard card, AttentionShape shape) {
        this.card = card;
        this.shape = shape;
        if (card.hasWarpGroups() && isWholeSlabs(shape.headDim()) && isWholeSlabs(shape.valueDim())) {
            kernels.put(Form.GROUPS, grouped());
            this.boxes = Optional.of(new PoolBoxes());
            return;
        }
        this.boxes = Optional.empty();
        int most = card.mostSharedBytes();
        Kernel small = tiled(PrefillTile.small(shape, most).orElseThrow());
        kernels.put(Form.SMALL, small);
        kernels.put(
                Form.SHARED, PrefillTile.shared(shape, most).map(this::tiled).orElse(small));
        kernels.put(Form.LARGE, PrefillTile.large(shape, most).map(this::tiled).orElse(small));
    }

    private static boolean isWholeSlabs(int dimensions) {
        return dimensions == 64 || dimensions == 128;
    }

    private Kernel tiled(PrefillTile tile) {
        return new Kernel(
                tile.rows(),
                tile.threads(),
                tile.bytes(shape),
                kernel("prefill", tile.defines()).allowShared(tile.bytes(shape)));
    }

    private Kernel grouped() {
        int bytes = 2 * GROUPS_ROWS * shape.headDim()
                + 2 * GROUPS_STAGES * GROUPS_KEYS * (shape.headDim() + shape.valueDim())
                + GROUPS_BOUNDARY;
        return new Kernel(
                GROUPS_ROWS, GROUPS_THREADS, bytes, kernel("prompts", List.of()).allowShared(bytes));
    }

    private CudaKernel kernel(String name, List<String> more) {
        List<String> defines = new ArrayList<>(new AttentionStructure(shape).defines());
        defines.addAll(more);
        return card.kernel(name, name, defines.toArray(String[]::new));
    }

    /// @param queries of all tokens, rounded
    void launch(AttentionCall call, MemorySegment members, long queries) {
        launch(chosen(call), call, members, queries);
    }

    private void launch(Form form, AttentionCall call, MemorySegment members, long queries) {
        Kernel kernel = kernels.get(form);
        int tiles = PrefillTile.most(kernel.rows(), shape.group(), call);
        // Blocks of warp groups take one tile after another.
        boolean stays = form == Form.GROUPS;
        int x = stays ? Math.min(tiles * shape.kvHeads(), card.multiprocessors()) : shape.kvHeads();
        kernel.of().with().structure(members).address(queries).address(call.pool());
        TiledAttention.place(call, kernel.of())
                .address(call.sinks())
                .address(call.out())
                .integer(call.rows());
        int pair = shape.headDim() + shape.valueDim();
        boxes.ifPresent(of -> kernel.of().structure(of.of(call.pool(), call.poolValues() / pair, pair)));
        kernel.of().launchEarly(x, stays ? 1 : tiles, 1, kernel.threads(), kernel.bytes(), call.stream());
    }

    /// By what was measured on an H100.
    private Form chosen(AttentionCall call) {
        if (kernels.containsKey(Form.GROUPS)) {
            return Form.GROUPS;
        }
        if (blocks(Form.LARGE, call) >= 3 * card.multiprocessors()) {
            return Form.LARGE;
        }
        return blocks(Form.SMALL, call) * 4 <= 5 * card.multiprocessors() ? Form.SHARED : Form.SMALL;
    }

    private int blocks(Form form, AttentionCall call) {
        return PrefillTile.most(kernels.get(form).rows(), shape.group(), call) * shape.kvHeads();
    }
}
