package io.dipper.export;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.OutputFile;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.StoredFile;
import io.dipper.checkpoint.StoredType;
import io.dipper.export.ExportedWeight.Change;
import io.dipper.transformer.family.Renaming.View;
import io.dipper.transformer.family.Storage;
import io.dipper.transformer.family.StoredParts;
import io.dipper.transformer.family.WeightReport;
import io.dipper.transformer.fold.Weight;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Writes `weights.bin`: tensor by tensor from the checkpoint's maps, a few megabytes at a time.
final class WeightsWriter {
    private static final int CHUNK = 1 << 18;
    private static final ValueLayout.OfShort SHORTS =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOATS =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Checkpoint checkpoint;
    private final Storage storage;
    private final WeightReport report;
    private final Map<String, Weight> tree;
    private final Map<String, List<Long>> shapes;

    WeightsWriter(Checkpoint checkpoint, Storage storage, WeightReport report, Map<String, Weight> tree) {
        this.checkpoint = checkpoint;
        this.storage = storage;
        this.report = report;
        this.tree = tree;
        this.shapes = Exporter.shapes(checkpoint);
    }

    StoredFile write(Path file, List<ExportedWeight> weights, Progress progress) throws IOException {
        ExportedWeight last = weights.getLast();
        long total = last.offset() + last.bytes();
        try (OutputFile out = OutputFile.create(file);
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate((long) CHUNK * Float.BYTES);
            for (ExportedWeight weight : weights) {
                out.align(Target.ALIGNMENT);
                if (out.position() != weight.offset()) {
                    throw new IllegalStateException(weight.name() + " at " + out.position() + ", not at its offset");
                }
                for (String part : weight.parts()) {
                    copy(part, weight, out, buffer);
                    progress.report("write " + file.getFileName(), out.position(), total);
                }
            }
            return out.finish();
        }
    }

    private void copy(String part, ExportedWeight exported, OutputFile out, MemorySegment buffer) throws IOException {
        StoredType type = Exporter.storedType(exported.type());
        Weight weight = tree.get(part);
        Source source = source(report.views().get(part));
        int columns = weight.columns();
        int batch = Math.clamp(CHUNK / columns, 1, weight.rows());
        float[] values = new float[batch * columns];
        for (int row = 0; row < weight.rows(); row += batch) {
            int rows = Math.min(batch, weight.rows() - row);
            fill(source, row, rows, columns, values);
            change(exported.change(), values);
            write(values, rows * columns, type, out, buffer);
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

    private static void write(float[] values, int count, StoredType type, OutputFile out, MemorySegment buffer)
            throws IOException {
        for (int done = 0; done < count; done += CHUNK) {
            int size = Math.min(CHUNK, count - done);
            if (type == StoredType.BF16) {
                for (int i = 0; i < size; i++) {
                    buffer.set(SHORTS, (long) i * Short.BYTES, Floats.toBf16(values[done + i]));
                }
            } else {
                MemorySegment.copy(values, done, buffer, FLOATS, 0, size);
            }
            out.write(buffer.asSlice(0, type.bytesOf(new long[] {size})));
        }
    }

    /// Rows `row` to `row + rows` of the weight, one after another.
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
