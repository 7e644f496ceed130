package io.dipper.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What an export folder holds and what serving it needs to know. It is written last, checked when
/// it is made and again when it is opened; a folder without it is no export. Folders of version 1, whose
/// weights are all the device's, are read as what they would be today.
///
/// @param source digest of the checkpoint that was exported, see [Digests#ofCheckpoint]
/// @param tensors the graph's weights: name in the graph, and where its bytes lie
/// @param files every file of the folder but the manifest itself
public record Manifest(
        String format,
        int version,
        String target,
        String family,
        String source,
        int vocabularySize,
        int hiddenSize,
        int contextLength,
        int blockTokens,
        List<KvGroup> kvGroups,
        List<KvLayer> kvLayers,
        List<Tensor> tensors,
        List<StoredFile> files,
        List<String> graphInputs,
        List<String> graphOutputs) {
    public static final String FILE = "manifest.json";
    public static final String FORMAT = "dipper-export";
    public static final int VERSION = 2;

    private static final long MAX_BYTES = 256 << 20;

    /// Layers that keep the same tokens share block tables.
    ///
    /// @param windowTokens how many tokens are kept; 0 keeps all, [#STATE] keeps one state a sequence
    public record KvGroup(int windowTokens) {
        public static final int STATE = -1;

        public KvGroup {
            require(windowTokens >= STATE, "kvGroups", "a window of " + windowTokens + " tokens");
        }

        public boolean keepsState() {
            return windowTokens == STATE;
        }
    }

    /// One layer's pool.
    ///
    /// @param input the graph input that it is bound to
    /// @param group index of its group
    /// @param valuesPerToken float values that it keeps of a token; of a sequence, in a group of states
    public record KvLayer(String input, int group, int valuesPerToken) {
        public KvLayer {
            require(valuesPerToken > 0, "kvLayers", input + " keeps " + valuesPerToken + " values of a token");
        }
    }

    /// The memory that a weight is read from while the model is served.
    public enum Place {
        /// That of the device that the graph runs on.
        DEVICE,
        /// The host's, whatever the device: a table of which a step needs a few rows.
        HOST
    }

    /// A weight: `bytes` at `offset` of `file`.
    public record Tensor(
            String name, String file, long offset, long bytes, StoredType type, long[] shape, Place place) {
        public Tensor {
            require(offset >= 0, "tensors", name + " lies at " + offset);
            require(
                    bytes == type.bytesOf(shape),
                    "tensors",
                    name + " has " + bytes + " bytes for " + type + Arrays.toString(shape));
        }
    }

    public Manifest {
        require(format.equals(FORMAT), "format", "'" + format + "' is not '" + FORMAT + "'");
        require(version == VERSION, "version", version + " is not " + VERSION + ", the one that this build reads");
        require(vocabularySize > 0, "vocabularySize", "is " + vocabularySize);
        require(hiddenSize > 0, "hiddenSize", "is " + hiddenSize);
        require(contextLength > 0, "contextLength", "is " + contextLength);
        require(blockTokens > 0, "blockTokens", "is " + blockTokens);
        kvGroups = List.copyOf(kvGroups);
        kvLayers = List.copyOf(kvLayers);
        tensors = List.copyOf(tensors);
        files = List.copyOf(files);
        graphInputs = List.copyOf(graphInputs);
        graphOutputs = List.copyOf(graphOutputs);
        for (KvLayer layer : kvLayers) {
            require(
                    layer.group() >= 0 && layer.group() < kvGroups.size(),
                    "kvLayers",
                    layer.input() + " is of group " + layer.group() + " of " + kvGroups.size());
            require(graphInputs.contains(layer.input()), "kvLayers", layer.input() + " is no input of the graph");
        }
        checkTensors(tensors, files);
    }

    /// A manifest in the current format and version.
    public static Manifest of(
            String target,
            String family,
            String source,
            Sizes sizes,
            List<KvGroup> kvGroups,
            List<KvLayer> kvLayers,
            List<Tensor> tensors,
            List<StoredFile> files,
            List<String> graphInputs,
            List<String> graphOutputs) {
        return new Manifest(
                FORMAT,
                VERSION,
                target,
                family,
                source,
                sizes.vocabularySize(),
                sizes.hiddenSize(),
                sizes.contextLength(),
                sizes.blockTokens(),
                kvGroups,
                kvLayers,
                tensors,
                files,
                graphInputs,
                graphOutputs);
    }

    public record Sizes(int vocabularySize, int hiddenSize, int contextLength, int blockTokens) {}

    /// Reads the manifest of an export folder and checks it, and that every file is there in its
    /// length.
    public static Manifest open(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        Manifest manifest = read(file);
        for (StoredFile stored : manifest.files()) {
            Path path = folder.resolve(stored.name());
            if (!Files.isRegularFile(path)) {
                throw CheckpointException.of(path, "is missing, " + FILE + " lists it");
            }
            if (Files.size(path) != stored.bytes()) {
                throw CheckpointException.of(
                        path, "has " + Files.size(path) + " bytes, " + FILE + " says " + stored.bytes());
            }
        }
        return manifest;
    }

    /// Writes the manifest into an export folder whose other files are complete.
    public void write(Path folder) throws IOException {
        try (OutputFile out = OutputFile.create(folder.resolve(FILE))) {
            out.write(Json.STRICT.writeValueAsBytes(this));
            out.finish();
        }
        open(folder);
    }

    /// Compares every file's digest with the manifest's; reads all of them.
    public void verify(Path folder, Progress progress) throws IOException {
        for (StoredFile stored : files) {
            Path path = folder.resolve(stored.name());
            String actual = Digests.sha256(path, progress);
            if (!actual.equals(stored.sha256())) {
                throw CheckpointException.of(path, "has SHA-256 " + actual + ", " + FILE + " says " + stored.sha256());
            }
        }
    }

    private static Manifest read(Path file) throws IOException {
        byte[] json = Json.readBounded(file, MAX_BYTES);
        try {
            return Json.STRICT.readTree(json) instanceof ObjectNode document && isOfVersion1(document)
                    ? Json.STRICT.treeToValue(upgraded(document), Manifest.class)
                    : Json.STRICT.readValue(json, Manifest.class);
        } catch (JacksonException e) {
            // What a compact constructor refused arrives as a cause and says more than Jackson does.
            throw CheckpointException.of(
                    file,
                    e.getCause() instanceof IllegalArgumentException refused ? refused.getMessage() : Json.problem(e),
                    e);
        }
    }

    private static boolean isOfVersion1(ObjectNode document) {
        return document.path("version").isInt() && document.path("version").intValue() == 1;
    }

    /// Version 1 knew one place of weights, the device.
    private static ObjectNode upgraded(ObjectNode document) {
        document.put("version", VERSION);
        for (JsonNode tensor : document.path("tensors")) {
            if (tensor instanceof ObjectNode fields && !fields.has("place")) {
                fields.put("place", Place.DEVICE.name());
            }
        }
        return document;
    }

    private static void checkTensors(List<Tensor> tensors, List<StoredFile> files) {
        Map<String, Long> lengths = new HashMap<>();
        for (StoredFile file : files) {
            require(lengths.put(file.name(), file.bytes()) == null, "files", file.name() + " is listed twice");
        }
        Set<String> names = new HashSet<>();
        for (Tensor tensor : tensors) {
            require(names.add(tensor.name()), "tensors", tensor.name() + " is listed twice");
            Long length = lengths.get(tensor.file());
            require(length != null, "tensors", tensor.name() + " lies in " + tensor.file() + ", which is not listed");
            require(
                    tensor.bytes() <= length && tensor.offset() <= length - tensor.bytes(),
                    "tensors",
                    tensor.name() + " reaches past the end of " + tensor.file());
        }
    }

    private static void require(boolean holds, String field, String problem) {
        if (!holds) {
            throw new IllegalArgumentException(field + ": " + problem);
        }
    }
}
