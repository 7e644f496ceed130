package io.dipper.export;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.CheckpointFiles;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.SafetensorsWriter;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.checkpoint.TensorInfo;
import io.dipper.export.CutContent.Range;
import io.dipper.transformer.family.Refusal;
import io.dipper.transformer.family.Renaming.View;
import io.dipper.transformer.family.Slicing;
import io.dipper.transformer.family.Storage;
import io.dipper.transformer.family.WeightReport;
import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import io.dipper.transformer.tree.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Writes the smaller model of a [Slicing] as a checkpoint of its own. What belongs to no layer, and
/// what is beside the text model, is copied as it is.
public final class SliceWriter {
    private final Checkpoint checkpoint;
    private final Slicing.Sliced sliced;
    private final Map<String, Weight> whole = new HashMap<>();

    private SliceWriter(Checkpoint checkpoint, Slicing.Sliced sliced) {
        this.checkpoint = checkpoint;
        this.sliced = sliced;
        Weights.of(sliced.whole().model()).forEach(weight -> whole.put(weight.path(), weight));
    }

    /// Cuts `slice` out of the checkpoint in `folder`; all that can be refused is refused before a
    /// file is written.
    ///
    /// @return why not, if it cannot be cut
    public static Optional<Refusal> write(Path folder, JsonNode slice, Path out, Progress progress) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return switch (Slicing.of(checkpoint.config(), slice)) {
                case Slicing.Refused(Refusal refusal) -> Optional.of(refusal);
                case Slicing.Sliced sliced -> new SliceWriter(checkpoint, sliced).write(out, progress);
            };
        }
    }

    private Optional<Refusal> write(Path out, Progress progress) throws IOException {
        WeightReport report = WeightReport.of(sliced.whole(), Exporter.shapes(checkpoint));
        if (!report.fits()) {
            return Optional.of(new Refusal("weights", checkpoint.folder().toString(), report.text()));
        }
        if (!(sliced.whole().storage() instanceof Storage.Plain)) {
            return Optional.of(new Refusal("quantization_config", "", "only whole values can be cut"));
        }
        try (StagedFolder staged = StagedFolder.beside(out)) {
            for (String name : CheckpointFiles.list(checkpoint.folder())) {
                if (CheckpointFiles.isText(name) && !name.equals(Checkpoint.CONFIG) && !name.equals(Checkpoint.INDEX)) {
                    Files.copy(checkpoint.folder().resolve(name), staged.path().resolve(name));
                }
            }
            CheckpointWriter.write(staged, sliced.config(), tensors(report), CheckpointWriter.SHARD_BYTES, progress);
            staged.publish();
        }
        return Optional.empty();
    }

    private List<SafetensorsWriter.Tensor> tensors(WeightReport report) {
        List<Weight> part = Weights.of(sliced.part().model());
        Map<String, View> views = sliced.part().names().views(part, report.layout());
        List<SafetensorsWriter.Tensor> tensors = new ArrayList<>();
        for (Weight weight : part) {
            String path = inWhole(weight.path());
            TensorInfo stored =
                    checkpoint.tensors().get(report.views().get(path).tensor());
            // Weights that nothing reads may be left out of files.
            if (stored != null) {
                View view = views.get(weight.path());
                tensors.add(tensor(view.tensor(), view.tensorShape(), stored, weight, whole.get(path)));
            }
        }
        for (String name : report.leftOut().keySet()) {
            TensorInfo stored = checkpoint.tensors().get(name);
            tensors.add(new SafetensorsWriter.Tensor(
                    name, stored.type(), stored.shape(), SafetensorsWriter.Content.of(checkpoint.map(stored))));
        }
        return tensors;
    }

    /// The path that a weight of the smaller model has in the larger one.
    private String inWhole(String path) {
        if (!path.startsWith("layers.")) {
            return path;
        }
        String[] parts = path.split("\\.", 3);
        return "layers." + sliced.kept().get(Integer.parseInt(parts[1])) + "." + parts[2];
    }

    private SafetensorsWriter.Tensor tensor(
            String name, List<Integer> shape, TensorInfo stored, Weight part, Weight from) {
        CutContent content = new CutContent(
                checkpoint.map(stored),
                stored.type().bytes(),
                from.columns(),
                part.rows() == from.rows() ? List.of(new Range(0, from.rows())) : rows(part),
                part.columns() == from.columns() ? List.of(new Range(0, from.columns())) : columns(part));
        return new SafetensorsWriter.Tensor(
                name,
                stored.type(),
                shape.stream().mapToLong(Integer::longValue).toArray(),
                content);
    }

    private List<Range> rows(Weight part) {
        return part.path().equals("per_layer.projection") ? ofLayers() : List.of(new Range(0, part.rows()));
    }

    private List<Range> columns(Weight part) {
        return part.path().equals("per_layer.embedding") ? ofLayers() : List.of(new Range(0, part.columns()));
    }

    /// Where a matrix that has all layers side by side keeps those that stay.
    private List<Range> ofLayers() {
        Model model = sliced.whole().model();
        int width = model.streams().orElseThrow().perLayer().width();
        return sliced.kept().stream()
                .map(layer -> new Range(layer * width, (layer + 1) * width))
                .toList();
    }
}
