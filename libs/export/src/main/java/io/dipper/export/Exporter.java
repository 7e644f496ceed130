package io.dipper.export;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.Digests;
import io.dipper.checkpoint.Manifest;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.checkpoint.StepMemory;
import io.dipper.checkpoint.StoredFile;
import io.dipper.checkpoint.StoredType;
import io.dipper.checkpoint.TensorInfo;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.OnnxModel;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.family.Families;
import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.family.Refusal;
import io.dipper.transformer.family.WeightReport;
import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// From a checkpoint to a folder that can be served: graph, weights, manifest. The folder appears
/// whole, by one rename, or not at all.
public final class Exporter {
    static final String GRAPH = "model.onnx";

    /// Beside the weights, room for graph and manifest.
    private static final long OTHER_FILES_BYTES = 64 << 20;

    private Exporter() {}

    /// Exports the checkpoint in `checkpointFolder` to `out`, which must not exist. All that can be
    /// refused is refused before a weight is read.
    public static ExportResult export(Path checkpointFolder, Target target, Path out, Progress progress)
            throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(checkpointFolder)) {
            return switch (Families.read(checkpoint.config())) {
                case Refusal refusal -> new ExportResult.ConfigurationRefused(refusal);
                case Read read -> export(checkpoint, read, target, out, progress);
            };
        }
    }

    private static ExportResult export(Checkpoint checkpoint, Read read, Target target, Path out, Progress progress)
            throws IOException {
        WeightReport report = WeightReport.of(read, shapes(checkpoint));
        if (!report.fits()) {
            return new ExportResult.WeightsRefused(report);
        }
        requireFloats(checkpoint, report);
        return switch (Lowering.lower(read.model(), target)) {
            case Lowered.Unsupported unsupported -> new ExportResult.DesignRefused(unsupported);
            case Lowered.Ready ready ->
                new ExportResult.Exported(write(
                        read,
                        ready,
                        target,
                        new CheckpointValues(checkpoint, read.storage(), report),
                        () -> Digests.ofCheckpoint(checkpoint.folder(), progress),
                        out,
                        progress));
        };
    }

    /// Exports a design with weights drawn by `seed`, to study latency and memory: without a checkpoint
    /// between, so that as many bytes are written as are served. Equal seeds give equal files, but other
    /// weights than a checkpoint of [RandomWeights#write] has.
    public static ExportResult exportRandom(Read read, long seed, Target target, Path out, Progress progress)
            throws IOException {
        return switch (Lowering.lower(read.model(), target)) {
            case Lowered.Unsupported unsupported -> new ExportResult.DesignRefused(unsupported);
            case Lowered.Ready ready ->
                new ExportResult.Exported(write(
                        read,
                        ready,
                        target,
                        RandomWeights.values(read, seed),
                        () -> Digests.sha256("random weights " + seed + " of " + read.model()),
                        out,
                        progress));
        };
    }

    /// Identifies where weights came from.
    private interface Origin {
        String digest() throws IOException;
    }

    private static Manifest write(
            Read read,
            Lowered.Ready ready,
            Target target,
            PartValues values,
            Origin origin,
            Path out,
            Progress progress)
            throws IOException {
        try (StagedFolder staged = StagedFolder.beside(out)) {
            staged.requireSpace(ready.weightBytes() + OTHER_FILES_BYTES);
            Map<String, Weight> tree = new HashMap<>();
            Weights.of(read.model()).forEach(weight -> tree.put(weight.path(), weight));
            StoredFile weights = new WeightsWriter(values, tree)
                    .write(staged.path().resolve(WeightLayout.FILE), ready.weights(), progress);
            OnnxModel.write(ready.graph(), staged.path().resolve(GRAPH));
            List<String> written = new ArrayList<>(List.of(GRAPH));
            if (!target.draws()) {
                int vocabulary = read.model().vocabulary();
                OnnxModel.write(
                        Lowering.drawing(vocabulary, target), staged.path().resolve(Manifest.DRAWING));
                Files.writeString(staged.path().resolve(GraphReadme.FILE), GraphReadme.of(read, ready, target));
                written.addAll(List.of(Manifest.DRAWING, GraphReadme.FILE));
            }
            List<StoredFile> files = new ArrayList<>(Digests.of(staged.path(), written, progress));
            files.add(weights);
            Manifest manifest = manifest(read, ready, target, origin.digest(), files);
            manifest.write(staged.path());
            staged.publish();
            return manifest;
        }
    }

    private static Manifest manifest(
            Read read, Lowered.Ready ready, Target target, String source, List<StoredFile> files) {
        var model = read.model();
        return Manifest.of(
                target.toString(),
                read.family(),
                source,
                new Manifest.Sizes(model.vocabulary(), model.hidden(), model.contextLength(), target.blockTokens()),
                ready.cache().groupWindows().stream().map(Manifest.KvGroup::new).toList(),
                ready.cache().layers().stream()
                        .map(layer -> new Manifest.KvLayer(layer.input(), layer.group(), layer.valuesPerToken()))
                        .toList(),
                ready.weights().stream().map(Exporter::tensor).toList(),
                target.hasCardForms() ? CardWorkspace.of(ready.graph()) : StepMemory.UNKNOWN,
                files,
                ready.graph().inputs().stream().map(Value::name).toList(),
                ready.graph().outputs().stream().map(Value::name).toList(),
                ready.operators());
    }

    private static Manifest.Tensor tensor(ExportedWeight weight) {
        long[] shape = weight.shape().stream().mapToLong(Integer::longValue).toArray();
        return new Manifest.Tensor(
                weight.name(),
                WeightLayout.FILE,
                weight.offset(),
                weight.bytes(),
                storedType(weight.type()),
                shape,
                weight.place());
    }

    static StoredType storedType(ElementType type) {
        return switch (type) {
            case F32 -> StoredType.F32;
            case BF16 -> StoredType.BF16;
            default -> throw new IllegalStateException("weights are not exported as " + type);
        };
    }

    static Map<String, List<Long>> shapes(Checkpoint checkpoint) {
        Map<String, List<Long>> shapes = new HashMap<>();
        checkpoint
                .tensors()
                .forEach((name, tensor) ->
                        shapes.put(name, Arrays.stream(tensor.shape()).boxed().toList()));
        return shapes;
    }

    private static void requireFloats(Checkpoint checkpoint, WeightReport report) throws IOException {
        for (var view : report.views().values()) {
            TensorInfo tensor = checkpoint.tensors().get(view.tensor());
            if (tensor != null && !tensor.type().isFloat()) {
                throw CheckpointException.ofTensor(
                        tensor.file(), tensor.name(), "dtype", tensor.type() + " values are no weights");
            }
        }
    }
}
