package io.dipper.engineort;

import io.dipper.checkpoint.Manifest;
import io.dipper.engine.Runner;
import io.dipper.engine.RunnerShape;
import io.dipper.engine.Tokens;
import io.dipper.engine.plan.Plan;
import io.dipper.operators.cuda.CudaFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/// Runs an exported graph on ONNX Runtime. Owned by one thread, the engine's, but for the figures.
public final class OrtRunner implements Runner {
    private final Manifest manifest;
    private final Placement placement;
    private final RunnerShape shape;
    private final KvPools pools;
    private final Steps steps;
    private final Owned owned;

    private OrtRunner(Path folder, Manifest manifest, RunnerOptions wanted, Owned owned) throws IOException {
        this.manifest = manifest;
        this.owned = owned;
        this.placement = owned.add(Placement.of(manifest, wanted), Placement::close);
        RunnerOptions options = placement.plan(manifest, wanted);
        this.pools = owned.add(new KvPools(manifest, options, placement), KvPools::close);
        this.shape = new RunnerShape(
                manifest.vocabularySize(),
                KvPools.contextLength(manifest, options),
                manifest.blockTokens(),
                options.maxChunkTokens(),
                pools.groups());
        this.steps = owned.add(placement.open(folder, manifest, shape, pools, options), Steps::close);
    }

    /// Opens an export folder. On processors weights are mapped, not copied; on a card they are copied
    /// there.
    ///
    /// @throws IOException if the folder is no whole export
    /// @throws IllegalArgumentException if it does not fit, saying what would
    /// @throws io.dipper.engine.DeviceLostException if the device is lost to this process
    public static OrtRunner open(Path folder, RunnerOptions options) throws IOException {
        Manifest manifest = Manifest.open(folder);
        var owned = new Owned();
        try {
            return new OrtRunner(folder, manifest, options, owned);
        } catch (IOException e) {
            owned.closeAfter(e);
            if (CudaFault.of(e) == CudaFault.CONTEXT_LOST) {
                throw CardFailure.told(CardPlacement.device(options.card()), new UncheckedIOException(e));
            }
            throw e;
        } catch (RuntimeException e) {
            owned.closeAfter(e);
            throw CardFailure.told(CardPlacement.device(options.card()), e, () -> Cards.isLost(manifest, options));
        } catch (Error e) {
            owned.closeAfter(e);
            throw e;
        }
    }

    @Override
    public RunnerShape shape() {
        return shape;
    }

    @Override
    public String device() {
        return placement.device();
    }

    public Manifest manifest() {
        return manifest;
    }

    /// Bytes set aside for keys and values; on processors only what is written becomes resident.
    @Override
    public long kvReservedBytes() {
        return pools.reservedBytes();
    }

    /// Bytes of one block of a KV group over all its layers.
    public long kvBlockBytes(int group) {
        return pools.blockBytes(group);
    }

    @Override
    public long plannedBytes() {
        return placement.plannedBytes();
    }

    @Override
    public long workspacePeakBytes() {
        return steps.workspacePeakBytes();
    }

    public long weightBytes() {
        return manifest.tensors().stream().mapToLong(Manifest.Tensor::bytes).sum();
    }

    /// Bytes of a card's memory, and what they were taken for.
    ///
    /// @param isPart whether it only tells what a part has at that time, which was taken for something else
    public record Taken(String what, long bytes, boolean isPart) {}

    /// What was taken of a card's memory from its opening on, in order; empty on processors. For the
    /// engine's thread, or when it is ready.
    public List<Taken> taken() {
        return placement.taken();
    }

    @Override
    public void prepare() {
        try {
            steps.prepare();
        } catch (RuntimeException e) {
            throw placement.told(e);
        }
    }

    @Override
    public Tokens run(Plan plan) {
        try {
            return steps.run(plan);
        } catch (RuntimeException e) {
            throw placement.told(e);
        }
    }

    @Override
    public boolean queues() {
        return steps.queues();
    }

    @Override
    public boolean mayContinue(Plan started) {
        return steps.mayContinue(started);
    }

    @Override
    public void start(Plan plan) {
        try {
            steps.start(plan);
        } catch (RuntimeException e) {
            throw placement.told(e);
        }
    }

    @Override
    public Tokens finish(Plan plan) {
        try {
            return steps.finish(plan);
        } catch (RuntimeException e) {
            throw placement.told(e);
        }
    }

    @Override
    public long layoutNs() {
        return steps.layoutNs();
    }

    @Override
    public void close() {
        owned.close();
    }
}
