package io.dipper.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes one safetensors file. Content is asked for chunk by chunk, so that tensors of any size
/// pass through a few megabytes.
public final class SafetensorsWriter {
    private static final int CHUNK_BYTES = 4 << 20;
    private static final int ALIGNMENT = 8;

    /// Fills `chunk` with the tensor's bytes from byte `offset` on. Chunks begin and end on whole
    /// values.
    @FunctionalInterface
    public interface Content {
        void fill(MemorySegment chunk, long offset) throws IOException;

        /// Bytes that lie ready.
        static Content of(MemorySegment bytes) {
            return (chunk, offset) -> MemorySegment.copy(bytes, offset, chunk, 0, chunk.byteSize());
        }

        /// Floats, stored as `type`.
        static Content of(StoredType type, float... values) {
            return (chunk, offset) -> {
                int from = (int) (offset / type.bytes());
                int count = (int) (chunk.byteSize() / type.bytes());
                Floats.encode(type, Arrays.copyOfRange(values, from, from + count), chunk);
            };
        }
    }

    /// A tensor to be written.
    public record Tensor(String name, StoredType type, long[] shape, Content content) {}

    private SafetensorsWriter() {}

    /// Writes the tensors in their order; a file that could not be finished must be deleted by the
    /// caller (write into a [StagedFolder]).
    public static StoredFile write(Path file, Map<String, String> metadata, List<Tensor> tensors, Progress progress)
            throws IOException {
        byte[] header = header(metadata, tensors);
        long total = tensors.stream()
                .mapToLong(tensor -> tensor.type().bytesOf(tensor.shape()))
                .sum();
        try (OutputFile out = OutputFile.create(file);
                Arena arena = Arena.ofShared()) {
            MemorySegment buffer = arena.allocate(CHUNK_BYTES);
            out.write(ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .flip());
            out.write(header);
            long dataStart = out.position();
            for (Tensor tensor : tensors) {
                long bytes = tensor.type().bytesOf(tensor.shape());
                for (long offset = 0; offset < bytes; offset += CHUNK_BYTES) {
                    MemorySegment chunk = buffer.asSlice(0, Math.min(CHUNK_BYTES, bytes - offset));
                    tensor.content().fill(chunk, offset);
                    out.write(chunk);
                    progress.report("write " + file.getFileName(), out.position() - dataStart, total);
                }
            }
            return out.finish();
        }
    }

    private static byte[] header(Map<String, String> metadata, List<Tensor> tensors) {
        ObjectNode header = Json.STRICT.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode texts = header.putObject("__metadata__");
            metadata.forEach(texts::put);
        }
        Set<String> names = new HashSet<>();
        long offset = 0;
        for (Tensor tensor : tensors) {
            if (!names.add(tensor.name())) {
                throw new IllegalArgumentException("two tensors are named " + tensor.name());
            }
            ObjectNode entry = header.putObject(tensor.name());
            entry.put("dtype", tensor.type().name());
            ArrayNode shape = entry.putArray("shape");
            Arrays.stream(tensor.shape()).forEach(shape::add);
            long end = offset + tensor.type().bytesOf(tensor.shape());
            entry.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        // Blanks are valid JSON; with them the data begins aligned.
        byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        return padded;
    }
}
