package io.dipper.export;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.transformer.family.Renaming.View;
import io.dipper.transformer.family.Storage;
import io.dipper.transformer.family.StoredParts;
import io.dipper.transformer.family.WeightReport;
import io.dipper.transformer.fold.Weight;
import java.util.List;
import java.util.Map;

/// The values of a checkpoint's tensors, from the maps of its files.
final class CheckpointValues implements PartValues {
    private final Checkpoint checkpoint;
    private final Storage storage;
    private final WeightReport report;
    private final Map<String, List<Long>> shapes;

    CheckpointValues(Checkpoint checkpoint, Storage storage, WeightReport report) {
        this.checkpoint = checkpoint;
        this.storage = storage;
        this.report = report;
        this.shapes = Exporter.shapes(checkpoint);
    }

    @Override
    public Rows of(Weight part) {
        Source source = source(report.views().get(part.path()));
        return (row, rows, into) -> fill(source, row, rows, part.columns(), into);
    }

    private static void fill(Source source, int row, int rows, int columns, float[] values) {
        long start = source.offset + row * source.rowStride;
        if (source.columnStride == 1 && source.rowStride == columns) {
            source.floats.read(start, rows * columns, values);
            return;
        }
        if (source.columnStride == 1) {
            float[] one = new float[columns];
            for (int i = 0; i < rows; i++) {
                source.floats.read(start + i * source.rowStride, columns, one);
                System.arraycopy(one, 0, values, i * columns, columns);
            }
            return;
        }
        // Columns lie apart: read, a column at a time, the stretch that holds this batch's rows.
        int stretch = Math.toIntExact((rows - 1) * source.rowStride + 1);
        float[] column = new float[stretch];
        for (int j = 0; j < columns; j++) {
            source.floats.read(start + j * source.columnStride, stretch, column);
            for (int i = 0; i < rows; i++) {
                values[i * columns + j] = column[(int) (i * source.rowStride)];
            }
        }
    }

    /// Element (i, j) of a weight lies at `offset + i * rowStride + j * columnStride`.
    private record Source(TensorFloats floats, long offset, long rowStride, long columnStride) {
        static Source of(TensorFloats floats, View view) {
            return new Source(floats, view.offset(), view.rowStride(), view.columnStride());
        }
    }

    private Source source(View view) {
        String name = view.tensor();
        var tensors = checkpoint.tensors();
        StoredParts parts = StoredParts.of(storage, name, view.tensorShape(), shapes);
        return switch (parts.form()) {
            case WHOLE -> Source.of(TensorFloats.plain(checkpoint, tensors.get(name)), view);
            case FP8_BLOCKS -> {
                Storage.Fp8Blocks blocks = (Storage.Fp8Blocks) storage;
                TensorFloats floats = TensorFloats.scaled(
                        checkpoint,
                        tensors.get(name),
                        tensors.get(name + "_scale_inv"),
                        blocks.blockRows(),
                        blocks.blockColumns());
                yield Source.of(floats, view);
            }
            case MXFP4 ->
                transposed(
                        new FourBitFloats(checkpoint, tensors.get(name + "_blocks"), tensors.get(name + "_scales")),
                        view);
        };
    }

    /// The view of a tensor whose last two axes are stored in the other order, outputs before
    /// inputs.
    private static Source transposed(TensorFloats floats, View view) {
        List<Integer> shape = view.tensorShape();
        int outputs = shape.getLast();
        int inputs = shape.get(shape.size() - 2);
        long expert = view.offset() / ((long) inputs * outputs) * inputs * outputs;
        long within = view.offset() - expert;
        if (within >= outputs || view.columnStride() != outputs) {
            throw new IllegalStateException(view.tensor() + " is no stack of transposed matrices");
        }
        return new Source(floats, expert + within * inputs, view.rowStride() * inputs, 1);
    }
}
