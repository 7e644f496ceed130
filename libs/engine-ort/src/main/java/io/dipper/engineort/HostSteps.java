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
    private final @Nullable HostDrawing drawing;
    private final RunOptions runOptions;

    private long layoutNs;
    private int mostTokens;
    private int mostDraws;
    private volatile long workspacePeakBytes;

    private HostSteps(
            Owned owned,
            Session session,
            @Nullable HostDrawing drawing,
            GraphSlots slots,
            RunnerShape shape,
            KvPools pools,
            @Nullable LogitsTap tap) {
        this.owned = owned;
        this.session = session;
        this.drawing = drawing;
        this.slots = slots;
        this.vocabularySize = shape.vocabularySize();
        this.tap = tap;
        this.inputs = owned.add(new StepInputs(shape), StepInputs::close);
        this.draws = owned.add(new DrawInputs(), DrawInputs::close);
        this.runOptions = owned.add(RunOptions.create(), RunOptions::close);
        this.invocation = owned.add(session.invocation(slots.inputs(), slots.outputs(tap != null)), Invocation::close);
        slots.bindPools(invocation, pools, tap != null);
    }

    static HostSteps open(
            Path folder,
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
            Path graph = folder.resolve(Placement.GRAPH);
            Session session = owned.add(Session.open(environment, graph, sessionOptions), Session::close);
            HostDrawing drawing = slots.draws()
                    ? null
                    : owned.add(HostDrawing.open(folder, environment, sessionOptions), HostDrawing::close);
            return new HostSteps(owned, session, drawing, slots, shape, pools, options.tap());
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
            boolean drawn = drawing != null && drawing.takes(field.name());
            if (slot != null || drawn) {
                Tensor tensor = Tensor.of(field.values().contents(), field.type(), field.dimensions());
                step.add(tensor);
                if (slot != null) {
                    invocation.input(slot, tensor);
                } else {
                    drawing.input(field.name(), tensor);
                }
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
        if (drawing == null) {
            if (tap != null) {
                try (Tensor logits = invocation.takeOutput(slots.logits())) {
                    tap.accept(plan, logits.data(), vocabularySize);
                }
            }
            return drawn(invocation);
        }
        try (Tensor logits = invocation.takeOutput(slots.logits())) {
            if (tap != null) {
                tap.accept(plan, logits.data(), vocabularySize);
            }
            return drawn(drawing.from(logits, runOptions));
        }
    }

    private static Tokens drawn(Invocation by) {
        try (Tensor ids = by.takeOutput(GraphSlots.IDS);
                Tensor logprobs = by.takeOutput(GraphSlots.LOGPROBS);
                Tensor topIds = by.takeOutput(GraphSlots.TOP_IDS);
                Tensor topLogprobs = by.takeOutput(GraphSlots.TOP_LOGPROBS)) {
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
