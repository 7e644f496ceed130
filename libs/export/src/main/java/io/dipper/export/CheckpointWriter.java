package io.dipper.export;

import io.dipper.checkpoint.Checkpoint;
import io.dipper.checkpoint.Progress;
import io.dipper.checkpoint.SafetensorsWriter;
import io.dipper.checkpoint.StagedFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Writes a configuration and its tensors as a checkpoint in the hub's layout: one file, or shards
/// with an index.
final class CheckpointWriter {
    static final long SHARD_BYTES = 5_000_000_000L;

    private CheckpointWriter() {}

    static void write(
            StagedFolder staged,
            JsonNode config,
            List<SafetensorsWriter.Tensor> tensors,
            long shardBytes,
            Progress progress)
            throws IOException {
        Files.writeString(staged.path().resolve(Checkpoint.CONFIG), config.toPrettyString());
        List<List<SafetensorsWriter.Tensor>> shards = shards(tensors, shardBytes);
        long total = tensors.stream().mapToLong(CheckpointWriter::bytes).sum();
        staged.requireSpace(total);
        ObjectNode index = new JsonMapper().createObjectNode();
        index.putObject("metadata").put("total_size", total);
        ObjectNode map = index.putObject("weight_map");
        for (int shard = 0; shard < shards.size(); shard++) {
            String name = shards.size() == 1
                    ? Checkpoint.WEIGHTS
                    : "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards.size());
            SafetensorsWriter.write(staged.path().resolve(name), Map.of("format", "pt"), shards.get(shard), progress);
            shards.get(shard).forEach(tensor -> map.put(tensor.name(), name));
        }
        if (shards.size() > 1) {
            Files.writeString(staged.path().resolve(Checkpoint.INDEX), index.toPrettyString());
        }
    }

    private static List<List<SafetensorsWriter.Tensor>> shards(
            List<SafetensorsWriter.Tensor> tensors, long shardBytes) {
        List<List<SafetensorsWriter.Tensor>> shards = new ArrayList<>();
        long filled = Long.MAX_VALUE;
        for (SafetensorsWriter.Tensor tensor : tensors) {
            if (filled > shardBytes - bytes(tensor)) {
                shards.add(new ArrayList<>());
                filled = 0;
            }
            shards.getLast().add(tensor);
            filled += bytes(tensor);
        }
        return shards;
    }

    private static long bytes(SafetensorsWriter.Tensor tensor) {
        return tensor.type().bytesOf(tensor.shape());
    }
}
