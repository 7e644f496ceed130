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
        View view = report.views().get(part);
        TensorFloats source = source(view);
        int columns = weight.columns();
        int batch = Math.clamp(CHUNK / columns, 1, weight.rows());
        float[] values = new float[batch * columns];
        for (int row = 0; row < weight.rows(); row += batch) {
            int rows = Math.min(batch, weight.rows() - row);
            fill(source, view, row, rows, columns, values);
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

    /// Rows `row` to `row + rows` of the weight that the view shows, one after another.
    private static void fill(TensorFloats source, View view, int row, int rows, int columns, float[] values) {
        long start = view.offset() + row * view.rowStride();
        if (view.columnStride() == 1 && view.rowStride() == columns) {
            source.read(start, rows * columns, values);
            return;
        }
        // Columns lie apart: read, a column at a time, the stretch that holds this batch's rows.
        int stretch = Math.toIntExact((rows - 1) * view.rowStride() + 1);
        float[] column = new float[stretch];
        for (int j = 0; j < columns; j++) {
            source.read(start + j * view.columnStride(), stretch, column);
            for (int i = 0; i < rows; i++) {
                values[i * columns + j] = column[(int) (i * view.rowStride())];
            }
        }
    }

    private TensorFloats source(View view) {
        String name = view.tensor();
        var tensors = checkpoint.tensors();
        StoredParts parts = StoredParts.of(storage, name, view.tensorShape(), shapes);
        return switch (parts.form()) {
            case WHOLE -> TensorFloats.plain(checkpoint, tensors.get(name));
            case FP8_BLOCKS -> {
                Storage.Fp8Blocks blocks = (Storage.Fp8Blocks) storage;
                yield TensorFloats.scaled(
                        checkpoint,
                        tensors.get(name),
                        tensors.get(name + "_scale_inv"),
                        blocks.blockRows(),
                        blocks.blockColumns());
            }
            case MXFP4 -> throw new IllegalStateException("no target takes experts, so none takes their MXFP4 form");
        };
    }
}
