package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Runner;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.onnxruntime.DataType;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.Invocation;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Runs an exported graph on ONNX Runtime. Owned by one thread, the engine's, but for the figures.
public final class OrtRunner implements Runner {
    private static final String GRAPH = "model.onnx";
    private static final List<String> DRAWN = List.of("ids", "logprobs", "top_ids", "top_logprobs");
    private static final String LOGITS = "logits";

    private final Manifest manifest;
    private final RunnerShape shape;
    private final Placement placement;
    private final KvPools pools;
    private final StepInputs inputs;
    private final DrawInputs draws;
    private final @Nullable LogitsTap tap;
    private final Session session;
    private final Invocation invocation;
    private final RunOptions runOptions;
    private final Owned owned;
    private final Map<String, Integer> slots = new HashMap<>();

    private long layoutNs;
    private int mostTokens;
    private int mostDraws;
    private volatile long workspacePeakBytes;

    private OrtRunner(Path folder, Manifest manifest, RunnerOptions options, Owned owned) {
        this.manifest = manifest;
        this.owned = owned;
        this.tap = options.tap();
        this.draws = owned.add(new DrawInputs(), DrawInputs::close);
        this.placement = owned.add(Placement.of(manifest), Placement::close);
        this.pools = owned.add(new KvPools(manifest, options, placement), KvPools::close);
        this.shape = new RunnerShape(
                manifest.vocabularySize(),
                KvPools.contextLength(manifest, options),
                manifest.blockTokens(),
                options.maxChunkTokens(),
                pools.groups());
        this.inputs = owned.add(new StepInputs(shape), StepInputs::close);
        this.runOptions = owned.add(RunOptions.create(), RunOptions::close);
        SessionOptions sessionOptions = placement.configure(new SessionOptions()
                .threads(options.threads())
                .spinning(false)
                .memoryPattern(false)
                .customOps(placement.operators()));
        Environment environment = owned.add(Environment.silent(), Environment::close);
        this.session = owned.add(Session.open(environment, folder.resolve(GRAPH), sessionOptions), Session::close);
        List<String> outputs = new ArrayList<>(DRAWN);
        if (tap != null) {
            outputs.add(LOGITS);
        }
        this.invocation = owned.add(session.invocation(manifest.graphInputs(), outputs), Invocation::close);
        for (int i = 0; i < manifest.graphInputs().size(); i++) {
            slots.put(manifest.graphInputs().get(i), i);
        }
        for (int i = 0; i < pools.inputs().size(); i++) {
            invocation.input(slots.get(pools.inputs().get(i)), pools.tensors().get(i));
        }
    }

    /// Opens an export folder; weights are mapped, not copied.
    ///
    /// @throws IOException if the folder is no whole export
    public static OrtRunner open(Path folder, RunnerOptions options) throws IOException {
        Manifest manifest = Manifest.open(folder);
        var owned = new Owned();
        try {
            return new OrtRunner(folder, manifest, options, owned);
        } catch (RuntimeException | Error e) {
            owned.close();
            throw e;
        }
    }

    @Override
    public RunnerShape shape() {
        return shape;
    }

    public Manifest manifest() {
        return manifest;
    }

    /// Bytes set aside for keys and values; only what is written becomes resident.
    @Override
    public long kvReservedBytes() {
        return pools.reservedBytes();
    }

    /// Bytes of one block of a KV group over all its layers.
    public long kvBlockBytes(int group) {
        return pools.blockBytes(group);
    }

    @Override
    public long workspacePeakBytes() {
        return workspacePeakBytes;
    }

    public long weightBytes() {
        return manifest.tensors().stream().mapToLong(Manifest.Tensor::bytes).sum();
    }

    @Override
    public Tokens run(Plan plan) {
        long startNs = System.nanoTime();
        inputs.fill(plan);
        draws.fill(plan);
        List<Tensor> step = new ArrayList<>();
        try {
            bind(plan, step);
            long invokedNs = System.nanoTime();
            invocation.run(runOptions);
            long returnedNs = System.nanoTime();
            measure(plan);
            Tokens tokens = collect(plan);
            layoutNs += invokedNs - startNs + System.nanoTime() - returnedNs;
            return tokens;
        } finally {
            step.forEach(Tensor::close);
        }
    }

    @Override
    public long layoutNs() {
        return layoutNs;
    }

    /// Only a step that is larger than all before it can hold more.
    private void measure(Plan plan) {
        if (plan.tokens() > mostTokens || plan.draws() > mostDraws) {
            mostTokens = Math.max(mostTokens, plan.tokens());
            mostDraws = Math.max(mostDraws, plan.draws());
            workspacePeakBytes = session.mostBytesInUse();
        }
    }

    private void bind(Plan plan, List<Tensor> step) {
        int tokens = plan.tokens();
        int rows = plan.rows().size();
        int drawn = plan.draws();
        set(step, "token_ids", inputs.tokenIds, DataType.I32, tokens);
        set(step, "positions", inputs.positions, DataType.I32, tokens);
        set(step, "seq_starts", inputs.seqStarts, DataType.I32, rows + 1L);
        for (int group = 0; group < shape.groups().size(); group++) {
            NativeBuffer table = inputs.blockTables.get(group);
            set(step, "block_tables." + group, table, DataType.I32, rows, inputs.tableWidth(group));
        }
        set(step, "logit_rows", inputs.logitRows, DataType.I32, drawn);
        set(step, "sample_floats", draws.floats, DataType.F32, drawn, DrawInputs.FLOATS);
        set(step, "sample_ints", draws.ints, DataType.I64, drawn, DrawInputs.INTS);
        set(step, "penalty_starts", draws.penaltyStarts, DataType.I32, drawn + 1L);
        set(step, "penalty_ids", draws.penaltyIds, DataType.I32, draws.penaltyIds.size() / Integer.BYTES);
        set(step, "penalty_counts", draws.penaltyCounts, DataType.I32, draws.penaltyIds.size() / Integer.BYTES);
        set(step, "bias_starts", draws.biasStarts, DataType.I32, drawn + 1L);
        set(step, "bias_ids", draws.biasIds, DataType.I32, draws.biasIds.size() / Integer.BYTES);
        set(step, "bias_values", draws.biasValues, DataType.F32, draws.biasIds.size() / Integer.BYTES);
    }

    private void set(List<Tensor> step, String input, NativeBuffer values, DataType type, long... dimensions) {
        Integer slot = slots.get(input);
        if (slot != null) {
            Tensor tensor = Tensor.of(values.contents(), type, dimensions);
            step.add(tensor);
            invocation.input(slot, tensor);
        }
    }

    private Tokens collect(Plan plan) {
        try (Tensor ids = invocation.takeOutput(0);
                Tensor logprobs = invocation.takeOutput(1);
                Tensor topIds = invocation.takeOutput(2);
                Tensor topLogprobs = invocation.takeOutput(3)) {
            if (tap != null) {
                try (Tensor logits = invocation.takeOutput(DRAWN.size())) {
                    tap.accept(plan, logits.data(), manifest.vocabularySize());
                }
            }
            return new Tokens(
                    ints(ids.data()),
                    floats(logprobs.data()),
                    (int) topIds.shape()[1],
                    ints(topIds.data()),
                    floats(topLogprobs.data()));
        }
    }

    private static int[] ints(MemorySegment data) {
        return data.toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }

    private static float[] floats(MemorySegment data) {
        return data.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    @Override
    public void close() {
        owned.close();
    }
}
