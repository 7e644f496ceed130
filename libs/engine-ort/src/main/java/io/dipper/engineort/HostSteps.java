package io.dipper.engineort;

import io.dipper.engine.RunnerShape;
import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.onnxruntime.CustomOpDomain;
import io.dipper.onnxruntime.Environment;
import io.dipper.onnxruntime.Invocation;
import io.dipper.onnxruntime.RunOptions;
import io.dipper.onnxruntime.Session;
import io.dipper.onnxruntime.SessionOptions;
import io.dipper.onnxruntime.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Steps on the processors: inputs are read where they are laid out, outputs where ONNX Runtime wrote
/// them.
final class HostSteps implements Steps {
    private final GraphSlots slots;
    private final int vocabularySize;
    private final @Nullable LogitsTap tap;
    private final Owned owned;
    private final StepInputs inputs;
    private final DrawInputs draws;
    private final Session session;
    private final Invocation invocation;
    private final RunOptions runOptions;

    private long layoutNs;
    private int mostTokens;
    private int mostDraws;
    private volatile long workspacePeakBytes;

    private HostSteps(
            Owned owned, Session session, GraphSlots slots, RunnerShape shape, KvPools pools, @Nullable LogitsTap tap) {
        this.owned = owned;
        this.session = session;
        this.slots = slots;
        this.vocabularySize = shape.vocabularySize();
        this.tap = tap;
        this.inputs = owned.add(new StepInputs(shape), StepInputs::close);
        this.draws = owned.add(new DrawInputs(), DrawInputs::close);
        this.runOptions = owned.add(RunOptions.create(), RunOptions::close);
        this.invocation = owned.add(session.invocation(slots.inputs(), slots.outputs(tap != null)), Invocation::close);
        slots.bindPools(invocation, pools);
    }

    static HostSteps open(
            Path graph,
            CustomOpDomain operators,
            GraphSlots slots,
            RunnerShape shape,
            KvPools pools,
            RunnerOptions options) {
        var owned = new Owned();
        try {
            Environment environment = owned.add(Environment.silent(), Environment::close);
            SessionOptions sessionOptions = new SessionOptions()
                    .threads(options.threads())
                    .spinning(false)
                    .memoryPattern(false)
                    .customOps(operators);
            Session session = owned.add(Session.open(environment, graph, sessionOptions), Session::close);
            return new HostSteps(owned, session, slots, shape, pools, options.tap());
        } catch (RuntimeException | Error e) {
            owned.close();
            throw e;
        }
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

    private void bind(Plan plan, List<Tensor> step) {
        var sizes = new StepField.Sizes(
                plan.tokens(),
                plan.rows().size(),
                plan.draws(),
                inputs.tableWidths(),
                draws.penalties(),
                draws.biases());
        for (StepField field : StepField.of(inputs, draws, sizes)) {
            Integer slot = slots.of(field.name());
            if (slot != null) {
                Tensor tensor = Tensor.of(field.values().contents(), field.type(), field.dimensions());
                step.add(tensor);
                invocation.input(slot, tensor);
            }
        }
    }

    /// Only a step that is larger than all before it can hold more.
    private void measure(Plan plan) {
        if (plan.tokens() > mostTokens || plan.draws() > mostDraws) {
            mostTokens = Math.max(mostTokens, plan.tokens());
            mostDraws = Math.max(mostDraws, plan.draws());
            workspacePeakBytes = session.mostBytesInUse();
        }
    }

    private Tokens collect(Plan plan) {
        try (Tensor ids = invocation.takeOutput(GraphSlots.IDS);
                Tensor logprobs = invocation.takeOutput(GraphSlots.LOGPROBS);
                Tensor topIds = invocation.takeOutput(GraphSlots.TOP_IDS);
                Tensor topLogprobs = invocation.takeOutput(GraphSlots.TOP_LOGPROBS)) {
            if (tap != null) {
                try (Tensor logits = invocation.takeOutput(GraphSlots.LOGITS)) {
                    tap.accept(plan, logits.data(), vocabularySize);
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

    static int[] ints(MemorySegment data) {
        return data.toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }

    static float[] floats(MemorySegment data) {
        return data.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    @Override
    public long layoutNs() {
        return layoutNs;
    }

    @Override
    public long workspacePeakBytes() {
        return workspacePeakBytes;
    }

    @Override
    public void close() {
        owned.close();
    }
}
