package io.dipper.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// A published checkpoint: config.json and its weights, mapped and read-only. Opening reads and
/// checks headers alone; no weight is touched.
public final class Checkpoint implements AutoCloseable {
    public static final String CONFIG = "config.json";
    public static final String WEIGHTS = "model.safetensors";
    public static final String INDEX = "model.safetensors.index.json";

    private static final long MAX_CONFIG_BYTES = 16 << 20;
    private static final long MAX_INDEX_BYTES = 256 << 20;

    private final Path folder;
    private final JsonNode config;
    private final Map<Path, SafetensorsFile> files;
    private final SequencedMap<String, TensorInfo> tensors;

    private Checkpoint(
            Path folder, JsonNode config, Map<Path, SafetensorsFile> files, SequencedMap<String, TensorInfo> tensors) {
        this.folder = folder;
        this.config = config;
        this.files = files;
        this.tensors = tensors;
    }

    /// Opens the checkpoint in `folder`: config.json and either `model.safetensors` or the shards
    /// that `model.safetensors.index.json` lists.
    public static Checkpoint open(Path folder) throws IOException {
        JsonNode config = readConfig(folder);
        Map<String, String> index = Files.exists(folder.resolve(WEIGHTS)) ? Map.of() : readIndex(folder.resolve(INDEX));
        Map<Path, SafetensorsFile> files = new LinkedHashMap<>();
        try {
            for (String name : shardNames(index)) {
                Path file = folder.resolve(name);
                files.put(file, SafetensorsFile.open(file));
            }
            SequencedMap<String, TensorInfo> tensors = merge(files.values());
            checkIndex(folder, index, tensors);
            return new Checkpoint(folder, config, files, tensors);
        } catch (IOException | RuntimeException e) {
            files.values().forEach(SafetensorsFile::close);
            throw e;
        }
    }

    /// config.json of a checkpoint folder, or that file itself; needs no weights.
    public static JsonNode readConfig(Path folderOrFile) throws IOException {
        Path file = Files.isDirectory(folderOrFile) ? folderOrFile.resolve(CONFIG) : folderOrFile;
        return Json.readObject(file, MAX_CONFIG_BYTES);
    }

    /// The names of the weight files of the checkpoint in `folder`, sorted, without opening them.
    public static List<String> weightFiles(Path folder) throws IOException {
        return Files.exists(folder.resolve(WEIGHTS)) ? List.of(WEIGHTS) : shardNames(readIndex(folder.resolve(INDEX)));
    }

    /// The shards that an index file lists, sorted.
    public static List<String> indexedFiles(Path indexFile) throws IOException {
        return shardNames(readIndex(indexFile));
    }

    public Path folder() {
        return folder;
    }

    public JsonNode config() {
        return config;
    }

    /// By name; file by file in each header's order.
    public SequencedMap<String, TensorInfo> tensors() {
        return tensors;
    }

    /// The tensor's bytes, read-only, until this is closed. They may lie at any address: read them
    /// with unaligned layouts.
    public MemorySegment map(TensorInfo tensor) {
        SafetensorsFile file = files.get(tensor.file());
        if (file == null) {
            throw new IllegalArgumentException(tensor.name() + " lies in " + tensor.file() + ", not in " + folder);
        }
        return file.map(tensor);
    }

    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
    }

    /// Tensor name → shard name.
    private static Map<String, String> readIndex(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw CheckpointException.of(
                    file.resolveSibling(WEIGHTS),
                    "is missing, and so is " + INDEX + ": no weights in safetensors form");
        }
        JsonNode weightMap = Json.readObject(file, MAX_INDEX_BYTES).get("weight_map");
        if (weightMap == null || !weightMap.isObject() || weightMap.isEmpty()) {
            throw CheckpointException.ofField(file, "weight_map", "is not an object of tensor and file names");
        }
        Map<String, String> index = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
            JsonNode shard = entry.getValue();
            if (!shard.isString() || !isPlainName(shard.stringValue())) {
                throw CheckpointException.ofTensor(
                        file,
                        entry.getKey(),
                        "weight_map",
                        CheckpointException.quoted(shard.asString("")) + " is no plain name of a safetensors file");
            }
            index.put(entry.getKey(), shard.stringValue());
        }
        return index;
    }

    /// An index must not reach outside its folder.
    private static boolean isPlainName(String name) {
        return name.matches("[A-Za-z0-9._-]{1,200}\\.safetensors") && !name.startsWith(".");
    }

    private static List<String> shardNames(Map<String, String> index) {
        return index.isEmpty()
                ? List.of(WEIGHTS)
                : index.values().stream().distinct().sorted().toList();
    }

    private static SequencedMap<String, TensorInfo> merge(Iterable<SafetensorsFile> files) throws CheckpointException {
        SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();
        for (SafetensorsFile file : files) {
            for (TensorInfo tensor : file.tensors().values()) {
                TensorInfo other = tensors.putIfAbsent(tensor.name(), tensor);
                if (other != null) {
                    throw CheckpointException.ofTensor(
                            file.file(),
                            tensor.name(),
                            "name",
                            "is also in " + other.file().getFileName());
                }
            }
        }
        return Collections.unmodifiableSequencedMap(tensors);
    }

    private static void checkIndex(Path folder, Map<String, String> index, Map<String, TensorInfo> tensors)
            throws CheckpointException {
        List<String> wrong = new ArrayList<>();
        index.forEach((name, shard) -> {
            TensorInfo tensor = tensors.get(name);
            if (tensor == null || !tensor.file().getFileName().toString().equals(shard)) {
                wrong.add(name);
            }
        });
        if (!wrong.isEmpty()) {
            String name = wrong.getFirst();
            String others = wrong.size() == 1 ? "" : " (and " + (wrong.size() - 1) + " more)";
            throw CheckpointException.ofTensor(
                    folder.resolve(INDEX), name, "weight_map", "is not in " + index.get(name) + others);
        }
    }
}
