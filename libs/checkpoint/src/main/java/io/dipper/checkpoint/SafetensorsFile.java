package io.dipper.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.SequencedMap;

/// One safetensors file, checked and mapped read-only. Tensors are slices of the mapping: nothing
/// is read before it is touched, and files over 2 GiB are like any other.
public final class SafetensorsFile implements AutoCloseable {
    private final Path file;
    private final SafetensorsHeader header;
    private final Arena arena;
    private final MemorySegment mapping;

    private SafetensorsFile(Path file, SafetensorsHeader header, Arena arena, MemorySegment mapping) {
        this.file = file;
        this.header = header;
        this.arena = arena;
        this.mapping = mapping;
    }

    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the file: close() closes it
    public static SafetensorsFile open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw CheckpointException.of(file, "is missing");
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            SafetensorsHeader header = SafetensorsHeader.read(file, channel);
            MemorySegment mapping = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new SafetensorsFile(file, header, arena, mapping);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    public Path file() {
        return file;
    }

    /// The header's `__metadata__`.
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /// By name, in the header's order.
    public SequencedMap<String, TensorInfo> tensors() {
        return Collections.unmodifiableSequencedMap(header.tensors());
    }

    public TensorInfo tensor(String name) throws CheckpointException {
        TensorInfo tensor = header.tensors().get(name);
        if (tensor == null) {
            throw CheckpointException.ofTensor(file, name, "name", "is not in this file");
        }
        return tensor;
    }

    /// The tensor's bytes, read-only, until this is closed. They may lie at any address: read them
    /// with unaligned layouts.
    public MemorySegment map(TensorInfo tensor) {
        if (!tensor.file().equals(file)) {
            throw new IllegalArgumentException(tensor.name() + " lies in " + tensor.file() + ", not in " + file);
        }
        return mapping.asSlice(tensor.offset(), tensor.bytes());
    }

    @Override
    public void close() {
        arena.close();
    }
}
