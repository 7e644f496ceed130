package io.dipper.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What an export folder holds and what serving it needs to know. It is written last, checked when
/// it is made and again when it is opened; a folder without it is no export. Folders of version 1, whose
/// weights are all the device's, are read as what they would be today.
///
/// @param source digest of the checkpoint that was exported, see [Digests#ofCheckpoint]
/// @param tensors the graph's weights: name in the graph, and where its bytes lie
/// @param graphOutputs beside logits or ids, `X.next` for each pool X that the graph returns instead of writing it
/// @param operators how many nodes of each operator of Dipper's are its own, and how many are made of stock ones
/// @param step what a step takes of a card beside weights, keys and values; unknown in older exports and
///     in those for processors
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
        StepMemory step,
        List<StoredFile> files,
        List<String> graphInputs,
        List<String> graphOutputs,
        SortedMap<String, OperatorForms> operators) {
    public static final String FILE = "manifest.json";
    public static final String FORMAT = "dipper-export";
    public static final int VERSION = 3;

    /// A graph that draws ids, where the one that is served only makes logits.
    public static final String DRAWING = "draw.onnx";

    private static final String STEP = "step";

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
        operators = Collections.unmodifiableSortedMap(new TreeMap<>(operators));
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
            StepMemory step,
            List<StoredFile> files,
            List<String> graphInputs,
            List<String> graphOutputs,
            SortedMap<String, OperatorForms> operators) {
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
                step,
                files,
                graphInputs,
                graphOutputs,
                operators);
    }

    /// The output that has a layer's pool as a step leaves it; none where the step writes the input itself.
    public Optional<String> written(KvLayer layer) {
        return Optional.of(layer.input() + ".next").filter(graphOutputs::contains);
    }

    /// Whether the graph draws ids; else [#DRAWING] does.
    public boolean draws() {
        return graphOutputs.contains("ids");
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
            return Json.STRICT.treeToValue(current(Json.STRICT.readTree(json)), Manifest.class);
        } catch (JacksonException e) {
            // What a compact constructor refused arrives as a cause and says more than Jackson does.
            throw CheckpointException.of(
                    file,
                    e.getCause() instanceof IllegalArgumentException refused ? refused.getMessage() : Json.problem(e),
                    e);
        }
    }

    /// Older versions said less: the first that weights lie on the device, the second that all operators
    /// are ours; and what a step takes came without a version of its own.
    private static JsonNode current(JsonNode document) {
        if (document instanceof ObjectNode manifest && manifest.path("version").isInt()) {
            int version = manifest.path("version").intValue();
            if (version == 1) {
                for (JsonNode tensor : manifest.path("tensors")) {
                    if (tensor instanceof ObjectNode fields && !fields.has("place")) {
                        fields.put("place", Place.DEVICE.name());
                    }
                }
            }
            if ((version == 1 || version == 2) && !manifest.has("operators")) {
                manifest.put("version", VERSION).putObject("operators");
            }
            if (!manifest.has(STEP)) {
                manifest.set(STEP, Json.STRICT.valueToTree(StepMemory.UNKNOWN));
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
