package io.dipper.engineort.prove;

import io.dipper.checkpoint.CheckpointException;
import io.dipper.checkpoint.SafetensorsFile;
import io.dipper.checkpoint.StoredType;
import io.dipper.checkpoint.TensorInfo;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A reference implementation's answers to one prompt.
///
/// @param prompt token ids
/// @param logits [prompt, vocabulary], without a cache
/// @param greedyIds the greedy continuation
/// @param greedyLogits [greedyIds, vocabulary], the logits that chose each
record Reference(int[] prompt, float[][] logits, int[] greedyIds, float[][] greedyLogits) {
    static final String FILE = "expected.safetensors";
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Null where the folder has none.
    ///
    /// @param vocabulary of the model that is to answer alike
    /// @throws CheckpointException if it is no file, or its tensors are not what a reference has
    static @Nullable Reference find(Path folder, int vocabulary) throws IOException {
        Path file = folder.resolve(FILE);
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        if (!Files.isRegularFile(file)) {
            // Not to compare would pass for a good comparison.
            throw CheckpointException.of(file, "is no regular file");
        }
        try (var tensors = SafetensorsFile.open(file)) {
            int[] prompt = ids(tensors, "input_ids", vocabulary);
            int[] greedyIds = ids(tensors, "greedy_ids", vocabulary);
            return new Reference(
                    prompt,
                    rows(tensors, "logits", prompt.length, vocabulary),
                    greedyIds,
                    rows(tensors, "greedy_logits", greedyIds.length, vocabulary));
        }
    }

    private static int[] ids(SafetensorsFile file, String name, int vocabulary) throws IOException {
        TensorInfo info = tensor(file, name, StoredType.I64);
        if (info.values() == 0) {
            throw CheckpointException.ofTensor(
                    file.file(), name, "shape", Arrays.toString(info.shape()) + " has no ids");
        }
        var data = file.map(info);
        int[] ids = new int[Math.toIntExact(info.values())];
        for (int i = 0; i < ids.length; i++) {
            long id = data.get(LONG, (long) i * Long.BYTES);
            if (id < 0 || id >= vocabulary) {
                throw CheckpointException.ofTensor(
                        file.file(), name, "values", "ids are 0 to " + (vocabulary - 1) + ", given: " + id);
            }
            ids[i] = (int) id;
        }
        return ids;
    }

    private static float[][] rows(SafetensorsFile file, String name, int count, int vocabulary) throws IOException {
        TensorInfo info = tensor(file, name, StoredType.F32);
        long[] shape = info.shape();
        if (shape.length == 0 || shape[shape.length - 1] != vocabulary || info.values() != (long) count * vocabulary) {
            throw CheckpointException.ofTensor(
                    file.file(),
                    name,
                    "shape",
                    Arrays.toString(shape) + " is not that of " + count + " rows, one an id, of the vocabulary's "
                            + vocabulary);
        }
        var data = file.map(info);
        float[][] rows = new float[count][];
        for (int row = 0; row < count; row++) {
            rows[row] = data.asSlice((long) row * vocabulary * Float.BYTES, (long) vocabulary * Float.BYTES)
                    .toArray(FLOAT);
        }
        return rows;
    }

    private static TensorInfo tensor(SafetensorsFile file, String name, StoredType type) throws IOException {
        TensorInfo info = file.tensor(name);
        if (info.type() != type) {
            throw CheckpointException.ofTensor(file.file(), name, "dtype", "is " + info.type() + ", not " + type);
        }
        return info;
    }
}
