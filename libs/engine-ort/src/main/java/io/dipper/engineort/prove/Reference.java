package io.dipper.engineort.prove;

import io.dipper.checkpoint.SafetensorsFile;
import io.dipper.checkpoint.TensorInfo;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A reference implementation's answers to one prompt.
///
/// @param prompt token ids
/// @param logits [prompt, vocabulary], without a cache
/// @param greedyIds the greedy continuation
/// @param greedyLogits [greedyIds, vocabulary], the logits that chose each
record Reference(int[] prompt, float[][] logits, int[] greedyIds, float[][] greedyLogits) {
    static final String FILE = "expected.safetensors";

    /// Null where the folder has none.
    static @Nullable Reference find(Path folder) throws IOException {
        return Files.isRegularFile(folder.resolve(FILE)) ? read(folder) : null;
    }

    private static Reference read(Path folder) throws IOException {
        try (var file = SafetensorsFile.open(folder.resolve(FILE))) {
            return new Reference(
                    ids(file, "input_ids"), rows(file, "logits"), ids(file, "greedy_ids"), rows(file, "greedy_logits"));
        }
    }

    private static int[] ids(SafetensorsFile file, String name) throws IOException {
        var data = file.map(file.tensor(name));
        int[] ids = new int[(int) (data.byteSize() / Long.BYTES)];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Math.toIntExact(data.get(
                    ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), (long) i * Long.BYTES));
        }
        return ids;
    }

    private static float[][] rows(SafetensorsFile file, String name) throws IOException {
        TensorInfo info = file.tensor(name);
        var data = file.map(info);
        int vocabulary = Math.toIntExact(info.shape()[info.shape().length - 1]);
        int count = Math.toIntExact(data.byteSize() / Float.BYTES / vocabulary);
        float[][] rows = new float[count][];
        for (int row = 0; row < count; row++) {
            rows[row] = data.asSlice((long) row * vocabulary * Float.BYTES, (long) vocabulary * Float.BYTES)
                    .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
        }
        return rows;
    }
}
