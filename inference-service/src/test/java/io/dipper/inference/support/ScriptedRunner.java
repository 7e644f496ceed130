package io.dipper.inference.support;

import io.dipper.engine.Runner;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.RunnerShape.KvGroup;
import io.dipper.engine.Sampling;
import io.dipper.engine.Submission;
import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.engine.plan.Row;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;

/// A model that needs no runtime: it knows the reference cases by heart and babbles
/// deterministically about everything else. What it says depends on the tokens before, and where it
/// samples, on seed and position; on nothing else.
public final class ScriptedRunner implements Runner {
    private static final int ALTERNATIVES = 32;
    private static final int END = 4089;

    private final RunnerShape shape;
    private final List<ExpectedCase> cases;
    private final Semaphore steps = new Semaphore(0);
    private volatile boolean stepwise;
    private volatile RuntimeException failure;

    public ScriptedRunner(List<ExpectedCase> cases) {
        this(cases, 2048);
    }

    /// A long context makes answers that do not end while a test looks elsewhere.
    public ScriptedRunner(List<ExpectedCase> cases, int contextLength) {
        this.cases = cases;
        this.shape = new RunnerShape(4096, contextLength, 16, 512, List.of(new KvGroup(2048, KvGroup.KEEPS_ALL)));
    }

    /// From now on each step needs a [#step].
    public void hold() {
        steps.drainPermits();
        stepwise = true;
    }

    public void step(int count) {
        steps.release(count);
    }

    /// Steps run by themselves again.
    public void letGo() {
        stepwise = false;
        steps.release(1_000);
    }

    /// The next steps fail until this is called with null.
    public void failWith(RuntimeException fault) {
        failure = fault;
    }

    @Override
    public RunnerShape shape() {
        return shape;
    }

    @Override
    public Tokens run(Plan plan) {
        if (stepwise) {
            steps.acquireUninterruptibly();
        }
        if (failure != null) {
            throw failure;
        }
        int draws = plan.draws();
        int width = plan.rows().stream()
                .mapToInt(row ->
                        Math.max(0, row.sequence().submission().sampling().topLogprobs()))
                .max()
                .orElse(0);
        var ids = new int[draws];
        var logprobs = new float[draws];
        var topIds = new int[draws * width];
        var topLogprobs = new float[draws * width];
        Arrays.fill(topIds, -1);
        int draw = 0;
        for (Row row : plan.rows()) {
            Sampling sampling = row.sequence().submission().sampling();
            for (int offset = row.firstDraw(); offset < row.count(); offset++) {
                int[] ranked = ranked(row, row.from() + offset);
                int forced = row.forcedId(offset);
                int rank = forced == Row.FREE ? rank(row, ranked, row.from() + offset) : rankOf(ranked, forced);
                ids[draw] = forced == Row.FREE ? ranked[rank] : forced;
                logprobs[draw] = sampling.topLogprobs() < 0 ? Float.NaN : logprob(rank);
                for (int i = 0; i < sampling.topLogprobs(); i++) {
                    topIds[draw * width + i] = ranked[i];
                    topLogprobs[draw * width + i] = logprob(i);
                }
                draw++;
            }
        }
        return new Tokens(ids, logprobs, width, topIds, topLogprobs);
    }

    @Override
    public void close() {}

    private static float logprob(int rank) {
        return rank == 0 ? -0.0625f : -3f - rank * 0.25f;
    }

    private int rank(Row row, int[] ranked, int position) {
        Submission submission = row.sequence().submission();
        Sampling sampling = submission.sampling();
        boolean greedy =
                sampling.temperature() == 0 || sampling.topK() == 1 || sampling.minP() == 1 || sampling.topP() < 0.01;
        int first =
                greedy ? 0 : Math.floorMod(mix((int) ((sampling.seed() * 0x9E3779B97F4A7C15L) >>> 32), position), 4);
        for (int rank = first; rank < ranked.length; rank++) {
            if (!banned(row, ranked[rank])) {
                return rank;
            }
        }
        throw new IllegalStateException("everything is banned");
    }

    private static boolean banned(Row row, int id) {
        Submission submission = row.sequence().submission();
        Sampling sampling = submission.sampling();
        boolean tooEarly = row.sequence().generated() < sampling.minTokens() && submission.endsWith(id);
        for (int i = 0; i < sampling.biasIds().length; i++) {
            if (sampling.biasIds()[i] == id && sampling.biasValues()[i] <= -50) {
                return true;
            }
        }
        return tooEarly;
    }

    private static int rankOf(int[] ranked, int id) {
        for (int i = 0; i < ranked.length; i++) {
            if (ranked[i] == id) {
                return i;
            }
        }
        return ranked.length;
    }

    /// The likeliest next ids after the token at this position.
    private int[] ranked(Row row, int position) {
        int hash = 17;
        for (int i = 0; i <= position; i++) {
            hash = mix(hash, row.sequence().token(i));
        }
        int[] ranked = new int[ALTERNATIVES];
        ranked[0] = known(row, position);
        if (ranked[0] < 0) {
            ranked[0] = Math.floorMod(hash, 50) == 0 ? END : word(hash);
        }
        for (int rank = 1; rank < ALTERNATIVES; rank++) {
            int id = word(mix(hash, rank));
            while (rankOf(Arrays.copyOf(ranked, rank), id) < rank) {
                id = word(mix(id, rank));
            }
            ranked[rank] = id;
        }
        return ranked;
    }

    private int known(Row row, int position) {
        for (ExpectedCase expected : cases) {
            int answered = position + 1 - expected.promptIds().length;
            if (answered >= 0 && answered < expected.greedyIds().length && expected.begins(row.sequence(), position)) {
                return expected.greedyIds()[answered];
            }
        }
        return -1;
    }

    /// An ordinary token.
    private static int word(int hash) {
        return 300 + Math.floorMod(hash, 3_000);
    }

    private static int mix(int hash, int value) {
        int mixed = (hash * 31 + value) * 0x9E3779B1;
        return mixed ^ (mixed >>> 15);
    }
}
