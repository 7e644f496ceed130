package io.dipper.transformer.family;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The tensors in which a checkpoint really keeps one tensor of the hub's naming: itself, or its
/// quantised parts.
public record StoredParts(Form form, Map<String, List<Integer>> shapes) {
    /// How the parts make the tensor.
    public enum Form {
        WHOLE,
        FP8_BLOCKS,
        /// Rows are outputs, so against the whole tensor the last two axes have changed places.
        MXFP4
    }

    private static final int MXFP4_VALUES_A_SCALE = 32;

    /// The parts of `name`, as far as those that are there tell.
    public static StoredParts of(Storage storage, String name, List<Integer> shape, Map<String, List<Long>> tensors) {
        return switch (storage) {
            case Storage.Plain _ -> whole(name, shape);
            case Storage.Fp8Blocks(int rows, int columns) -> {
                String scale = name + "_scale_inv";
                if (shape.size() != 2 || !tensors.containsKey(scale)) {
                    yield whole(name, shape);
                }
                yield new StoredParts(
                        Form.FP8_BLOCKS,
                        new TreeMap<>(Map.of(
                                name,
                                shape,
                                scale,
                                List.of(ceil(shape.getFirst(), rows), ceil(shape.getLast(), columns)))));
            }
            case Storage.Mxfp4 _ -> {
                if (!tensors.containsKey(name + "_blocks")) {
                    yield whole(name, shape);
                }
                List<Integer> scales = new ArrayList<>(shape.subList(0, shape.size() - 2));
                scales.add(shape.getLast());
                scales.add(ceil(shape.get(shape.size() - 2), MXFP4_VALUES_A_SCALE));
                List<Integer> blocks = new ArrayList<>(scales);
                blocks.add(MXFP4_VALUES_A_SCALE / 2);
                yield new StoredParts(
                        Form.MXFP4, new TreeMap<>(Map.of(name + "_blocks", blocks, name + "_scales", scales)));
            }
        };
    }

    private static StoredParts whole(String name, List<Integer> shape) {
        return new StoredParts(Form.WHOLE, Map.of(name, shape));
    }

    private static int ceil(int length, int block) {
        return (length + block - 1) / block;
    }
}
