package io.dipper.export;

import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.OutputFile;
import io.dipper.checkpoint.PieceWriter;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StoredFile;
import io.dipper.checkpoint.StoredType;
import io.dipper.export.ExportedWeight.Change;
import io.dipper.transformer.fold.Weight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Writes `weights.bin`: tensor by tensor, a few megabytes at a time, on all processors.
final class WeightsWriter {
    private static final int CHUNK = 1 << 18;

    private final PartValues values;
    private final Map<String, Weight> tree;

    /// @param tree the model's weights by path
    WeightsWriter(PartValues values, Map<String, Weight> tree) {
        this.values = values;
        this.tree = tree;
    }

    StoredFile write(Path file, List<ExportedWeight> weights, Progress progress) throws IOException {
        ExportedWeight last = weights.getLast();
        long total = last.offset() + last.bytes();
        try (OutputFile out = OutputFile.create(file);
                PieceWriter pieces = new PieceWriter(out)) {
            for (ExportedWeight weight : weights) {
                pieces.align(Target.ALIGNMENT);
                if (pieces.position() != weight.offset()) {
                    throw new IllegalStateException(weight.name() + " at " + pieces.position() + ", not at its offset");
                }
                for (String part : weight.parts()) {
                    copy(tree.get(part), weight, pieces);
                    progress.report("write " + file.getFileName(), out.position(), total);
                }
            }
            pieces.finish();
            progress.report("write " + file.getFileName(), out.position(), total);
            return out.finish();
        }
    }

    private void copy(Weight part, ExportedWeight exported, PieceWriter pieces) throws IOException {
        StoredType type = Exporter.storedType(exported.type());
        PartValues.Rows source = values.of(part);
        int batch = Math.clamp(CHUNK / part.columns(), 1, part.rows());
        for (int row = 0; row < part.rows(); row += batch) {
            int first = row;
            int rows = Math.min(batch, part.rows() - row);
            pieces.add(type.bytesOf(new long[] {(long) rows * part.columns()}), piece -> {
                float[] floats = new float[rows * part.columns()];
                source.read(first, rows, floats);
                change(exported.change(), floats);
                Floats.encode(type, floats, piece);
            });
        }
    }

    private static void change(Change change, float[] values) {
        switch (change) {
            case NONE -> {}
            case PLUS_ONE -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] += 1;
                }
            }
        }
    }
}
