package io.dipper.engine;

import io.dipper.engine.RunnerShape.KvGroup;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/// A model that is nothing but its memory: each token is a hash of all earlier ones as they lie in
/// the paged pool, so a block that was lent twice, freed early or addressed wrongly changes the
/// answer.
final class RememberingRunner implements Runner {
    private final RunnerShape shape;
    private final List<int[][]> pools = new ArrayList<>();
    private final Semaphore steps;
    final List<Integer> stepTokens = new ArrayList<>();
    volatile RuntimeException failure;
    volatile boolean closed;

    RememberingRunner(RunnerShape shape) {
        this(shape, new Semaphore(Integer.MAX_VALUE));
    }

    /// Each step needs a permit.
    RememberingRunner(RunnerShape shape, Semaphore steps) {
        this.shape = shape;
        this.steps = steps;
        for (KvGroup group : shape.groups()) {
            pools.add(new int[group.blocks()][shape.blockTokens()]);
        }
    }

    static RunnerShape shape(int blocks) {
        return new RunnerShape(1000, 64, 4, 64, List.of(new KvGroup(blocks, KvGroup.KEEPS_ALL)));
    }

    /// What the model answers to a prompt on its own.
    static int[] answer(int[] prompt, int count) {
        int[] all = java.util.Arrays.copyOf(prompt, prompt.length + count);
        for (int length = prompt.length; length < all.length; length++) {
            int hash = 17;
            for (int i = 0; i < length; i++) {
                hash = mix(hash, all[i]);
            }
            all[length] = Math.floorMod(hash, 1000);
        }
        return java.util.Arrays.copyOfRange(all, prompt.length, all.length);
    }

    @Override
    public RunnerShape shape() {
        return shape;
    }

    @Override
    public Tokens run(Plan plan) {
        return run(plan, Tokens.of());
    }

    /// @param before what the step before drew, of which a continuation's rows take their tokens
    Tokens run(Plan plan, Tokens before) {
        steps.acquireUninterruptibly();
        stepTokens.add(plan.tokens());
        if (failure != null) {
            throw failure;
        }
        int[] ids = new int[plan.draws()];
        int draw = 0;
        for (Row row : plan.rows()) {
            int[] tokens = new int[row.count()];
            row.copyTokens(tokens, 0);
            if (row.continued()) {
                tokens[0] = before.ids()[draw];
            }
            for (int offset = 0; offset < row.count(); offset++) {
                int position = row.from() + offset;
                write(row, position, tokens[offset]);
                if (offset >= row.firstDraw()) {
                    ids[draw++] = row.forcedId(offset) == Row.FREE ? next(row, position) : row.forcedId(offset);
                }
            }
        }
        return Tokens.of(ids);
    }

    @Override
    public void close() {
        closed = true;
    }

    private void write(Row row, int position, int token) {
        int block = row.sequence().table(0).block(position / shape.blockTokens());
        pools.get(0)[block][position % shape.blockTokens()] = token;
    }

    private int next(Row row, int position) {
        int hash = 17;
        for (int i = 0; i <= position; i++) {
            int block = row.sequence().table(0).block(i / shape.blockTokens());
            hash = mix(hash, pools.get(0)[block][i % shape.blockTokens()]);
        }
        return Math.floorMod(hash, shape.vocabularySize());
    }

    private static int mix(int hash, int token) {
        int mixed = (hash * 31 + token) * 0x9E3779B1;
        return mixed ^ (mixed >>> 15);
    }
}
