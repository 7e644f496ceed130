package io.dipper.export;

import io.dipper.checkpoint.Floats;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.SafetensorsWriter;
import io.dipper.checkpoint.StagedFolder;
import io.dipper.checkpoint.StoredType;
import io.dipper.transformer.family.Reading.Read;
import io.dipper.transformer.family.Renaming.Layout;
import io.dipper.transformer.family.Renaming.View;
import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import io.dipper.transformer.tree.Norm;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import tools.jackson.databind.JsonNode;

/// A checkpoint of a design's true shape with random weights, to study latency and memory without a
/// download. Equal seeds give equal files; the weights are scaled so that activations stay near one
/// and logits are peaked.
public final class RandomWeights {
    private static final double LOGIT_SPREAD = 4;
    private static final long MIXER = 0x9e3779b97f4a7c15L;
    private static final ValueLayout.OfShort SHORTS =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final long seed;
    private final long shardBytes;

    private RandomWeights(long seed, long shardBytes) {
        this.seed = seed;
        this.shardBytes = shardBytes;
    }

    /// Writes `config` and bf16 weights for it to the folder `out`, which must not exist.
    public static void write(JsonNode config, Read read, long seed, Path out, Progress progress) throws IOException {
        write(config, read, seed, CheckpointWriter.SHARD_BYTES, out, progress);
    }

    static void write(JsonNode config, Read read, long seed, long shardBytes, Path out, Progress progress)
            throws IOException {
        try (StagedFolder staged = StagedFolder.beside(out)) {
            new RandomWeights(seed, shardBytes).tensors(config, read, staged, progress);
            staged.publish();
        }
    }

    /// The weights of a graph that is exported without a checkpoint: a row's values follow from the seed,
    /// the weight's path and the row.
    static PartValues values(Read read, long seed) {
        return part -> {
            float step = step(spread(part, read));
            float middle = (float) centre(part.path(), read);
            long ofPart = seed ^ part.path().hashCode() * MIXER;
            int columns = part.columns();
            return (row, rows, into) -> {
                for (int i = 0; i < rows; i++) {
                    fill(into, i * columns, columns, new SplittableRandom(ofPart ^ row + i), step, middle);
                }
            };
        };
    }

    private static void fill(float[] into, int from, int count, SplittableRandom random, float step, float middle) {
        long draw = 0;
        for (int i = 0; i < count; i++) {
            draw = i % 4 == 0 ? random.nextLong() : draw >>> 16;
            into[from + i] = middle + ((short) draw + 0.5f) * step;
        }
    }

    /// Between neighbours of the 65,536 values that have this standard deviation.
    private static float step(double spread) {
        return (float) (spread * Math.sqrt(3) / 32_768);
    }

    private void tensors(JsonNode config, Read read, StagedFolder staged, Progress progress) throws IOException {
        List<Weight> weights = Weights.of(read.model());
        Map<String, Weight> byPath = new HashMap<>();
        weights.forEach(weight -> byPath.put(weight.path(), weight));
        Map<String, SafetensorsWriter.Tensor> tensors = new LinkedHashMap<>();
        Layout layout = read.names().layouts().getFirst();
        read.names()
                .views(weights, layout)
                .forEach((path, view) -> tensors.computeIfAbsent(
                        view.tensor(), _ -> tensor(view, spread(byPath.get(path), read), centre(path, read))));
        CheckpointWriter.write(staged, config, List.copyOf(tensors.values()), shardBytes, progress);
    }

    /// Standard deviation of a weight's values.
    private static double spread(Weight weight, Read read) {
        if (weight.shape().size() == 1) {
            return 0.1;
        }
        return switch (weight.use()) {
            case EMBEDDING, HEAD -> LOGIT_SPREAD / Math.sqrt(read.model().hidden());
            case POSITIONS, PER_LAYER_EMBEDDING -> 0.1;
            case BODY, EXPERT, ROUTER, ROUTER_CORRECTION, IDLE -> 1 / Math.sqrt(weight.columns());
        };
    }

    /// Norms multiply by about one; all else lies around zero.
    private static double centre(String path, Read read) {
        boolean norm = path.matches("(.*[._])?norm|.*\\.(before|after)_(mixer|mlp)");
        boolean plusOne =
                read.model().finalNorm() instanceof Norm.Rms rms && rms.factor() == Norm.Factor.ONE_PLUS_WEIGHT;
        return norm && !plusOne ? 1 : 0;
    }

    private SafetensorsWriter.Tensor tensor(View view, double spread, double centre) {
        long[] shape = view.tensorShape().stream().mapToLong(Integer::longValue).toArray();
        return new SafetensorsWriter.Tensor(
                view.tensor(),
                StoredType.BF16,
                shape,
                (chunk, offset) -> fill(
                        chunk, new SplittableRandom(seed ^ view.tensor().hashCode() * MIXER ^ offset), spread, centre));
    }

    /// Uniform values: four of sixteen bits from one draw.
    private static void fill(MemorySegment chunk, SplittableRandom random, double spread, double centre) {
        float step = step(spread);
        float middle = (float) centre;
        long values = chunk.byteSize() / Short.BYTES;
        long draw = 0;
        for (long i = 0; i < values; i++) {
            draw = i % 4 == 0 ? random.nextLong() : draw >>> 16;
            float value = middle + ((short) draw + 0.5f) * step;
            chunk.set(SHORTS, i * Short.BYTES, Floats.toBf16(value));
        }
    }
}
